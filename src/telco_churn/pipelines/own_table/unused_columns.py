"""Compare the columns that the model does not read with the model.

In: column_profile, evaluation_metrics, training_examples. Out: data_notes for the model card.
"""

import ibis.expr.types as ir
import pandas as pd

from telco_churn.learning.value_counts import exceeds
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import UnusableTableError
from telco_churn.pipelines.own_table.overview import describe_oddities
from telco_churn.pipelines.own_table.profile import NOT_USED


def compare_unused_columns(
    column_profile: pd.DataFrame,
    evaluation_metrics: dict[str, float],
    training_examples: ir.Table,
    params: OwnTableParams,
) -> list[str]:
    """Describe the columns that the model does not read, and what each tells alone.

    Returns:
        One sentence per column.

    Raises:
        UnusableTableError: When such a column alone ranks customers better than the model: it gives
            the target away, or the reading of it is wrong.
    """
    unused = column_profile[column_profile["used_as"] == NOT_USED]
    churned = int(training_examples.churned.sum().execute())
    stayed = int(training_examples.count().execute()) - churned
    model = evaluation_metrics["roc_auc"]
    for row in unused.to_dict("records"):
        if exceeds(row["roc_auc"], model, churned, stayed):
            raise UnusableTableError(
                f"{params.table}, column {row['column']} is not used "
                f"({row['kind']}: {row['note']}), and alone it reaches a ROC AUC of "
                f"{row['roc_auc']:.3f}, expected less than the model ({model:.3f}). It probably "
                "gives the target away. Look at its values, then name it in own_table.drop to "
                "leave it out for good."
            )
    return [f"{line[0].upper()}{line[1:]}." for line in describe_oddities(unused)]
