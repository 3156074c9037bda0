"""The gate, a person, or a rollback changes the champion; an impossible change is refused."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from kedro_asof.errors import InputError
from telco_churn.contracts import PromotionLog
from telco_churn.errors import ChampionChangedError, PromotionRefusedError
from telco_churn.parameters.version import VersionParam
from telco_churn.pipelines.release.champions import appoint_champion, promote_version, roll_back
from telco_churn.pipelines.release.pipeline import (
    create_pipeline,
    create_promote_pipeline,
    create_rollback_pipeline,
)
from telco_churn.registry.registry_types import (
    Appointment,
    ModelVersion,
    Promotion,
    Status,
    VersionNumber,
)
from tests.pipelines.release.small_models import make_version

NOW = datetime(2026, 9, 28, 6, 30, tzinfo=UTC)


class Registry:
    """Versions 1 to 5."""

    def get(self, version: int) -> ModelVersion:
        if version not in range(1, 6):
            raise InputError(f"There is no version {version}; there are [1, 2, 3, 4, 5].")
        return make_version(version)


@dataclass
class Operator:
    """A stand-in for the catalog around these nodes: it keeps the log and the alias."""

    champion: ModelVersion | None = None
    log: pd.DataFrame = field(default_factory=lambda: PromotionLog.frame([]))

    def keep(self, entry: pd.DataFrame, appointment: Appointment) -> None:
        entries = [*self.log.to_dict("records"), *PromotionLog.validate(entry).to_dict("records")]
        appointment.check_replaces(self.champion)
        self.log = PromotionLog.frame(entries)
        self.champion = appointment.champion or self.champion

    def appoint(self, version: int, status: Status = "champion") -> None:
        candidate = make_version(version, promotion=Promotion(status, ("Because.",)))
        self.keep(*appoint_champion(candidate, self.champion, self.champion, NOW))

    def promote(self, version: int) -> str:
        number = VersionParam(version)
        entry, appointment, told = promote_version(Registry(), self.champion, number, "ada", NOW)
        self.keep(entry, appointment)
        return told

    def roll_back(self) -> str:
        entry, appointment, told = roll_back(self.log, Registry(), self.champion, "ada", NOW)
        self.keep(entry, appointment)
        return told

    @property
    def number(self) -> int | None:
        return self.champion.version if self.champion else None


@pytest.fixture
def operator() -> Operator:
    return Operator()


def last(operator: Operator) -> dict[str, Any]:
    return dict(operator.log.iloc[-1])


def test_the_gate_appoints_and_the_log_knows_why(operator: Operator) -> None:
    operator.appoint(1)
    operator.appoint(2)
    assert operator.number == 2
    assert last(operator) == {
        "at": pd.Timestamp(NOW),
        "by": "gate",
        "action": "appointed",
        "model": "telco_churn",
        "from_version": 1,
        "to_version": 2,
        "reason": "Because.",
    }
    assert operator.log["from_version"].isna().tolist() == [True, False]


@pytest.mark.parametrize("status", ["challenger", "rejected"])
def test_the_champion_stays_without_an_entry_when_the_gate_says_so(
    status: Status, operator: Operator
) -> None:
    operator.appoint(1)
    operator.appoint(2, status)
    assert (operator.number, len(operator.log)) == (1, 1)


def test_a_champion_that_a_person_promoted_during_a_training_stays() -> None:
    compared_with, now = make_version(1), make_version(5)
    rejected = make_version(6, promotion=Promotion("rejected", ("Because.",)))
    entry, appointment = appoint_champion(rejected, compared_with, now, NOW)
    assert (len(entry), appointment.champion) == (0, None)
    appointment.check_replaces(now)
    changed = "changed from version 1 to 5 .* Version 6 was not promoted.* version=6`"
    with pytest.raises(ChampionChangedError, match=changed):
        appoint_champion(make_version(6), compared_with, now, NOW)
    with pytest.raises(ChampionChangedError, match="changed from version none to 5"):
        appoint_champion(make_version(6), None, now, NOW)
    with pytest.raises(ChampionChangedError, match="changed from version 1 to none"):
        appoint_champion(make_version(6), compared_with, None, NOW)


def test_a_rejected_first_candidate_stops_the_run_and_says_how_to_take_it_as_it_is() -> None:
    decision = Promotion("rejected", ("Its calibration error is 0.5.",))
    with pytest.raises(PromotionRefusedError, match=r"error is 0\.5\..* version=1`"):
        appoint_champion(make_version(1, promotion=decision), None, None, NOW)


def test_a_person_promotes_any_version_and_is_named(operator: Operator) -> None:
    operator.appoint(4)
    told = operator.promote(3)
    assert "telco_churn: champion is now version 3 (previously version 4)" in told
    assert "(previously version 4), trained as of 2026-08-31" in told
    assert operator.number == 3
    assert (last(operator)["by"], last(operator)["action"]) == ("ada", "promoted")


def test_the_first_champion_can_be_promoted_by_hand(operator: Operator) -> None:
    assert "version 2 (previously none)" in operator.promote(2)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("not given", "Missing parameter `version`: run .*version=N`, with the same --env"),
        (4, "Version 4 of telco_churn is already the champion"),
        (9, r"no version 9; there are \[1, 2, 3, 4, 5\]"),
    ],
)
def test_a_promotion_that_cannot_be_is_refused(version: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        promote_version(Registry(), make_version(4), VersionParam(version), "ada", NOW)


def test_only_the_number_of_the_replaced_champion_is_needed(operator: Operator) -> None:
    operator.appoint(1)
    broken = VersionNumber("telco_churn", 5)
    entry, appointment, told = promote_version(Registry(), broken, VersionParam(3), "ada", NOW)
    assert (entry["from_version"].item(), appointment) == (5, Appointment(make_version(3), broken))
    assert "version 3 (previously version 5)" in told
    entry, appointment, told = roll_back(operator.log, Registry(), broken, "ada", NOW)
    assert (entry["from_version"].item(), appointment) == (5, Appointment(make_version(1), broken))


def test_each_rollback_goes_one_champion_further_back(operator: Operator) -> None:
    for version in (1, 2, 3):
        operator.appoint(version)
    told = operator.roll_back()
    assert "champion is now version 2 (previously version 3)" in told
    operator.roll_back()
    assert operator.number == 1
    with pytest.raises(PromotionRefusedError, match="has no champion of"):
        operator.roll_back()
    assert operator.log["action"].tolist() == ["appointed"] * 3 + ["rolled_back"] * 2


def test_what_was_rolled_back_is_not_gone_back_to(operator: Operator) -> None:
    for version in (1, 2):
        operator.appoint(version)
    operator.roll_back()
    operator.appoint(3)
    operator.roll_back()
    assert operator.number == 1


def test_a_version_can_be_champion_more_than_once(operator: Operator) -> None:
    for version in (1, 2, 1, 2):
        operator.promote(version)
    numbers = []
    for _ in range(3):
        operator.roll_back()
        numbers.append(operator.number)
    assert numbers == [1, 2, 1]


def test_an_alias_moved_outside_the_pipeline_is_noticed(operator: Operator) -> None:
    for version in (1, 2):
        operator.appoint(version)
    operator.champion = make_version(5)  # as in MLflow's UI
    operator.roll_back()
    assert operator.number == 2


def test_a_rollback_after_a_move_outside_the_pipeline_restores_what_was_replaced(
    operator: Operator,
) -> None:
    operator.appoint(1)
    operator.champion = make_version(5)
    operator.promote(2)
    operator.roll_back()
    assert operator.number == 5


def test_an_entry_whose_move_never_came_is_no_champion(operator: Operator) -> None:
    for version in (1, 2, 3):
        operator.appoint(version)
    operator.champion = make_version(2)  # the alias could not be moved to 3
    operator.roll_back()
    assert operator.number == 1


def test_the_log_of_another_model_says_nothing(operator: Operator) -> None:
    operator.appoint(1)
    operator.log = operator.log.assign(model="own_table_churn")
    operator.champion = make_version(2)
    with pytest.raises(PromotionRefusedError, match="before version 2"):
        operator.roll_back()


def test_without_a_champion_there_is_nothing_to_roll_back(operator: Operator) -> None:
    with pytest.raises(PromotionRefusedError, match="No champion to roll back"):
        operator.roll_back()


@pytest.mark.parametrize("value", ["latest", 0, -1, 1.5, True, "", "1,2", "٣"])
def test_a_version_that_is_not_a_number_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected the number.*--params version=3"):
        VersionParam.model_validate(value)


@pytest.mark.parametrize(("value", "number"), [("3", 3), (3, 3), ("not given", None), (None, None)])
def test_a_version_is_read_as_it_is_typed(value: object, number: int | None) -> None:
    assert VersionParam.model_validate(value).number == number


def test_the_log_is_written_before_the_alias_moves() -> None:
    pipelines = (create_pipeline(), create_promote_pipeline(), create_rollback_pipeline())
    moving = [node for made in pipelines for node in made.nodes if "champion" in node.outputs]
    assert len(moving) == 3
    for node in moving:
        assert node.outputs[:2] == ["promotion_log", "champion"]
