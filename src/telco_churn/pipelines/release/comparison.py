"""Asks the champion about the rows that a candidate is judged on.

In: training_examples, the champion there is. Out: champion_predictions, empty where the champion
cannot be asked; and in what the two differ.
"""

import ibis.expr.types as ir
import pandas as pd

from telco_churn.examples import FOLD, digest_examples, read_examples
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.model.registered import ModelVersion

KEY = ["customer_id", "as_of"]


def predict_by_champion(
    held_out_predictions: pd.DataFrame, training_examples: ir.Table, incumbent: ModelVersion | None
) -> pd.DataFrame:
    """Let the champion predict the rows that the candidate is judged on.

    Split by time, these are the test rows. In folds the champion learnt from every row, so its own
    predictions out of fold count, and only when it knew the same rows and folds.

    Args:
        held_out_predictions: The rows, by `customer_id` and `as_of`.
        training_examples: The same rows and others, with features.
        incumbent: The champion; None when there is none.

    Returns:
        `customer_id`, `as_of`, `champion`, a probability, for the rows of `held_out_predictions`
        in their order; no row where the champion cannot be asked about all of them.
    """
    rows = held_out_predictions[KEY].reset_index(drop=True)
    nobody = rows.head(0).assign(champion=pd.Series(dtype="float64"))
    if incumbent is None or knew_other_rows(incumbent, training_examples):
        return nobody
    predicted = _predict(training_examples, incumbent)
    if predicted is None:
        return nobody
    as_text = dict.fromkeys(KEY, "str")
    champion = rows.astype(as_text).merge(
        predicted.astype(as_text), on=KEY, how="left", validate="one_to_one"
    )["champion"]
    return nobody if champion.isna().any() else rows.assign(champion=champion)


def knew_other_rows(incumbent: ModelVersion, training_examples: ir.Table) -> bool:
    """Whether rows that judge may have taught the champion, or are not those that it knew.

    Split by time, no date that judges can have taught it. In folds every row taught it.
    """
    if not are_in_folds(training_examples) and incumbent.held_out is None:
        return False
    ours = digest_examples(read_examples(training_examples))
    return incumbent.facts["examples_digest"] != ours


def are_in_folds(training_examples: ir.Table) -> bool:
    """Whether every row is held out once, instead of the latest ones by time."""
    splits = training_examples.select("split").distinct().to_pyarrow()["split"].to_pylist()
    return any(split.startswith(FOLD) for split in splits)


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


def _predict(training_examples: ir.Table, incumbent: ModelVersion) -> pd.DataFrame | None:
    """The champion's probabilities by key, None where it has none or cannot read the features."""
    if incumbent.held_out is not None:
        rows = read_examples(training_examples.select(*KEY))
        return rows.assign(champion=incumbent.held_out["churn_probability"].to_numpy())
    columns = incumbent.columns
    test = training_examples.filter(training_examples.split == "test")
    if set(columns) - set(test.columns):
        return None
    rows = read_examples(test.select(*KEY, *columns))
    try:
        return rows[KEY].assign(champion=incumbent.predict_probability(rows[columns]))
    except FeatureMismatchError:
        return None
