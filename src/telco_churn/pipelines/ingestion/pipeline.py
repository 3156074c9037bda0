"""ingestion: raw tables -> primary tables, rejected rows, and reports that account for all."""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.ingestion import late_values, nodes


def create_pipeline() -> Pipeline:
    """Wire ingestion: judge all rows, save the rejects, then stop or trust the rest."""
    return Pipeline(
        [*_check_nodes(), *_report_nodes(), *_trust_nodes()],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )


def _check_nodes() -> list[Node]:
    """One per table; all but the customers' also look for the customer of each row."""
    return [
        Node(
            getattr(nodes, f"check_{table}"),
            [f"raw_{table}"] + ["checked_customers"] * (table != "customers"),
            f"checked_{table}",
            name=f"check_{table}",
        )
        for table in nodes.CONTRACTS
    ]


def _report_nodes() -> list[Node]:
    checked = {table: f"checked_{table}" for table in nodes.CONTRACTS}
    return [
        Node(nodes.collect_rejected_rows, checked, "rejected_rows", name="collect_rejected_rows"),
        Node(nodes.report_ingestion, checked, "ingestion_report", name="report_ingestion"),
        Node(
            nodes.stop_when_too_many_rejected,
            ["ingestion_report", "rejected_rows", "params:ingestion"],
            "accepted_report",
            name="stop_when_too_many_rejected",
        ),
        Node(
            late_values.report_late_values,
            {table: checked[table] for table in late_values.LATE_TABLES},
            "late_value_report",
            name="report_late_values",
        ),
        Node(
            late_values.stop_when_too_many_blanked,
            ["late_value_report", "accepted_report", "params:ingestion"],
            "accepted_late_values",
            name="stop_when_too_many_blanked",
        ),
    ]


def _trust_nodes() -> list[Node]:
    trust = [
        Node(
            nodes.trust_kept_rows,
            [f"checked_{table}", "accepted_late_values"],
            table,
            name=f"trust_{table}",
        )
        for table in nodes.CONTRACTS
    ]
    cover = Node(
        nodes.measure_coverage,
        ["checked_usage", "accepted_late_values", "params:ingestion"],
        "coverage",
        name="measure_coverage",
    )
    return [*trust, cover]
