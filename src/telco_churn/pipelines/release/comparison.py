"""Asks the champion about the rows that a candidate is judged on.

In: examples, the champion there is. Out: champion_predictions, empty where the champion
cannot be asked, and comparison_skipped_because, which says why; and in what the two differ.
"""

from datetime import date, timedelta

import pandas as pd

from telco_churn.learning.training_examples import digest_rows
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.pipelines.release.data_summary import ExamplesSummary
from telco_churn.registry.registry_types import ModelVersion

KEY = ["customer_id", "as_of"]
TAUGHT_BY = ("train_dates", "calibration_dates")  # facts, "first to last"
ENOUGH = 0.5  # of the rows that judge: what earns more on few says little of the rest


def predict_by_champion(
    held_out_predictions: pd.DataFrame,
    examples: pd.DataFrame,
    examples_summary: ExamplesSummary,
    champion: ModelVersion | None,
) -> tuple[pd.DataFrame, str]:
    """Let the champion predict the rows that the candidate is judged on, where that is fair.

    Split by time, these are the test rows, as long as they are later than all that taught the
    champion. In folds the champion learnt from every row, so its own predictions out of fold
    count, on the rows that are the same in both tables.

    Args:
        held_out_predictions: The rows, by `customer_id` and `as_of`, with `churned`.
        examples: The same rows and others, with features.
        examples_summary: Of these.
        champion: The champion; None when there is none.

    Returns:
        `customer_id`, `as_of`, `champion`, a probability, for rows of `held_out_predictions` in
        their order, or for none; and why for none, a sentence, empty where there is no champion
        or its features are not there.
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
    """Say in what features differ from the champion's, in words; nothing where they do not."""
    kinds, their_kinds = list_kinds(ours), list_kinds(theirs)
    lacking = sorted(set(their_kinds) - set(kinds))
    added = sorted(set(kinds) - set(their_kinds))
    retyped = [
        f"{name} ({their_kinds[name]}, now {kinds[name]})"
        for name in sorted(set(kinds) & set(their_kinds))
        if kinds[name] != their_kinds[name]
    ]
    parts = [("lacks", lacking), ("has also", added), ("reads otherwise", retyped)]
    return ", ".join(f"{what} {names}" for what, names in parts if names)


def list_kinds(encoding: FeatureEncoding) -> dict[str, str]:
    """Name each feature's kind, `number` or `category`, in the order of the model."""
    return dict.fromkeys(encoding.numeric, "number") | dict.fromkeys(
        encoding.categories, "category"
    )


def _find_obstacle(examples_summary: ExamplesSummary, champion: ModelVersion) -> str:
    """Say why no row can judge both, nothing where one can."""
    name = f"the champion, version {champion.version},"
    ours = "out of fold" if examples_summary.are_in_folds else "by time"
    theirs = "by time" if champion.held_out is None else "out of fold"
    if ours != theirs:
        return f"It was judged {ours} and {name} {theirs}: no row can judge both."
    if champion.held_out is not None:
        is_known = "row" in champion.held_out
        return "" if is_known else f"On which rows {name} was judged is not known."
    first = examples_summary.first_test_date
    known = _find_last_taught(champion)
    if known is None:
        return f"Which dates taught {name} is not known."
    # A date has one purpose, even where its label is known at once.
    if known + timedelta(days=max(examples_summary.horizon_days, 1)) > first:
        return (
            f"The test rows begin on {first}, and {name} learnt from dates up to {known}, "
            f"whose label takes {examples_summary.horizon_days} days: it knows what came of some "
            "of them. Test dates that are later, or fewer, would compare the two."
        )
    return ""


def _find_last_taught(champion: ModelVersion) -> date | None:
    """The last date that taught or calibrated the champion, None where it does not say."""
    if not set(TAUGHT_BY) <= set(champion.facts):
        return None
    return max(date.fromisoformat(champion.facts[name].split(" to ")[-1]) for name in TAUGHT_BY)


def _predict(examples: pd.DataFrame, champion: ModelVersion) -> pd.DataFrame | None:
    """The champion's probabilities by key, None where it cannot read the features."""
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
        f"Of the {rows:,} rows that it is judged on, the champion, version {champion.version}, "
        f"was judged on {shared:,}: the same customer, values and outcome. To compare the two "
        f"takes {ENOUGH:.0%} of them at least, with both outcomes."
    )
