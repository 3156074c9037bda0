"""simulation: parameters -> raw tables of a sample operator, and its true churn hazard."""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.simulation.nodes import simulate_operator


def create_pipeline() -> Pipeline:
    """Wire the simulation of the sample operator."""
    tables = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")
    outputs = {f"raw_{table}": f"raw_{table}" for table in tables}
    return Pipeline(
        [
            Node(
                simulate_operator,
                inputs="params:simulation",
                outputs=outputs | {"true_hazard": "true_hazard"},
                name="simulate_operator",
            )
        ],
        namespace="simulation",
        prefix_datasets_with_namespace=False,
    )
