"""Asks the champion about the rows that a candidate is judged on.

In: examples, the champion there is. Out: champion_predictions, empty where the champion
cannot be asked; and in what the two differ.
"""

import pandas as pd

from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.model.registered import ModelVersion
from telco_churn.pipelines.release.facts import ExamplesFacts

KEY = ["customer_id", "as_of"]


def predict_by_champion(
    held_out_predictions: pd.DataFrame,
    examples: pd.DataFrame,
    examples_facts: ExamplesFacts,
    incumbent: ModelVersion | None,
) -> pd.DataFrame:
    """Let the champion predict the rows that the candidate is judged on.

    Split by time, these are the test rows. In folds the champion learnt from every row, so its own
    predictions out of fold count, and only when it knew the same rows and folds.

    Args:
        held_out_predictions: The rows, by `customer_id` and `as_of`.
        examples: The same rows and others, with features.
        examples_facts: Of these.
        incumbent: The champion; None when there is none.

    Returns:
        `customer_id`, `as_of`, `champion`, a probability, for the rows of `held_out_predictions`
        in their order; no row where the champion cannot be asked about all of them.
    """
    rows = held_out_predictions[KEY].reset_index(drop=True)
    nobody = rows.head(0).assign(champion=pd.Series(dtype="float64"))
    if incumbent is None or knew_other_rows(incumbent, examples_facts):
        return nobody
    predicted = _predict(examples, incumbent)
    if predicted is None:
        return nobody
    as_text = dict.fromkeys(KEY, "str")
    champion = rows.astype(as_text).merge(
        predicted.astype(as_text), on=KEY, how="left", validate="one_to_one"
    )["champion"]
    return nobody if champion.isna().any() else rows.assign(champion=champion)


def knew_other_rows(incumbent: ModelVersion, examples_facts: ExamplesFacts) -> bool:
    """Whether rows that judge may have taught the champion, or are not those that it knew.

    Split by time, no date that judges can have taught it. In folds every row taught it.
    """
    if not examples_facts.are_in_folds and incumbent.held_out is None:
        return False
    return incumbent.facts["examples_digest"] != examples_facts.digest


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


def _predict(examples: pd.DataFrame, incumbent: ModelVersion) -> pd.DataFrame | None:
    """The champion's probabilities by key, None where it has none or cannot read the features."""
    if incumbent.held_out is not None:
        return examples[KEY].assign(champion=incumbent.held_out["churn_probability"].to_numpy())
    columns = incumbent.columns
    test = examples[examples["split"] == "test"]
    if set(columns) - set(test.columns):
        return None
    try:
        return test[KEY].assign(champion=incumbent.predict_probability(test[columns]))
    except FeatureMismatchError:
        return None
