"""Dates and steps between them, as people type them."""

import re
from datetime import date, timedelta
from typing import Any

import click

STEP = re.compile(r"([1-9]\d*)([dw])")
DAYS = {"d": 1, "w": 7}


class Day(click.ParamType[date]):
    """YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Read a date."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date. Write it YYYY-MM-DD.", param, ctx)


class Step(click.ParamType[timedelta]):
    """A number of days or weeks."""

    name = "7d|2w"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Read a step."""
        found = STEP.fullmatch(str(value).lower())  # help shows it in capitals
        if not found:
            self.fail(f"{value!r} is no step. Write days or weeks, as in 7d or 2w.", param, ctx)
        number, unit = found.groups()
        return timedelta(days=int(number) * DAYS[unit])


def list_dates(first: date, last: date, step: timedelta) -> list[date]:
    """List dates from the first on, the last one among them where the steps meet it."""
    return [first + step * number for number in range((last - first) // step + 1)]
