"""Predict churn for a flat table, after checking that the champion can read its columns.

In: customer_features of the table, champion. Out: churn_predictions.
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
    """Predict churn for every customer of a flat table; see `predict_churn`.

    Raises:
        FeatureMismatchError: If the champion reads columns that the table lacks or has as another
            kind; the message explains how to change the champion.
    """
    name = champion.name.removeprefix("own_table_")
    lacking, retyped = find_misfits(customer_features, champion.model.encoding)
    if lacking or retyped:
        raise FeatureMismatchError(
            f"Champion version {champion.version} of {champion.name} cannot score "
            f"{own_table.table}: it reads the columns {lacking}, which are missing, unused or in "
            f"own_table.drop, and {retyped}, which have another kind of values. If the table has "
            "changed, promote the version of this run (make mlflow shows its number): `kedro run "
            f"--env own_table --pipelines promote --params version=N,own_table.name={name}`; then "
            "run again. If this is another table, give it another own_table.name, which has its "
            "own model."
        )
    return predict_churn(customer_features, champion, as_of, scoring, decision, score_plan)


def find_misfits(features: ir.Table, encoding: FeatureEncoding) -> tuple[list[str], list[str]]:
    """List the columns of a model that a table lacks, and those that have another kind."""
    kinds = features.schema()
    lacking = sorted(set(encoding.columns) - set(kinds.names))
    retyped = sorted(
        column
        for column in set(encoding.columns) & set(kinds.names)
        if kinds[column].is_string() is not (column in encoding.categories)
    )
    return lacking, retyped
