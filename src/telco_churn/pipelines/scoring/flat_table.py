"""Predicts for a flat table, once it is seen that the champion is one for that table.

In: customer_features of the table, the champion. Out: churn_predictions.
"""

import ibis.expr.types as ir
import pyarrow as pa

from kedro_asof.params import AsOf
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.scoring import ScoringParams
from telco_churn.pipelines.scoring.commit_plan import ScorePlan
from telco_churn.pipelines.scoring.nodes import predict_churn
from telco_churn.registry.registry_types import ModelVersion


def predict_table_churn(
    customer_features: ir.Table,
    champion: ModelVersion,
    own_table: OwnTableParams,
    as_of: AsOf,
    scoring: ScoringParams,
    decision: DecisionParams,
    score_plan: ScorePlan | None = None,
) -> pa.RecordBatchReader | ir.Table:
    """Predict churn of every customer of a flat table; see `predict_churn`.

    Raises:
        FeatureMismatchError: When the champion reads columns that the table lacks, or holds as
            another kind; says how another becomes champion.
    """
    lacking, retyped = find_misfits(customer_features, champion.model.encoding)
    if lacking or retyped:
        raise FeatureMismatchError(
            f"The champion, version {champion.version} of {champion.name}, cannot "
            f"score {own_table.table}: of the columns that it reads, {lacking} are not there, not "
            f"used or in own_table.drop, and {retyped} hold another kind of values. If the table "
            "has changed, make the version of this run champion (make mlflow shows its number): "
            "`kedro run --env own_table --pipelines promote --params version=N`, with the --env of "
            "this run; then run this again. If it is another table, give it an environment of its "
            "own, and so a model of its own: docs/own_data.md."
        )
    return predict_churn(customer_features, champion, as_of, scoring, decision, score_plan)


def find_misfits(features: ir.Table, encoding: FeatureEncoding) -> tuple[list[str], list[str]]:
    """List the columns of a model that a table lacks, and those that it has as another kind."""
    kinds = features.schema()
    lacking = sorted(set(encoding.columns) - set(kinds.names))
    retyped = sorted(
        column
        for column in set(encoding.columns) & set(kinds.names)
        if kinds[column].is_string() is not (column in encoding.categories)
    )
    return lacking, retyped
