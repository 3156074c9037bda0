"""The tests of feature_tests.yml pass; a wrong one fails, and an invalid one names its fault."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from omegaconf import OmegaConf

from kedro_asof.contracts.contract import DeclaredTable
from kedro_asof.errors import ExitCode
from telco_churn.commands.features import check_test, read_files, read_settings
from telco_churn.errors import InvalidFeatureTestError
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features.feature_test_model import (
    FeatureSettings,
    FeatureTest,
    read_tests,
)
from telco_churn.pipelines.features.feature_tests import run_test
from tests.conftest import PROJECT, ProjectCopy, copy_project

pytestmark = pytest.mark.xdist_group("feature_tests")  # creates its fixtures once

FILE = "conf/base/feature_tests.yml"
CONTENT: Any = OmegaConf.to_container(OmegaConf.load(PROJECT / FILE))
AS_OF = "2026-06-01"


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    project = ProjectCopy(tmp_path_factory.mktemp("feature_tests") / "project")
    copy_project(project.path)
    bootstrap_project(project.path)
    return project


@pytest.fixture(scope="module")
def loaded(
    small_project: ProjectCopy,
) -> Iterator[tuple[FeatureSettings, dict[str, FeatureTest | None]]]:
    with (
        pytest.MonkeyPatch.context() as patch,
        KedroSession.create(small_project.path, env="local") as session,
    ):
        patch.chdir(small_project.path)
        context = session.load_context()
        settings = read_settings(context)
        yield settings, read_files(context, settings)


@pytest.fixture
def settings(loaded: tuple[FeatureSettings, Any]) -> FeatureSettings:
    return loaded[0]


@pytest.mark.parametrize("name", CONTENT)
def test_feature_test(
    name: str, loaded: tuple[FeatureSettings, dict[str, FeatureTest | None]]
) -> None:
    settings, tests = loaded
    _, differences = check_test(name, tests[name], settings)
    assert not differences


def test_every_expected_value_of_a_shipped_test_can_fail(settings: FeatureSettings) -> None:
    """A value that no feature has differs in each place, with the value that was computed."""
    name = "a_payment_counts_from_the_day_after_it"
    wrong = {
        customer: dict.fromkeys(features, 12345) for customer, features in expect(name).items()
    }
    found = run(settings, CONTENT[name] | {"expect": wrong})
    assert {(each.customer, each.feature): each.computed for each in found} == {
        (customer, feature): value
        for customer, features in expect(name).items()
        for feature, value in features.items()
    }


def test_a_failure_shows_the_rows_inside_the_window_as_they_were_given(
    settings: FeatureSettings,
) -> None:
    days = ["2026-05-24", "2026-05-25", "2026-05-31", AS_OF]
    usage = [{"day": day, "dropped_calls": 1} for day in days]
    usage.append({"customer_id": "bert", "day": "2026-05-31", "dropped_calls": 5})
    (found,) = run(settings, given(usage, {"anna": {"usage_dropped_calls_sum_7d": 3}}))
    assert (found.expected, found.computed) == (3, 2)
    assert [str(row["day"]) for row in found.rows] == days[1:3]
    assert set(found.rows[0]) == {"customer_id", "day", "dropped_calls"}


def test_columns_that_are_left_out_keep_the_contract(settings: FeatureSettings) -> None:
    tables = {
        "customers": [{}],
        "subscriptions": [{"plan": "basic"}],
        "invoices": [{"due_on": "2026-05-15"}],
        "contacts": [{"contacted_on": "2026-05-15"}],
    }
    tables["invoices"][0]["issued_on"] = "2026-05-01"
    expected = {
        "segment": "consumer",
        "plan": "basic",
        "contract_days_left": None,
        "unpaid_amount": 0,
        "contacts_satisfaction_mean_28d": None,
        "contacts_contact_id_count_28d": 1,
    }
    assert not run(settings, {"as_of": AS_OF, "rows": tables, "expect": {"anna": expected}})


@pytest.mark.parametrize("value", [None, 3])
def test_a_customer_without_features_differs_from_every_expectation(
    value: object, settings: FeatureSettings
) -> None:
    signed_up = {"customers": [{"signed_up_on": AS_OF}]}
    test = {"as_of": AS_OF, "rows": signed_up, "expect": {"anna": {"tenure_days": value}}}
    (found,) = run(settings, test)
    assert found.computed == "none, not eligible"
    assert not run(settings, test | {"expect": {"anna": None}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": {"usages": []}}, "Unknown table 'usages'. Did you mean 'usage'? Expected one of"),
        (
            {"rows": {"usage": [{"day": AS_OF, "droped_calls": 1}]}},
            "rows.usage.0.droped_calls of test 'broken': Unknown column 'droped_calls'. Did you "
            "mean 'dropped_calls'? Expected one of ['call_minutes',",
        ),
        (
            {"expect": {"anna": {"usage_droped_calls_sum_7d": 1}}},
            "Unknown feature 'usage_droped_calls_sum_7d'. Did you mean 'usage_dropped_calls_sum",
        ),
        ({"asof": AS_OF}, "Unknown key 'asof'. Did you mean 'as_of'? Expected one of ['as_of'"),
        ({"as_of": "01.06.2026"}, "invalid value '01.06.2026' for as_of of test 'broken': "),
        ({"as_of": 20260601}, "invalid value 20260601 for as_of of test 'broken': expected a va"),
        ({"rows": {"usage": [{}]}}, "missing rows.usage.0.day of test 'broken'"),
        (
            {"rows": {"usage": [{"day": AS_OF, "dropped_calls": "3"}]}},
            "invalid value '3' for rows.usage.0.dropped_calls of test 'broken': expected a valid i",
        ),
        (
            {"rows": {"customers": [{"segment": "private"}]}},
            "invalid value 'private' for rows.customers.0.segment of test 'broken': expected "
            "'consumer' or 'business'",
        ),
        (
            {"expect": {"anna": {"usage_dropped_calls_sum_7d": "two"}}},
            "invalid value 'two' for expect.anna.usage_dropped_calls_sum_7d of test 'broken': "
            "expected a valid number",
        ),
        (
            {"expect": {"anna": {}}},
            "invalid value {} for expect.anna of test 'broken': expected a feature, or null",
        ),
        ({"expect": {}}, "invalid value {} for expect of test 'broken'"),
        ({"rows": None}, "invalid value None for rows of test 'broken'"),
    ],
)
def test_a_fault_is_named_with_file_test_key_found_and_allowed(
    change: dict[str, Any], message: str, settings: FeatureSettings
) -> None:
    with pytest.raises(InvalidFeatureTestError) as error:
        read_tests({"broken": given([], {"anna": None}) | change}, FILE, settings)
    assert str(error.value).startswith(f"Invalid {FILE}: ")
    assert message in str(error.value)


def test_a_table_of_ones_own_can_be_tested_once_it_has_a_contract_and_a_block(
    settings: FeatureSettings,
) -> None:
    types = {"customer_id": "string", "day": "date", "country": "string", "roaming_mb": "float64"}
    roaming = DeclaredTable(columns={name: {"type": kind} for name, kind in types.items()})
    block = {"date": "day", "windows": [28], "measures": {"roaming_mb": ["sum"]}}
    declared = settings.features.model_dump()["windows"] | {"roaming": block}
    own = replace(
        settings,
        features=FeatureParams.model_validate({"windows": declared}),
        contracts={**settings.contracts, "roaming": roaming},
    )
    rows = {"roaming": [{"day": "2026-05-31", "roaming_mb": 2.5}, {"day": "2026-05-30"}]}
    test = {"as_of": AS_OF, "rows": rows, "expect": {"anna": {"roaming_roaming_mb_sum_28d": 2.5}}}
    assert not run(own, test)


def test_a_row_that_breaks_its_contract_is_refused(settings: FeatureSettings) -> None:
    twice = [{"day": "2026-05-31"}, {"day": "2026-05-31"}]
    with pytest.raises(InvalidFeatureTestError, match="rows of usage: 1 duplicate rows"):
        run(settings, given(twice, {"anna": {"usage_dropped_calls_sum_7d": 0}}))


def test_the_command_prints_results_and_ends_with_a_code(
    small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_project.path)
    name = "a_trend_compares_a_window_with_the_one_before"
    passed = call(name)
    assert passed.exit_code == ExitCode.DONE, passed.output
    assert passed.output == f"passed  {name}\n"
    unknown = call("a_trend_compares_a_window")
    assert unknown.exit_code == ExitCode.WRONG_CALL
    assert "Unknown feature test 'a_trend_compares_a_window'" in unknown.output


def test_an_environment_replaces_tests_by_name_and_leaves_out_absent_tables(
    small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_project.path)
    name, absent = "a_trend_compares_a_window_with_the_one_before", "rating"
    replaced = "only_the_environment_can_run_it"
    wrong = given([], {"anna": {"usage_dropped_calls_sum_7d": 7}})
    contacts = {"as_of": AS_OF, "rows": {"contacts": []}, "expect": {"anna": {"none": 1}}}
    Path("conf/elsewhere").mkdir()
    base = Path(FILE).read_text()
    Path(FILE).write_text(f"{base}\n{replaced}: {{no_key: 1}}\n")  # invalid in this environment
    Path("conf/elsewhere/globals.yml").write_text("absent_tables: [contacts]\n")
    Path("conf/elsewhere/feature_tests.yml").write_text(
        yaml.safe_dump({name: wrong, absent: contacts, replaced: wrong})
    )
    failed = call(name, absent, "--env", "elsewhere")
    Path(FILE).write_text(base)
    assert failed.exit_code == ExitCode.INVALID_INPUT, failed.output
    assert f"failed  {name}" in failed.output
    assert "usage_dropped_calls_sum_7d of anna │ 7        │ 0" in failed.output
    assert f"absent  {absent}" in failed.output
    assert "1 of 2 feature tests failed." in failed.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("same: {}\nsame: {}\n", "feature_tests.yml, line 2: found duplicate key same"),
        ("- a\n", "feature_tests.yml: expected tests by name, found a list"),
        ("a: 3\n", "Invalid conf/faulty/feature_tests.yml: invalid value 3 for test 'a'"),
    ],
)
def test_a_file_without_tests_by_name_is_refused(
    content: str, message: str, small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_project.path)
    Path("conf/faulty").mkdir(exist_ok=True)
    Path("conf/faulty/feature_tests.yml").write_text(content)
    result = call("--env", "faulty")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert message in result.output
    assert len(result.output.splitlines()) == 1


def test_the_file_is_no_parameter(
    small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_project.path)
    with KedroSession.create(small_project.path) as session:
        assert not set(CONTENT) & set(session.load_context().params)


def expect(name: str) -> Any:
    return CONTENT[name]["expect"]


def given(usage: list[dict[str, Any]], expected: dict[str, Any]) -> dict[str, Any]:
    return {"as_of": AS_OF, "rows": {"usage": usage}, "expect": expected}


def run(settings: FeatureSettings, test: dict[str, Any]) -> Any:
    return run_test(read_tests({"test": test}, FILE, settings)["test"], settings)


def call(*arguments: str) -> Result:
    from telco_churn.cli import cli  # noqa: PLC0415  (needs a bootstrapped project)

    return CliRunner(catch_exceptions=False).invoke(cli, ["features", "test", *arguments])
