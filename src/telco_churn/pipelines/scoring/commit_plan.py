"""What a run keeps from its start: the time, the commit that it will replace, its sources.

In: what was committed so far, sources. Out: score_plan, score_fingerprint.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd
from pydantic import BaseModel

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.errors import InputError
from kedro_asof.params import AsOf
from kedro_asof.windows.point_in_time import select_known
from telco_churn.contracts import Contacts, Invoices
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.registry.registry_types import ModelVersion

# The day of a row, of the tables that are not declared in features.windows.
DAY_OF = {
    "customers": "signed_up_on",
    "subscriptions": "valid_from",
    "cancellations": "cancelled_on",
}
# Of tables that features look up in; those that are declared say it themselves.
LATE = {"invoices": late_columns(Invoices), "contacts": late_columns(Contacts)}
DIGITS = 16


class NothingToScoreError(InputError):
    """There is no champion, or no customer on the date."""


@dataclass(frozen=True)
class ScorePlan:
    """What the commit of a run builds on.

    Attributes:
        started_at: When the run began to score, UTC; `scored_at` of every row.
        replaces: The table's version that the date was last written by; None where it never was.
    """

    started_at: datetime
    replaces: int | None


def plan_commit(
    champion: ModelVersion | None, score_history: pd.DataFrame, as_of: AsOf, clock: datetime
) -> ScorePlan:
    """Note which commit of the date exists when the run begins to score.

    If another run commits the date meanwhile, this one does not.

    Args:
        champion: The version that scores; None if there is none.
        score_history: One row per commit, oldest first; see `DatedHistory`.
        as_of: The morning to score.
        clock: The time now.

    Raises:
        NothingToScoreError: When there is no champion.
    """
    if champion is None:
        raise NothingToScoreError(
            "There is no champion to score with. Run `kedro run --pipelines training` first."
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
    """Digest all that scores of a date follow from, beside the model.

    What was not known on the morning of `as_of` does not count, rows and values that are filled in
    later alike: scores are the same with or without them.

    Args:
        as_of: The morning to score.
        features: The declared windows, and the day of each event.
        eligibility: Who is looked at.
        decision: What contacts cost and win.
        reasons: Who is given reasons.
        **tables: Primary tables, by name.
    """
    days = DAY_OF | {name: window.date for name, window in features.windows.items()}
    declared = {name: window.known_from for name, window in features.windows.items()}
    late = {name: {**LATE.get(name, {}), **declared.get(name, {})} for name in tables}
    contents = {
        name: fingerprint_table(select_known(table, days[name], late[name], as_of.day))
        for name, table in sorted(tables.items())
    }
    return _digest(contents, [features, eligibility, decision, reasons])


def fingerprint_own_table(
    own_table: ir.Table, decision: DecisionParams, reasons: ReasonParams
) -> str:
    """Digest a flat table and what its scores follow from, beside the model."""
    return _digest({"own_table": fingerprint_table(own_table)}, [decision, reasons])


def fingerprint_table(table: ir.Table) -> str:
    """Count the rows and add up their hashes: the same whatever their order, by one engine."""
    row = ibis.struct({column: table[column] for column in table.columns})
    content = table.agg(rows=table.count(), hashes=row.hash().cast("decimal(38, 0)").sum())
    (found,) = content.to_pyarrow().to_pylist()
    return f"{found['rows']}:{int(found['hashes'] or 0)}"


def _digest(contents: dict[str, str], blocks: list[BaseModel]) -> str:
    settings = [block.model_dump(mode="json") for block in blocks]
    text = json.dumps([contents, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
