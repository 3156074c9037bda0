"""What a run holds on to from its start: the model, the time, and the commit it will replace.

In: the champion, what was committed so far, sources. Out: scoring_champion, score_plan,
score_fingerprint.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd
from pydantic import BaseModel

from telco_churn.errors import InputError
from telco_churn.model.registered import ModelVersion
from telco_churn.parameters import (
    AsOf,
    DecisionParams,
    EligibilityParams,
    FeatureParams,
    ReasonParams,
)

# The day of a row, of the tables that are not declared in features.windows.
DAY_OF = {
    "customers": "signed_up_on",
    "subscriptions": "valid_from",
    "cancellations": "cancelled_on",
}
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
    champion_model: ModelVersion | None,
    score_history: pd.DataFrame,
    as_of: AsOf,
    clock: datetime,
) -> tuple[ModelVersion, ScorePlan]:
    """Resolve the champion once, and note which commit of the date is there.

    Promoting another version during the run changes nothing in it; another run that commits the
    date before this one does is found out.

    Args:
        champion_model: The version under the alias.
        score_history: One row per commit, oldest first; see `ScoreHistory`.
        as_of: The morning to score.
        clock: The time now.

    Raises:
        NothingToScoreError: When there is no champion.
    """
    if champion_model is None:
        raise NothingToScoreError(
            "There is no champion to score with. Run `kedro run --pipelines training` first."
        )
    of_date = score_history.loc[score_history["as_of"] == str(as_of), "table_version"]
    replaces = int(of_date.iloc[-1]) if len(of_date) else None
    return champion_model, ScorePlan(clock, replaces)


def fingerprint_sources(
    as_of: AsOf,
    features: FeatureParams,
    eligibility: EligibilityParams,
    decision: DecisionParams,
    reasons: ReasonParams,
    **tables: ir.Table,
) -> str:
    """Digest all that scores of a date follow from, beside the model.

    Rows dated on or after `as_of` do not count: scores are the same with or without them.

    Args:
        as_of: The morning to score.
        features: The declared windows, and the day of each event.
        eligibility: Who is looked at.
        decision: What contacts cost and win.
        reasons: Who is given reasons.
        **tables: Primary tables, by name.
    """
    days = DAY_OF | {name: window.date for name, window in features.windows.items()}
    contents = {
        name: fingerprint_table(table.filter(table[days[name]] < as_of.day))
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
