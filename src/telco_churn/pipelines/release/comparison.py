"""Asks the champion about the rows that a candidate is judged on.

In: examples, the champion there is. Out: champion_predictions, empty where the champion
cannot be asked, and champion_silence, which says why; and in what the two differ.
"""

from datetime import date, timedelta

import pandas as pd

from telco_churn.examples import digest_rows
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.model.registered import ModelVersion
from telco_churn.pipelines.release.facts import ExamplesFacts

KEY = ["customer_id", "as_of"]
TAUGHT_BY = ("train_dates", "calibration_dates")  # facts, "first to last"
ENOUGH = 0.5  # of the rows that judge: what earns more on few says little of the rest


def predict_by_champion(
    held_out_predictions: pd.DataFrame,
    examples: pd.DataFrame,
    examples_facts: ExamplesFacts,
    incumbent: ModelVersion | None,
) -> tuple[pd.DataFrame, str]:
    """Let the champion predict the rows that the candidate is judged on, where that is fair.

    Split by time, these are the test rows, as long as they are later than all that taught the
    champion. In folds the champion learnt from every row, so its own predictions out of fold
    count, on the rows that are the same in both tables.

    Args:
        held_out_predictions: The rows, by `customer_id` and `as_of`, with `churned`.
        examples: The same rows and others, with features.
        examples_facts: Of these.
        incumbent: The champion; None when there is none.

    Returns:
        `customer_id`, `as_of`, `champion`, a probability, for rows of `held_out_predictions` in
        their order, or for none; and why for none, a sentence, empty where there is no champion
        or its features are not there.
    """
    rows = held_out_predictions[KEY].reset_index(drop=True)
    nobody = rows.head(0).assign(champion=pd.Series(dtype="float64"))
    if incumbent is None:
        return nobody, ""
    silence = _find_obstacle(examples_facts, incumbent)
    predicted = None if silence else _predict(examples, incumbent)
    if predicted is None:
        return nobody, silence
    as_text = dict.fromkeys(KEY, "str")
    champion = rows.astype(as_text).merge(
        predicted.astype(as_text), on=KEY, how="left", validate="one_to_one"
    )["champion"]
    is_known = champion.notna()
    outcomes = held_out_predictions["churned"].reset_index(drop=True)[is_known].nunique()
    if is_known.sum() < ENOUGH * len(rows) or outcomes < 2:
        return nobody, _explain_few_rows(int(is_known.sum()), len(rows), incumbent)
    return rows.assign(champion=champion)[is_known].reset_index(drop=True), ""


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


def _find_obstacle(examples_facts: ExamplesFacts, incumbent: ModelVersion) -> str:
    """Say why no row can judge both, nothing where one can."""
    champion = f"the champion, version {incumbent.version},"
    ours = "out of fold" if examples_facts.are_in_folds else "by time"
    theirs = "by time" if incumbent.held_out is None else "out of fold"
    if ours != theirs:
        return f"It was judged {ours} and {champion} {theirs}: no row can judge both."
    if incumbent.held_out is not None:
        is_known = "row" in incumbent.held_out
        return "" if is_known else f"On which rows {champion} was judged is not known."
    first = examples_facts.first_test_date
    known = _find_last_taught(incumbent)
    if known is None:
        return f"Which dates taught {champion} is not known."
    # A date has one purpose, even where its label is known at once.
    if known + timedelta(days=max(examples_facts.horizon_days, 1)) > first:
        return (
            f"The test rows begin on {first}, and {champion} learnt from dates up to {known}, "
            f"whose label takes {examples_facts.horizon_days} days: it knows what came of some of "
            "them. Test dates that are later, or fewer, would compare the two."
        )
    return ""


def _find_last_taught(incumbent: ModelVersion) -> date | None:
    """The last date that taught or calibrated the champion, None where it does not say."""
    if not set(TAUGHT_BY) <= set(incumbent.facts):
        return None
    return max(date.fromisoformat(incumbent.facts[name].split(" to ")[-1]) for name in TAUGHT_BY)


def _predict(examples: pd.DataFrame, incumbent: ModelVersion) -> pd.DataFrame | None:
    """The champion's probabilities by key, None where it cannot read the features."""
    if incumbent.held_out is not None:
        known = incumbent.held_out.set_index("row")["churn_probability"]
        return examples[KEY].assign(champion=digest_rows(examples).map(known))
    columns = incumbent.columns
    test = examples[examples["split"] == "test"]
    if set(columns) - set(test.columns):
        return None
    try:
        return test[KEY].assign(champion=incumbent.predict_probability(test[columns]))
    except FeatureMismatchError:
        return None


def _explain_few_rows(shared: int, rows: int, incumbent: ModelVersion) -> str:
    return (
        f"Of the {rows:,} rows that it is judged on, the champion, version {incumbent.version}, "
        f"was judged on {shared:,}: the same customer, values and outcome. To compare the two "
        f"takes {ENOUGH:.0%} of them at least, with both outcomes."
    )
