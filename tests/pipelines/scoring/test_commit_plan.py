"""A fingerprint changes with everything that scores depend on, and with nothing else."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import ibis
import pandas as pd
import pytest

from telco_churn.errors import NothingToScoreError
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.pipelines.features.static_features import STATIC_FEATURES
from telco_churn.pipelines.scoring.commit_plan import (
    DAY_OF,
    READ_WHOLE,
    fingerprint_sources,
    plan_commit,
)
from telco_churn.registry.registry_types import ModelVersion
from tests.conftest import (
    as_of,
    decision_params,
    eligibility_params,
    feature_params,
    read_parameters,
)

ROWS = [("a", date(2026, 1, 1), 3.0), ("b", date(2026, 1, 2), None), ("a", date(2026, 1, 1), 3.0)]
CHAMPION = cast(ModelVersion, SimpleNamespace(version=3))
NOW = datetime(2026, 9, 28, 3, tzinfo=UTC)


def fingerprint(
    rows: list[tuple[str, date, Any]] = ROWS,
    eligibility: EligibilityParams | None = None,
    **money: Any,
) -> str:
    usage = ibis.memtable(pd.DataFrame(rows, columns=["customer_id", "day", "mb"]))
    return fingerprint_sources(
        as_of("2026-01-05"),
        feature_params(),
        eligibility or eligibility_params(),
        decision_params(**money),
        ReasonParams(**read_parameters("reasons")),
        usage=usage,
    )


def test_rows_in_another_order_and_rows_of_the_future_change_nothing() -> None:
    assert fingerprint(ROWS[::-1]) == fingerprint()
    assert fingerprint([*ROWS, ("z", date(2026, 1, 5), 1.0)]) == fingerprint()


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        [*ROWS, ROWS[0], ROWS[0]],
        [("a", date(2026, 1, 1), 4.0), *ROWS[1:]],
        [("b", date(2026, 1, 1), 3.0), ("a", date(2026, 1, 2), None), ROWS[2]],
    ],
)
def test_any_other_row_before_as_of_changes_it(rows: list[tuple[str, date, Any]]) -> None:
    assert fingerprint(rows) != fingerprint()


def test_events_before_the_first_day_that_a_feature_reads_change_nothing() -> None:
    first = date(2026, 1, 5) - timedelta(days=84)  # the longest window of usage

    assert fingerprint([*ROWS, ("a", first - timedelta(days=1), 1.0)]) == fingerprint()
    assert fingerprint([*ROWS, ("a", first, 1.0)]) != fingerprint()
    active = eligibility_params(active_within_days=90)
    assert fingerprint([*ROWS, ("a", first - timedelta(days=6), 1.0)], active) != fingerprint(
        ROWS, active
    )
    assert fingerprint([*ROWS, ("a", first - timedelta(days=7), 1.0)], active) == fingerprint(
        ROWS, active
    )


def test_tables_of_features_without_a_window_count_whole() -> None:
    tables = {each.table for each in STATIC_FEATURES}

    assert tables <= {*DAY_OF, *READ_WHOLE}
    assert not {*DAY_OF} & {*feature_params().windows}


def fingerprint_invoices(paid_on: date | None, **columns: Any) -> str:
    invoice = {
        "customer_id": "a", "issued_on": date(2026, 1, 1), "paid_on": paid_on, **columns
    }  # fmt: skip
    schema = {"customer_id": "string", "issued_on": "date", "paid_on": "date", "loaded_at": "date"}
    invoices = ibis.memtable([invoice], schema={name: schema[name] for name in invoice})
    return fingerprint_sources(
        as_of("2026-01-05"),
        feature_params(),
        eligibility_params(),
        decision_params(),
        ReasonParams(**read_parameters("reasons")),
        invoices=invoices,
    )


def test_a_value_filled_in_later_changes_nothing_before_it_is_known() -> None:
    unpaid = fingerprint_invoices(None)
    assert fingerprint_invoices(date(2026, 1, 5)) == unpaid
    assert fingerprint_invoices(date(2026, 1, 9)) == unpaid
    assert fingerprint_invoices(date(2026, 1, 4)) != unpaid


def test_a_row_that_was_loaded_later_changes_nothing() -> None:
    late, in_time = (
        fingerprint_invoices(None, loaded_at=day) for day in (date(2026, 1, 5), date(2026, 1, 4))
    )
    assert late != in_time
    assert late == fingerprint_invoices(date(2026, 1, 2), loaded_at=date(2026, 1, 8))


def test_settings_change_it() -> None:
    assert fingerprint(contact_cost=4) != fingerprint()
    assert fingerprint(campaign_capacity=None) != fingerprint()


def test_a_plan_names_the_last_commit_of_its_date() -> None:
    history = pd.DataFrame(
        {"as_of": ["2026-09-28", "2026-09-21", "2026-09-28"], "table_version": [0, 1, 2]}
    )
    plan = plan_commit(CHAMPION, history, as_of("2026-09-28"), NOW)
    assert (plan.replaces, plan.started_at) == (2, NOW)
    assert plan_commit(CHAMPION, history, as_of("2026-01-01"), NOW).replaces is None


def test_without_a_champion_there_is_nothing_to_score_with() -> None:
    with pytest.raises(NothingToScoreError, match="No champion to score with"):
        plan_commit(None, pd.DataFrame(), as_of("2026-09-28"), NOW)
