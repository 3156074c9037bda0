"""Predict the held-out rows with the champion, and describe how its features differ.

In: held_out_predictions, examples, the current champion. Out: champion_predictions (empty if a
comparison would be unfair or impossible), comparison_skipped_because (the reason).
"""

from datetime import date, timedelta

import pandas as pd

from telco_churn.learning.training_examples import digest_rows
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.pipelines.release.data_summary import ExamplesSummary
from telco_churn.registry.registry_types import ModelVersion

KEY = ["customer_id", "as_of"]
TAUGHT_BY = ("train_dates", "calibration_dates")  # facts of a version, "<first> to <last>"
ENOUGH = 0.5  # share of the held-out rows: a comparison on fewer says little about the rest


def predict_by_champion(
    held_out_predictions: pd.DataFrame,
    examples: pd.DataFrame,
    examples_summary: ExamplesSummary,
    champion: ModelVersion | None,
) -> tuple[pd.DataFrame, str]:
    """Predict the candidate's held-out rows with the champion, if the comparison is fair.

    With a split by time, the champion predicts the test rows, provided that all of them are later
    than its training labels. With folds, the champion was trained on every row, so its stored
    out-of-fold predictions are used for the rows that are the same in both tables.

    Args:
        held_out_predictions: The held-out rows: `customer_id`, `as_of`, `churned`.
        examples: All examples, with features.
        examples_summary: The summary of `examples`.
        champion: The champion; None if there is none.

    Returns:
        `customer_id`, `as_of` and the probability `champion`, in the order of
        `held_out_predictions` or without rows; and, if without rows, the reason as a sentence. It
        is empty if there is no champion, or if the champion cannot read the features.
    """
    rows = held_out_predictions[KEY].reset_index(drop=True)
    no_rows = rows.head(0).assign(champion=pd.Series(dtype="float64"))
    if champion is None:
        return no_rows, ""
    silence = _find_obstacle(examples_summary, champion)
    predicted = None if silence else _predict(examples, champion)
    if predicted is None:
        return no_rows, silence
    as_text = dict.fromkeys(KEY, "str")
    probability = rows.astype(as_text).merge(
        predicted.astype(as_text), on=KEY, how="left", validate="one_to_one"
    )["champion"]
    is_known = probability.notna()
    outcomes = held_out_predictions["churned"].reset_index(drop=True)[is_known].nunique()
    if is_known.sum() < ENOUGH * len(rows) or outcomes < 2:
        return no_rows, _explain_few_rows(int(is_known.sum()), len(rows), champion)
    return rows.assign(champion=probability)[is_known].reset_index(drop=True), ""


def describe_change(ours: FeatureEncoding, theirs: FeatureEncoding) -> str:
    """Describe how the features differ from the champion's; empty if they do not."""
    kinds, their_kinds = list_kinds(ours), list_kinds(theirs)
    lacking = sorted(set(their_kinds) - set(kinds))
    added = sorted(set(kinds) - set(their_kinds))
    retyped = [
        f"{name} ({their_kinds[name]}, now {kinds[name]})"
        for name in sorted(set(kinds) & set(their_kinds))
        if kinds[name] != their_kinds[name]
    ]
    parts = [("missing", lacking), ("added", added), ("changed type", retyped)]
    return ", ".join(f"{what} {names}" for what, names in parts if names)


def list_kinds(encoding: FeatureEncoding) -> dict[str, str]:
    """Return each feature's kind, `number` or `category`, in the order of the model."""
    return dict.fromkeys(encoding.numeric, "number") | dict.fromkeys(
        encoding.categories, "category"
    )


def _find_obstacle(examples_summary: ExamplesSummary, champion: ModelVersion) -> str:
    """Return why no row can be used to compare both models; empty if rows can."""
    name = f"champion version {champion.version}"
    ours = "out of fold" if examples_summary.are_in_folds else "by time"
    theirs = "by time" if champion.held_out is None else "out of fold"
    if ours != theirs:
        return f"The candidate was evaluated {ours} and {name} {theirs}: no row compares the two."
    if champion.held_out is not None:
        is_known = "row" in champion.held_out
        return "" if is_known else f"The rows that {name} was evaluated on are not recorded."
    first = examples_summary.first_test_date
    known = _find_last_taught(champion)
    if known is None:
        return f"The training dates of {name} are not recorded."
    # A date is in one split only, even if its label is known at once.
    if known + timedelta(days=max(examples_summary.horizon_days, 1)) > first:
        return (
            f"The test rows begin on {first}, but {name} was trained on dates up to {known}, whose "
            f"labels are known {examples_summary.horizon_days} days later: it has seen outcomes of "
            "the test period. Choose a later as_of, or fewer test dates: lower "
            "training.split.test_snapshots or, for a flat table, own_table.test_fraction."
        )
    return ""


def _find_last_taught(champion: ModelVersion) -> date | None:
    """Return the last date that the champion was trained or calibrated on; None if unknown."""
    if not set(TAUGHT_BY) <= set(champion.facts):
        return None
    return max(date.fromisoformat(champion.facts[name].split(" to ")[-1]) for name in TAUGHT_BY)


def _predict(examples: pd.DataFrame, champion: ModelVersion) -> pd.DataFrame | None:
    """Return the champion's probabilities by key; None if it cannot read the features."""
    if champion.held_out is not None:
        known = champion.held_out.set_index("row")["churn_probability"]
        return examples[KEY].assign(champion=digest_rows(examples).map(known))
    columns = champion.columns
    test = examples[examples["split"] == "test"]
    if set(columns) - set(test.columns):
        return None
    try:
        return test[KEY].assign(champion=champion.predict_probability(test[columns]))
    except FeatureMismatchError:
        return None


def _explain_few_rows(shared: int, rows: int, champion: ModelVersion) -> str:
    return (
        f"Champion version {champion.version} was evaluated on {shared:,} of the {rows:,} held-out "
        "rows (same customer, values and outcome). A comparison needs at least "
        f"{ENOUGH:.0%} of them, with both outcomes."
    )
