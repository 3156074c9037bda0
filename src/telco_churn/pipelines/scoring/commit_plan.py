"""Record at the start of a run what its commit builds on: time, replaced commit, sources.

In: champion, score_history, the primary tables. Out: score_plan, score_fingerprint.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from pydantic import BaseModel

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.params import AsOf
from kedro_asof.windows.point_in_time import select_known
from telco_churn.contracts import Contacts, Invoices
from telco_churn.errors import NothingToScoreError
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.registry.registry_types import ModelVersion

# Date column of each table that is not declared in features.windows.
DAY_OF = {
    "customers": "signed_up_on",
    "subscriptions": "valid_from",
    "cancellations": "cancelled_on",
}
# Columns filled in later, for these tables; features.windows adds others with `known_from`.
LATE = {"invoices": late_columns(Invoices), "contacts": late_columns(Contacts)}
# Event tables that a feature without a declared window reads; of all others, only the rows that a
# window reaches count.
READ_WHOLE = ("invoices",)
DIGITS = 16


@dataclass(frozen=True)
class ScorePlan:
    """The state that the commit of a run builds on.

    Attributes:
        started_at: When scoring started, in UTC; becomes `scored_at` of every row.
        replaces: The table version that last wrote the date; None if no version did.
    """

    started_at: datetime
    replaces: int | None


def plan_commit(
    champion: ModelVersion | None, score_history: pd.DataFrame, as_of: AsOf, clock: datetime
) -> ScorePlan:
    """Record the latest commit of the date when scoring starts.

    If another run commits the date in the meantime, this run does not commit.

    Args:
        champion: The version that scores; None if there is none.
        score_history: One row per commit, oldest first; see `DatedHistory`.
        as_of: The date to score.
        clock: The current time.

    Raises:
        NothingToScoreError: If there is no champion.
    """
    if champion is None:
        raise NothingToScoreError(
            "No champion to score with. Train one: `kedro run --pipelines training`."
        )
    of_date = score_history.loc[score_history["as_of"] == str(as_of), "table_version"]
    return ScorePlan(clock, int(of_date.iloc[-1]) if len(of_date) else None)


def fingerprint_sources(
    as_of: AsOf,
    features: FeatureParams,
    eligibility: EligibilityParams,
    decision: DecisionParams,
    reasons: ReasonParams,
    **tables: ir.Table,
) -> str:
    """Return a digest of everything that the scores of a date depend on, except the model.

    Rows and values that were not known on the morning of `as_of` are left out, and events before
    the first day that a feature reads: they do not affect the scores.

    Args:
        as_of: The date to score.
        features: The declared windows, with the date column of each event table.
        eligibility: Which customers are scored.
        decision: The costs and the value of a contact.
        reasons: The text templates, and which customers get reasons.
        **tables: Primary tables, by name.
    """
    days = DAY_OF | {name: window.date for name, window in features.windows.items()}
    declared = {name: window.known_from for name, window in features.windows.items()}
    late = {name: {**LATE.get(name, {}), **declared.get(name, {})} for name in tables}
    first = _find_first_days(as_of.day, features, eligibility)
    contents = {}
    for name, table in sorted(tables.items()):
        rows = select_known(table, days[name], late[name], as_of.day)
        if name in first:
            rows = rows.filter(rows[days[name]] >= ibis.literal(first[name]))
        contents[name] = fingerprint_table(rows)
    return _digest(contents, [features, eligibility, decision, reasons])


def _find_first_days(
    as_of: date, features: FeatureParams, eligibility: EligibilityParams
) -> dict[str, date]:
    """Return the first day that scores read of each event table; none if they read it whole."""
    reach = {
        name: max(feature.reach for feature in window.list_features(name))
        for name, window in features.windows.items()
        if name not in READ_WHOLE
    }
    active = eligibility.active_within_days or 0  # of events in any of these tables
    return {name: as_of - timedelta(days=max(days, active)) for name, days in reach.items()}


def fingerprint_own_table(
    own_table: ir.Table, decision: DecisionParams, reasons: ReasonParams
) -> str:
    """Return a digest of a flat table and the parameters of its scores, without the model."""
    return _digest({"own_table": fingerprint_table(own_table)}, [decision, reasons])


def fingerprint_table(table: ir.Table) -> str:
    """Return row count and sum of row hashes: independent of row order, specific to an engine."""
    row = ibis.struct({column: table[column] for column in table.columns})
    content = table.agg(rows=table.count(), hashes=row.hash().cast("decimal(38, 0)").sum())
    (found,) = content.to_pyarrow().to_pylist()
    return f"{found['rows']}:{int(found['hashes'] or 0)}"


def _digest(contents: dict[str, str], blocks: list[BaseModel]) -> str:
    settings = [block.model_dump(mode="json") for block in blocks]
    text = json.dumps([contents, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
