"""The run summary counts the rows and values that ingestion rejected and blanked."""

import ibis
import pandas as pd

from telco_churn.pipelines.scoring.run_summary import describe_rejected_rows

ROWS = pd.DataFrame(
    [
        ("contacts", "kept", 95),
        ("contacts", "blanked_satisfaction_type", 3),
        ("contacts", "topic_missing", 2),
    ],
    columns=["table", "outcome", "rows"],
)
REJECTED = pd.DataFrame(
    [("contacts", "k1", "topic_missing", "{}"), ("contacts", "k2", "topic_missing", "{}")],
    columns=["table", "key", "rule", "content"],
)
KEPT_VALUES = [("contacts", "satisfaction", "kept", 1_200), ("contacts", "resolved_on", "kept", 0)]
BLANKED_VALUES = [("contacts", "satisfaction", "blanked_satisfaction_type", 3)]
REJECTED_LINES = [
    "  rejected  2 of 100 raw rows",
    "            contacts: topic_missing 2, for example k1",
]


def test_blanked_values_are_counted_by_rule_beside_rejected_rows() -> None:
    assert _describe([*KEPT_VALUES, *BLANKED_VALUES]) == [
        *REJECTED_LINES,
        "  blanked   3 of 1,203 values filled in later",
        "            contacts: satisfaction_type 3",
    ]


def test_without_blanked_values_the_summary_has_no_line_for_them() -> None:
    assert _describe(KEPT_VALUES) == REJECTED_LINES


def _describe(values: list[tuple[str, str, str, int]]) -> list[str]:
    report = pd.DataFrame(values, columns=["table", "column", "outcome", "values"])
    return describe_rejected_rows(ROWS, report, ibis.memtable(REJECTED)).splitlines()
