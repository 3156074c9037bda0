"""ingestion: raw tables -> primary tables, rejected rows, and reports that count every row.

A table with an `event_date` is ingested delivery by delivery, each other table whole.
"""

from collections.abc import Mapping
from typing import Any

from kedro.pipeline import Node, Pipeline

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.tags import DELIVERED
from telco_churn.parameters.ingestion import JudgedTableParams
from telco_churn.pipelines.ingestion import delivered_tables, limits, nodes, reports
from telco_churn.pipelines.ingestion.category_report import report_categories
from telco_churn.pipelines.ingestion.customer_changes import compare_customers
from telco_churn.pipelines.ingestion.new_deliveries import find_deliveries

Tables = Mapping[str, JudgedTableParams]


def create_pipeline(tables: Tables) -> Pipeline:
    """Wire ingestion: check all rows, save rejected rows, then stop or keep the other rows.

    Args:
        tables: The tables of ingestion.yml; each gets a `check_` node and a `trust_` node.
    """
    whole = {name: table for name, table in tables.items() if table.event_date is None}
    delivered = {name: table for name, table in tables.items() if table.event_date is not None}
    return Pipeline(
        [
            *_check_whole_nodes(whole),
            *_check_delivered_nodes(delivered),
            *_report_nodes(whole, delivered),
            *_category_nodes(tables),
            *_trust_nodes(whole, delivered),
        ],
        namespace="ingestion",
        prefix_datasets_with_namespace=False,
    )


def _check_whole_nodes(tables: Tables) -> list[Node]:
    return [
        Node(
            nodes.check_table(table.contract),
            [f"raw_{name}", "params:timezone"] + ["checked_customers"] * table.belongs_to_customer,
            f"checked_{name}",
            name=f"check_{name}",
        )
        for name, table in tables.items()
    ]


def _check_delivered_nodes(tables: Tables) -> list[Node]:
    """Return the nodes that find new deliveries and settle the rows with a finding."""
    compare = Node(
        compare_customers,
        ["checked_customers", "customers_before"],
        "customer_changes",
        name="compare_customers",
    )
    made = [compare] if any(table.belongs_to_customer for table in tables.values()) else []
    for name, table in tables.items():
        customers = {"customers": "customer_changes"} if table.belongs_to_customer else {}
        new = {"new": f"{name}_deliveries", **customers}
        settled = {**new, "keys": f"{name}_keys_to_settle"}
        made += [
            Node(
                find_deliveries(name, table),
                [f"raw_{name}", f"{name}_before", "params:timezone", "params:ingestion"],
                f"{name}_deliveries",
                name=f"find_{name}_deliveries",
            ),
            Node(
                delivered_tables.find_keys_to_settle(table),
                new,
                f"{name}_keys_to_settle",
                name=f"find_{name}_keys_to_settle",
            ),
            Node(
                delivered_tables.check_new_rows(table),
                settled,
                f"checked_{name}",
                name=f"check_{name}",
                tags=DELIVERED,
            ),
            Node(
                delivered_tables.plan_change(table),
                {**settled, "checked": f"checked_{name}"},
                f"{name}_change",
                name=f"plan_{name}_change",
            ),
        ]
    return made


def _report_nodes(whole: Tables, delivered: Tables) -> list[Node]:
    tables = {**whole, **delivered}
    contracts = {name: table.contract for name, table in tables.items()}
    checked = {name: f"checked_{name}" for name in tables}
    changes = {f"{name}{reports.CHANGE}": f"{name}_change" for name in delivered}
    late = {name: checked[name] for name in tables if late_columns(contracts[name])}
    late_changes = {
        name: data for name, data in changes.items() if name[: -len(reports.CHANGE)] in late
    }
    by_file = {"delivery_report": "delivery_report"} if delivered else {}
    of_deliveries = Node(
        reports.report_deliveries,
        {name: checked[name] for name in delivered} | changes,
        "delivery_report",
        name="report_deliveries",
    )
    return [of_deliveries] * bool(delivered) + [
        Node(
            nodes.collect_rejected_rows(contracts),
            checked,
            "rejected_rows",
            name="collect_rejected_rows",
        ),
        Node(
            reports.report_ingestion,
            checked | changes,
            "ingestion_report",
            name="report_ingestion",
        ),
        Node(
            limits.stop_when_too_many_rejected,
            {
                "ingestion_report": "ingestion_report",
                "rejected_rows": "rejected_rows",
                "params": "params:ingestion",
                **by_file,
            },
            "accepted_report",
            name="stop_when_too_many_rejected",
        ),
        Node(
            reports.report_late_values,
            late | late_changes,
            "late_value_report",
            name="report_late_values",
        ),
        Node(
            limits.stop_when_too_many_blanked,
            {
                "late_value_report": "late_value_report",
                "accepted_report": "accepted_report",
                "params": "params:ingestion",
                **by_file,
            },
            "accepted_late_values",
            name="stop_when_too_many_blanked",
        ),
    ]


def _category_nodes(tables: Tables) -> list[Node]:
    declared = {
        name: f"{name}_change" if table.event_date else f"checked_{name}"
        for name, table in tables.items()
        if table.expected_values
    }
    report = Node(report_categories(tables), declared, "category_report", name="report_categories")
    return [report] if declared else []


def _trust_nodes(whole: Tables, delivered: Tables) -> list[Node]:
    trusted: list[tuple[str, Any, str, list[str]]] = [
        *[(name, nodes.trust_kept_rows, f"checked_{name}", []) for name in whole],
        *[
            (name, delivered_tables.trust_change, f"{name}_change", [DELIVERED])
            for name in delivered
        ],
    ]
    trust = [
        Node(function, [source, "accepted_late_values"], name, name=f"trust_{name}", tags=tags)
        for name, function, source, tags in trusted
    ]
    cover = Node(
        nodes.measure_coverage, ["usage", "params:ingestion"], "coverage", name="measure_coverage"
    )
    return [*trust, cover]
