"""Package the candidate for the model registry.

In: candidate, evaluation_metrics, promotion, examples, held_out_predictions, the model card.
Out: churn_model.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.learning.training_examples import digest_rows
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.pipelines.release.comparison import KEY, list_kinds
from telco_churn.pipelines.release.data_summary import FOLDS, ExamplesSummary
from telco_churn.registry.registry_types import ModelPackage, Promotion

EXAMPLE_ROWS = 5


def package_model(
    candidate: ChurnModel,
    evaluation_metrics: dict[str, float],
    promotion: dict[str, Any],
    examples: pd.DataFrame,
    examples_summary: ExamplesSummary,
    held_out_predictions: pd.DataFrame,
    model_card: str,
    model_card_page: str,
    as_of: AsOf,
    source_columns: Mapping[str, str] | None = None,
) -> ModelPackage:
    """Package the candidate with its metrics, facts, decision, card and example rows.

    The package takes the features also under the names in `source_columns`, the columns of a flat
    table by feature.

    With folds, the package includes the out-of-fold predictions: a later candidate is compared
    with them on the rows that both share.
    """
    encoding = candidate.encoding
    model = candidate.with_source_columns(source_columns or {})
    example = examples[encoding.columns].head(EXAMPLE_ROWS)
    held_out = None
    if examples_summary.are_in_folds:
        held_out = _align(held_out_predictions, examples).assign(row=digest_rows(examples))
    return ModelPackage(
        model=model,
        example=encoding.as_model_input(example),
        metrics=evaluation_metrics,
        promotion=Promotion(
            status=promotion["status"],
            reasons=tuple(promotion["reasons"]),
            evidence=promotion["evidence"],
        ),
        facts=_state_facts(examples_summary, encoding, as_of),
        files={
            "model_card.md": model_card,
            "model_card.html": model_card_page,
            "features.json": json.dumps(_list_features(model), indent=2, ensure_ascii=False),
        },
        held_out=held_out,
    )


def _state_facts(
    examples: ExamplesSummary, encoding: FeatureEncoding, as_of: AsOf
) -> dict[str, str]:
    splits = examples.splits
    taught = splits[splits["split"].isin(["train", FOLDS])]
    features = json.dumps(list_kinds(encoding))
    facts = {
        "as_of": str(as_of),
        "examples": str(splits["rows"].sum()),
        "learnt_from": str(taught["rows"].sum()),
        "data_fingerprint": examples.fingerprint,
        "features_digest": hashlib.sha256(features.encode()).hexdigest(),
    }
    for row in splits.to_dict("records"):
        facts[f"{row['split']}_rows"] = str(row["rows"])
        facts[f"{row['split']}_dates"] = f"{row['first']} to {row['last']}"
    return facts


def _list_features(model: ChurnModel) -> list[dict[str, Any]]:
    """Return the features in the order of the model, categories with their known values."""
    categories, columns = model.encoding.categories, model.source_columns
    return [
        {"name": name, "kind": kind}
        | ({"column": columns[name]} if name in columns else {})
        | ({"known_values": categories[name]} if name in categories else {})
        for name, kind in list_kinds(model.encoding).items()
    ]


def _align(held_out_predictions: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the out-of-fold probabilities in the order of the rows."""
    held_out = held_out_predictions[[*KEY, "churn_probability"]].astype(dict.fromkeys(KEY, "str"))
    aligned = rows[KEY].astype("str").merge(held_out, on=KEY, how="left", validate="one_to_one")
    return aligned[["churn_probability"]]
