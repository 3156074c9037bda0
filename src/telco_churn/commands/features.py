"""`kedro features`: test features on a few rows."""

from pathlib import Path
from typing import Any, cast

import click
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from omegaconf import DictConfig, OmegaConf

from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.errors import InputError, WrongCallError
from kedro_asof.project import open_session
from kedro_asof.result_table import show_table
from kedro_asof.suggestions import describe_unknown
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.errors import InvalidFeatureTestError
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features.feature_test_model import (
    FILE,
    FeatureSettings,
    FeatureTest,
    read_tests,
)
from telco_churn.pipelines.features.feature_tests import CUSTOMER, Difference, list_tables, run_test

COLUMNS = ["feature", "expected", "got", "rows that it reads"]


@click.group()
def features() -> None:
    """Test features."""


@features.command("test")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--env", "-e", default=None, help="Configuration environment.")
@explain_errors
def test_features(names: tuple[str, ...], env: str | None) -> None:
    """Compare the features of a few rows with those that feature_tests.yml expects.

    Example: kedro features test a_window_ends_on_the_day_before_as_of

    Without NAME, it runs all tests of conf/base/feature_tests.yml, and those of the environment,
    which replace tests of the same name. It leaves out tests with rows of absent_tables, and reads
    no data.

    Exit codes: 0, all tests passed; 65, a feature differs; 2, a test or a NAME is invalid.
    """
    with open_session(env) as session:
        context = session.load_context()
        settings = read_settings(context)
        tests = read_files(context, settings)
    for name in names:
        if name not in tests:
            raise WrongCallError(describe_unknown("feature test", name, tests))
    failed = 0
    for name in names or tests:
        result, differences = check_test(name, tests[name], settings)
        click.echo(f"{result}  {name}")
        if differences:
            show_table(COLUMNS, [_describe(each) for each in differences])
            failed += 1
    if failed:
        raise InputError(
            f"{failed} of {len(names or tests)} feature tests failed. Correct the features, or the "
            f"tests in {FILE}."
        )


def read_settings(context: KedroContext) -> FeatureSettings:
    """Read the settings of an environment, and the contracts of the tables with features."""
    params = context.params
    declared = FeatureParams.model_validate(params["features"])
    found = find_contracts(cast(DataCatalog, context.catalog), list_tables(declared))
    return FeatureSettings(
        declared,
        LabelParams.model_validate(params["label"]),
        EligibilityParams.model_validate(params["eligibility"]),
        {table: contract for table, contract in found.items() if contract is not None},
    )


def read_files(context: KedroContext, settings: FeatureSettings) -> dict[str, FeatureTest | None]:
    """Read the tests of conf/base and of the environment; None for a test of an absent table.

    Raises:
        InvalidFeatureTestError: When a file has a fault.
        WrongCallError: When there is no test.
    """
    conf = Path(context.config_loader.conf_source)
    contents = {
        f"conf/{folder}/{FILE}": _load(file)
        for folder in ("base", context.env or "local")
        if (file := conf / folder / FILE).exists()
    }
    last = {name: place for place, content in contents.items() for name in content}
    tests: dict[str, FeatureTest | None] = dict.fromkeys(last)
    for place, content in contents.items():
        kept = {
            name: test
            for name, test in content.items()
            if last[name] == place and not set(settings.features.absent) & _list_given(test)
        }
        tests |= read_tests(kept, place, settings)
    if not tests:
        raise WrongCallError(f"No feature tests found. Write some into conf/base/{FILE}.")
    return tests


def _load(file: Path) -> dict[str, Any]:
    loaded = OmegaConf.load(file)  # unlike YAML's own reader, it refuses two tests of one name
    if not isinstance(loaded, DictConfig):
        raise InvalidFeatureTestError(f"Invalid {file}: expected tests by name, found a list.")
    return cast(dict[str, Any], OmegaConf.to_container(loaded))


def _list_given(test: Any) -> set[str]:
    """Return the tables of a test that is not validated yet."""
    rows = test.get("rows") if isinstance(test, dict) else None
    return set(rows) if isinstance(rows, dict) else set()


def check_test(
    name: str, test: FeatureTest | None, settings: FeatureSettings
) -> tuple[str, list[Difference]]:
    """Run a test, and return its result in one word with the features that differ."""
    if test is None:
        return "absent", []
    try:
        differences = run_test(test, settings)
    except InvalidFeatureTestError as error:
        message = f"Invalid test {name!r} in {FILE}: {error}"
        raise InvalidFeatureTestError(message) from error
    return "failed" if differences else "passed", differences


def _describe(difference: Difference) -> list[str]:
    rows = [
        ", ".join(f"{column}: {_show(row[column])}" for column in row if column != CUSTOMER)
        for row in difference.rows
    ]
    return [
        f"{difference.feature} of {difference.customer}",
        _show(difference.expected),
        _show(difference.computed),
        "\n".join(f"{{{row}}}" for row in rows) or "none",
    ]


def _show(value: object) -> str:
    if value is None:
        return "null"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
