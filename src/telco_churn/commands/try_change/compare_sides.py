"""Compare the results of two runs: parameters, features, metrics and money.

In: the tables of a base and of the working tree. Out: a `Comparison`, as tables and sentences.

Both models are measured on the same held-out rows and in the same bootstrap draws, so that chance
that they share drops from the difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from telco_churn.commands.try_change.run_sides import Side, Sides
from telco_churn.metrics.metric_table import METRICS, Metric, measure, show_interval
from telco_churn.metrics.ranking import Floats
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import CANDIDATE, CHAMPION, KEY, read_held_out
from telco_churn.pipelines.evaluation.resampling import find_interval, resample

SAME = 1e-9  # relative difference below which two numbers are equal: engines sum in any order
FEWEST_DRAWS = 200  # a small environment sets fewer, for speed
NONE = "-"

Row = list[str]


@dataclass
class Comparison:
    """The effects of a change.

    Attributes:
        heading: The sides.
        tables: Title, columns and rows of each table.
        notes: Sentences below them.
    """

    heading: str
    tables: list[tuple[str, Row, list[Row]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def write_markdown(self) -> str:
        """Return the same as Markdown."""
        tables = ["\n".join(_write_table(*table)) for table in self.tables]
        return "\n\n".join([self.heading, *tables, *self.notes]) + "\n"


def compare_sides(sides: Sides) -> Comparison:
    """Compare both sides, or show the figures of the working tree if the base has none."""
    before, after, found = sides.before, sides.after, Comparison(sides.heading)
    if not before.has_results:
        found.heading += f" The base cannot run: {before.message}"
    else:
        _add_table(found, "Parameters", ["parameter"], list(_compare_parameters(before, after)))
        _compare_features(before, after, found)
    _compare_metrics(before, after, found)
    currency = (after.parameters or {})["summary"]["currency"]
    contacts = [_read_contacts(side) for side in (before, after)]
    money = [
        [name, *[NONE if side is None else f"{side[place]:,.0f}" for side in contacts]]
        for place, name in enumerate(("Customers to contact", f"Expected value, {currency}"))
    ]
    run_time = ["Run time, seconds", *[f"{side.seconds:.0f}" for side in (before, after)]]
    found.tables.append(("Campaign and run", ["", "base", "working tree"], [*money, run_time]))
    for side in (before, after):
        if side.code and side.has_results:
            found.notes.append(f"The run of {side.name} ended early: {side.message}")
    return found


def _compare_parameters(before: Side, after: Side) -> Iterator[Row]:
    values = [_flatten(side) for side in (before, after)]
    for name in sorted({*values[0], *values[1]}):
        row = [each.get(name, NONE) for each in values]
        if row[0] != row[1]:
            yield [name, *row]


def _flatten(side: Side) -> dict[str, str]:
    flat = pd.json_normalize(side.parameters or {}, sep=".").to_dict("records")
    return {str(name): str(value) for each in flat for name, value in each.items()}


def _compare_features(before: Side, after: Side, found: Comparison) -> None:
    """Show the features that were added or removed, or whose values differ."""
    old, new = before.read("labeled_features"), after.read("labeled_features")
    if old is None or new is None:
        lacking = before.name if old is None else after.name
        found.notes.append(f"Features were not compared: {lacking} has no labeled_features.")
        return
    old, new = old.set_index(KEY), new.set_index(KEY)
    rows = old.index.intersection(new.index)
    if rows.empty:
        found.notes.append("Features were not compared: no row has the customer and date of both.")
        return
    found.notes.append(
        f"Features were compared on {len(rows):,} rows, one per customer and date: the base has "
        f"{len(old):,}, the working tree {len(new):,}."
    )
    changes = list(_list_changes(old.loc[rows], new.loc[rows]))
    _add_table(found, "Features", ["feature", "change"], changes)


def _list_changes(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Row]:
    for name in dict.fromkeys([*old.columns, *new.columns]):
        if name not in new or name not in old:
            yield [name, "removed" if name in old else "added"]
        elif share := 1 - _are_same(old[name], new[name]).mean():
            yield [name, f"{share:.1%} of the rows differ"]


def _are_same(old: pd.Series, new: pd.Series) -> npt.NDArray[np.bool_]:
    if pd.api.types.is_numeric_dtype(old) and pd.api.types.is_numeric_dtype(new):
        a, b = (each.to_numpy("float64", na_value=np.nan) for each in (old, new))
        return np.isclose(a, b, rtol=SAME, atol=0, equal_nan=True)
    a, b = (each.astype("str").fillna("").to_numpy() for each in (old, new))
    return np.asarray(a == b)


def _compare_metrics(before: Side, after: Side, found: Comparison) -> None:
    """Measure both models on the held-out rows that have the same outcome on both sides."""
    rows, old = after.read("held_out_predictions"), before.read("held_out_predictions")
    assert rows is not None
    assert after.parameters is not None
    blocks = after.parameters
    ours = DecisionParams.model_validate(blocks["decision"])
    if old is not None:
        theirs = old[[*KEY, "churned"]].assign(**{CHAMPION: old["churn_probability"]})
        shared = rows.merge(theirs, on=[*KEY, "churned"], validate="one_to_one")
        is_comparable = shared["churned"].nunique() == 2
        done = "compared on" if is_comparable else "not compared, for want of both outcomes, on"
        found.notes.append(
            f"Metrics were {done} {len(shared):,} held-out rows: the base has {len(old):,}, "
            f"the working tree {len(rows):,}. An interval that contains 0 is noise."
        )
        if is_comparable:
            evaluation = EvaluationParams.model_validate(blocks["evaluation"])
            table = _pair(shared, _read_decision(before, ours), ours, evaluation)
            title = f"Difference ({evaluation.confidence:.0%})"
            columns = ["metric", "base", "working tree", title, ""]
            found.tables.append(("Metrics on the same held-out rows", columns, table))
            return
    model = read_held_out(rows).weigh(ours, CANDIDATE)(np.ones(len(rows)))
    values = zip(METRICS.values(), measure(model), strict=True)
    table = [[metric.title, metric.format.format(value)] for metric, value in values]
    found.tables.append(("Metrics of the working tree", ["metric", "working tree"], table))


def _pair(
    shared: pd.DataFrame,
    before: DecisionParams,
    after: DecisionParams,
    evaluation: EvaluationParams,
) -> list[Row]:
    """Return a row per metric: both values, their difference with its interval, and a verdict."""
    held_out = read_held_out(shared.drop(columns=CHAMPION), shared[[*KEY, CHAMPION]])
    models = [held_out.weigh(before, CHAMPION), held_out.weigh(after, CANDIDATE)]

    def differ(weights: Floats) -> Floats:
        old, new = [measure(model(weights)) for model in models]
        return new - old

    draws = max(evaluation.bootstrap_samples, FEWEST_DRAWS)
    how = evaluation.model_copy(update={"bootstrap_samples": draws})
    interval = find_interval(resample(held_out.customer, how, differ), how.confidence)
    values = [measure(model(held_out.ones)) for model in models]
    numbers = zip(METRICS.values(), *values, *interval, strict=True)
    return [_show_metric(*row) for row in numbers]


def _show_metric(metric: Metric, old: float, new: float, low: float, high: float) -> Row:
    signed = metric.format.replace("{:", "{:+")
    return [
        metric.title,
        metric.format.format(old),
        metric.format.format(new),
        show_interval(signed, new - old, low, high),
        judge(metric, low, high),
    ]


def judge(metric: Metric, low: float, high: float) -> str:
    """Return whether a difference with its interval is an improvement."""
    if np.isnan(low):
        return "unknown"
    if low == high == 0:
        return "equal"
    if low > 0 or high < 0:
        return "better" if (low > 0) == (metric.better == "higher") else "worse"
    return "within noise"


def _read_decision(side: Side, default: DecisionParams) -> DecisionParams:
    """Return the terms of a contact on a side; those of the working tree if it has other keys."""
    try:
        return DecisionParams.model_validate((side.parameters or {})["decision"])
    except (KeyError, ValidationError):
        return default


def _read_contacts(side: Side) -> tuple[float, float] | None:
    """Return the number of contacts, and their expected value in currency."""
    contacts = side.read("contact_list")
    return None if contacts is None else (len(contacts), contacts["expected_value"].sum())


def _add_table(found: Comparison, title: str, columns: Row, rows: list[Row]) -> None:
    if rows:
        further = [] if len(rows[0]) == len(columns) else ["base", "working tree"]
        found.tables.append((title, [*columns, *further], rows))
    else:
        found.notes.append(f"{title} are equal.")


def _write_table(title: str, columns: Row, rows: list[Row]) -> Iterator[str]:
    yield f"### {title}\n"
    for cells in [columns, ["---"] * len(columns), *rows]:
        escaped = [cell.replace("|", "\\|") for cell in cells]
        yield f"| {' | '.join(escaped)} |"
