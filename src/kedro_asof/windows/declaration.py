"""The declaration of windowed features: table, column, statistic and days."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from kedro_asof.params import Block

MeasureStatistic = Literal["sum", "mean", "max", "count", "active_days", "days_since_last", "trend"]
CategoryStatistic = Literal["count", "share", "active_days", "days_since_last"]
Statistic = Literal[
    "sum", "mean", "max", "count", "share", "active_days", "days_since_last", "trend"
]
NUMERIC_STATISTICS = ("sum", "mean", "max", "trend")

Days = Annotated[int, Field(gt=0)]
Windows = Annotated[list[Days], Field(min_length=1)]


def _keep(given: Any) -> Any:
    """Return the value; `WindowParams` itself gives a list of statistics their windows."""
    return given


Measure = Annotated[
    dict[MeasureStatistic, Windows],
    BeforeValidator(
        _keep, json_schema_input_type=list[MeasureStatistic] | dict[MeasureStatistic, Windows]
    ),
]
Category = Annotated[
    dict[CategoryStatistic, Windows],
    BeforeValidator(
        _keep, json_schema_input_type=list[CategoryStatistic] | dict[CategoryStatistic, Windows]
    ),
]

MEANINGS: dict[Statistic, str] = {
    "sum": "sum of {what} in the last {days} days",
    "mean": "mean of {what} in the last {days} days",
    "max": "largest {what} in the last {days} days",
    "count": "number of rows with {what} in the last {days} days",
    "share": "share of rows with {what} in the last {days} days",
    "active_days": "number of days with {what} in the last {days} days",
    "days_since_last": "days since the last row with {what} in the last {days} days",
    "trend": "change of {what} in the last {days} days against the {days} days before: "
    "-1 all gone, 0 equal, 1 all new",
}
UNITS: dict[Statistic, str] = {
    "count": "rows",
    "share": "share",
    "active_days": "days",
    "days_since_last": "days",
    "trend": "-1 to 1",
}


@dataclass(frozen=True)
class WindowFeature:
    """One feature: a statistic of a column, or of one of its values, over a window of days."""

    table: str
    column: str
    category: str | None
    statistic: Statistic
    days: int

    @property
    def name(self) -> str:
        """The name of the feature: table, column, category, statistic and days."""
        parts = [self.table, self.column, self.category, self.statistic]
        return "_".join(_as_name(part) for part in parts if part) + f"_{self.days}d"

    @property
    def reach(self) -> int:
        """The number of days before `as_of` that the feature reads."""
        return 2 * self.days if self.statistic == "trend" else self.days

    @property
    def meaning(self) -> str:
        """The meaning of the feature, for the feature dictionary; a scale follows a colon."""
        column = self.column.replace("_", " ")
        what = column if self.category is None else f"{column} = {self.category}"
        return MEANINGS[self.statistic].format(what=what, days=self.days)


class WindowParams(Block):
    """Windowed features of one event table."""

    date: str
    """Column with the day of an event."""
    windows: Windows
    """Lengths of the windows in days, 1 or more; each window ends on the day before `as_of`."""
    measures: dict[str, Measure] = Field(default_factory=dict)
    """Statistics by column: a list over all `windows`, or window lengths by statistic."""
    categories: dict[str, dict[str, Category]] = Field(default_factory=dict)
    """Statistics by column and value of the column, written as in `measures`."""
    known_from: dict[str, str] = Field(default_factory=dict)
    """Date column from which a value is known, by column that is filled in later."""
    units: dict[str, str] = Field(default_factory=dict)
    """Unit by column, for the feature dictionary."""

    @model_validator(mode="before")
    @classmethod
    def _spread_windows(cls, given: Any) -> Any:
        """Give each statistic without windows the windows of the table."""
        if not isinstance(given, dict) or not isinstance(given.get("windows"), list):
            return given
        windows = given["windows"]
        measures = given.get("measures")
        categories = given.get("categories")
        spread = dict(given)
        if isinstance(measures, dict):
            spread["measures"] = _spread(measures, windows)
        if isinstance(categories, dict):
            spread["categories"] = {
                column: _spread(values, windows) if isinstance(values, dict) else values
                for column, values in categories.items()
            }
        return spread

    @model_validator(mode="after")
    def _ask_for_something(self) -> "WindowParams":
        if not self.measures and not self.categories:
            raise ValueError("expected `measures`, `categories` or both, found neither")
        return self

    @field_validator("windows")
    @classmethod
    def _sort(cls, windows: list[int]) -> list[int]:
        return sorted(windows)

    @property
    def columns(self) -> list[str]:
        """All columns of the table that the declaration names, without duplicates."""
        known = [*self.known_from, *self.known_from.values()]
        asked = [self.date, *self.measures, *self.categories, *known]
        return list(dict.fromkeys(asked))

    @property
    def numeric_columns(self) -> list[str]:
        """The columns that must be numeric."""
        return [
            column
            for column, statistics in self.measures.items()
            if any(statistic in NUMERIC_STATISTICS for statistic in statistics)
        ]

    def list_features(self, table: str) -> list[WindowFeature]:
        """List the declared features, in order."""
        of_measures = [
            WindowFeature(table, column, None, statistic, days)
            for column, statistics in self.measures.items()
            for statistic, windows in statistics.items()
            for days in windows
        ]
        of_categories = [
            WindowFeature(table, column, category, statistic, days)
            for column, categories in self.categories.items()
            for category, statistics in categories.items()
            for statistic, windows in statistics.items()
            for days in windows
        ]
        return of_measures + of_categories

    def unit_of(self, feature: WindowFeature) -> str:
        """Return the unit of a feature: the unit of its statistic, or else of its column."""
        unit = self.units.get(feature.column, f"as {feature.column}")
        return UNITS.get(feature.statistic, unit)


def _spread(statistics: dict[Any, Any], windows: list[Any]) -> dict[str, Any]:
    """Convert `[mean, sum]` to `{mean: windows, sum: windows}`."""
    return {
        str(name): {statistic: _windows_of(statistic, windows) for statistic in asked}
        if isinstance(asked, list) and len(set(map(str, asked))) == len(asked)
        else asked
        for name, asked in statistics.items()
    }


def _windows_of(statistic: Any, windows: list[Any]) -> list[Any]:
    """Return all windows; for `days_since_last` only the longest, which implies the others."""
    numbers = [days for days in windows if isinstance(days, int)]
    return [max(numbers)] if statistic == "days_since_last" and numbers else windows


def _as_name(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_").lower()


assert set(get_args(Statistic)) == set(MEANINGS)
