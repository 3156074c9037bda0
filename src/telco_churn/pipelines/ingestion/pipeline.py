"""ingestion: raw tables -> primary tables, rejected rows, and reports that count every row."""

from collections.abc import Mapping

from kedro.pipeline import Node, Pipeline

from kedro_asof.contracts.contract import TableContract
from kedro_asof.contracts.row_rules import late_columns
from telco_churn.parameters.ingestion import JudgedTableParams
from telco_churn.pipelines.ingestion import nodes
from telco_churn.pipelines.ingestion.category_report import report_categories

Contracts = Mapping[str, type[TableContract]]


def create_pipeline(tables: Mapping[str, JudgedTableParams]) -> Pipeline:
    """Wire ingestion: check all rows, save rejected rows, then stop or keep the other rows.

    Args:
        tables: The tables of ingestion.yml; each gets a `check_` node and a `trust_` node.
    """
    contracts = {name: table.contract for name, table in tables.items()}
    check = [
        Node(
            nodes.check_table(contracts[name]),
            [f"raw_{name}", "params:timezone"] + ["checked_customers"] * table.belongs_to_customer,
            f"checked_{name}",
            name=f"check_{name}",
        )
        for name, table in tables.items()
    ]
    return Pipeline(
        [*check, *_report_nodes(contracts), *_category_nodes(tables), *_trust_nodes(contracts)],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )


def _report_nodes(contracts: Contracts) -> list[Node]:
    checked = {table: f"checked_{table}" for table in contracts}
    late = {table: checked[table] for table in contracts if late_columns(contracts[table])}
    return [
        Node(
            nodes.collect_rejected_rows(contracts),
            checked,
            "rejected_rows",
            name="collect_rejected_rows",
        ),
        Node(nodes.report_ingestion, checked, "ingestion_report", name="report_ingestion"),
        Node(
            nodes.stop_when_too_many_rejected,
            ["ingestion_report", "rejected_rows", "params:ingestion"],
            "accepted_report",
            name="stop_when_too_many_rejected",
        ),
        Node(nodes.report_late_values, late, "late_value_report", name="report_late_values"),
        Node(
            nodes.stop_when_too_many_blanked,
            ["late_value_report", "accepted_report", "params:ingestion"],
            "accepted_late_values",
            name="stop_when_too_many_blanked",
        ),
    ]


def _category_nodes(tables: Mapping[str, JudgedTableParams]) -> list[Node]:
    declared = {name: f"checked_{name}" for name, table in tables.items() if table.expected_values}
    report = Node(report_categories(tables), declared, "category_report", name="report_categories")
    return [report] if declared else []


def _trust_nodes(contracts: Contracts) -> list[Node]:
    trust = [
        Node(
            nodes.trust_kept_rows,
            [f"checked_{table}", "accepted_late_values"],
            table,
            name=f"trust_{table}",
        )
        for table in contracts
    ]
    cover = Node(
        nodes.measure_coverage,
        ["checked_usage", "accepted_late_values", "params:ingestion"],
        "coverage",
        name="measure_coverage",
    )
    return [*trust, cover]
