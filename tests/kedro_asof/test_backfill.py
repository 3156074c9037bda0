"""A backfill reports every date, however the run of a date ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from kedro.pipeline import Pipeline, node

from kedro_asof import backfill as module
from kedro_asof.backfill import DatedProject, DateRun, Step, create_backfill
from kedro_asof.errors import ExitCode, WrongCallError

HISTORY = pd.DataFrame(
    {
        "as_of": ["2026-01-05", "2026-01-05"],
        "customers": ["1", "1234"],
        "model": "churn",
        "model_version": ["6", "7"],
    }
)
backfill = create_backfill(
    DatedProject(
        pipeline="scoring",
        table="churn_scores",
        history="score_history",
        columns={
            "customers": lambda commit: f"{int(commit['customers']):,}",
            "model": lambda commit: f"{commit['model']} {commit['model_version']}",
        },
        translate=lambda _: None,
    )
)
Start = Callable[..., Result]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Run three dates, each of which returns or raises the given error."""
    scoring = Pipeline([node(lambda: 1, None, "churn_scores", name="score")])
    monkeypatch.setattr(module, "pipelines", {"scoring": scoring})

    def run(outcomes: list[BaseException | None], *arguments: str) -> Result:
        left = iter(outcomes)
        monkeypatch.setattr(module, "open_session", lambda *_: open_fake(next(left, None)))
        dates = ["--from", "2026-01-05", "--to", "2026-01-19"]
        return CliRunner().invoke(backfill, [*dates, *arguments])

    return run


@contextmanager
def open_fake(outcome: BaseException | None) -> Iterator[SimpleNamespace]:
    def run(**_: Any) -> None:
        if outcome is not None:
            raise outcome

    catalog = SimpleNamespace(load=lambda _: HISTORY)
    yield SimpleNamespace(run=run, load_context=lambda: SimpleNamespace(catalog=catalog))


def row_of(day: str, result: Result) -> list[str]:
    (line,) = [line for line in result.output.splitlines() if line.startswith(f"│ {day}")]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_an_error_without_a_message_is_reported_and_passed(start: Start) -> None:
    result = start([None, RuntimeError(), None], "--keep-going")
    assert result.exit_code == ExitCode.FAILED
    assert "[2/3] 2026-01-12 failed" in result.output
    assert row_of("2026-01-12", result)[-1] == "RuntimeError: no message"
    assert row_of("2026-01-19", result)[1] == "done"


def test_ctrl_c_shows_what_was_done(start: Start) -> None:
    result = start([None, KeyboardInterrupt(), None], "--keep-going")
    assert result.exit_code == ExitCode.STOPPED
    assert row_of("2026-01-05", result)[:4] == ["2026-01-05", "done", "1,234", "churn 7"]
    assert row_of("2026-01-12", result)[1] == "stopped"
    assert "1 of 3 dates did not run. To continue, pass --from 2026-01-12" in result.output


def test_a_wrong_call_ends_at_once_and_is_reported_once(start: Start) -> None:
    result = start([WrongCallError("There is no such thing."), None, None], "--keep-going")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert result.output.count("There is no such thing.") == 1
    assert "2026-01-05" not in result.output


def test_a_long_reason_is_cut_in_the_table_alone(start: Start) -> None:
    result = start([ValueError("too long " * 20)])
    assert "too long " * 19 in result.output
    assert row_of("2026-01-05", result)[-1].endswith("too long ...")


def test_the_rest_is_estimated_from_what_was_done() -> None:
    runs = [
        DateRun(date(2026, 1, 5), ExitCode.NOTHING_TO_DO, 1),
        DateRun(date(2026, 1, 12), ExitCode.FAILED, 2),
        DateRun(date(2026, 1, 19), ExitCode.DONE, 60),
    ]
    assert module._estimate(runs[:2], 5) == ""
    assert module._estimate(runs, 5) == "; 2 left, about 2 min 00 s"


@pytest.mark.parametrize("text", ["2w", "2W", "14d", "14D"])
def test_a_step_is_read_as_help_writes_it(text: str) -> None:
    assert Step().convert(text, None, None) == timedelta(days=14)
