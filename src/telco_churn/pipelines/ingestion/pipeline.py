"""ingestion: raw tables -> primary tables, rejected rows, and a report that accounts for all."""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.ingestion import nodes

TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")


def create_pipeline() -> Pipeline:
    """Wire ingestion: judge all rows, save the rejects, then stop or trust the rest."""
    checked = [f"checked_{table}" for table in TABLES]
    return Pipeline(
        [
            Node(
                nodes.check_customers, "raw_customers", "checked_customers", name="check_customers"
            ),
            *[
                Node(
                    getattr(nodes, f"check_{table}"),
                    [f"raw_{table}", "checked_customers"],
                    f"checked_{table}",
                    name=f"check_{table}",
                )
                for table in TABLES
                if table != "customers"
            ],
            Node(
                nodes.collect_rejected_rows, checked, "rejected_rows", name="collect_rejected_rows"
            ),
            Node(nodes.report_ingestion, checked, "ingestion_report", name="report_ingestion"),
            Node(
                nodes.stop_when_too_many_rejected,
                ["ingestion_report", "rejected_rows", "params:ingestion"],
                "accepted_report",
                name="stop_when_too_many_rejected",
            ),
            Node(
                nodes.measure_coverage,
                ["checked_usage", "accepted_report"],
                "coverage",
                name="measure_coverage",
            ),
            *[
                Node(
                    nodes.trust_kept_rows,
                    [f"checked_{table}", "accepted_report"],
                    table,
                    name=f"trust_{table}",
                )
                for table in TABLES
            ],
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )
