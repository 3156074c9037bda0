"""Write what was understood of a table, for people, before training starts.

In: the column profile, the labels, the value that means churn. Out: text, and a sentence for each
column that is odd.
"""

from collections.abc import Iterator
from textwrap import indent

import pandas as pd

from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.columns import UNREADABLE
from telco_churn.pipelines.own_table.profile import NOT_USED, select_features

WIDEST = 40  # characters of a note in the table of columns
LISTED = 60  # columns that the overview lists; column_profile has all of them
ROLES = ("target", "id", "time")


def write_overview(
    column_profile: pd.DataFrame, churned: pd.Series, churn_value: str, params: OwnTableParams
) -> str:
    """Write rows, target, what each column is, and what is odd, the worst first."""
    odd = list(describe_oddities(column_profile))
    features = select_features(column_profile)
    known = churned.notna()
    unknown = int((~known).sum())
    lines = [
        "",
        f"{params.table}: {len(churned):,} rows, {len(column_profile):,} columns, "
        f"{len(features):,} of them used as features",
        f"  target  {params.target}: {churn_value!r} means churn, in {int(churned.sum()):,} of "
        f"{int(known.sum()):,} labeled rows ({churned.mean():.1%})",
    ]
    if unknown:
        lines.append(f"  note    {unknown:,} rows without a label are scored, not learned from")
    lines += [
        f"  {'odd     ' if place == 0 else '        '}{line}" for place, line in enumerate(odd)
    ]
    return "\n".join([*lines, _tabulate(column_profile), ""])


def describe_oddities(column_profile: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each column that is not what it seems, unreadable ones first."""
    rows = column_profile.fillna({"note": "", "roc_auc": 0.5}).to_dict("records")
    worst_first = sorted(
        rows, key=lambda row: (row["kind"] != UNREADABLE, row["used_as"] != NOT_USED)
    )
    for row in worst_first:
        if row["used_as"] == NOT_USED:
            yield (
                f"{row['column']} is not used ({row['kind']}): {row['note']}; "
                f"alone it reaches a ROC AUC of {row['roc_auc']:.3f}"
            )
        elif row["note"] and row["used_as"] not in (*ROLES, "dropped"):
            yield f"{row['column']} ({row['kind']}): {row['note']}"


def _tabulate(column_profile: pd.DataFrame) -> str:
    shown = column_profile[
        ["column", "kind", "used_as", "missing", "unreadable", "distinct"]
    ].assign(
        alone=column_profile["roc_auc"].map(lambda auc: "" if pd.isna(auc) else f"{auc:.3f}"),
        first_value=column_profile["first_value"].fillna(""),
    )
    more = len(shown) - LISTED
    text = indent(shown.head(LISTED).to_string(index=False, max_colwidth=WIDEST), "    ")
    rest = f"\n    and {more:,} more columns, in column_profile" if more > 0 else ""
    return f"  columns (alone: ROC AUC of the column by itself)\n{text}{rest}"
