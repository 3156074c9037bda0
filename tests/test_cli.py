"""Commands end with the right exit code and message."""

import subprocess
import sys

import pytest
import sqlalchemy
from click.testing import CliRunner
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from kedro_asof.errors import ExitCode, InputError, NotReadyError
from kedro_asof.exit_codes import RunError, adapt_advice, keep_env
from telco_churn.cli import cli
from telco_churn.commands.exit_codes import explain_errors
from tests.conftest import PROJECT, ProjectCopy


def refuse() -> None:
    raise InputError("the table has no rows. Deliver it again.")


def test_an_error_that_says_it_all_ends_with_its_message_alone() -> None:
    with pytest.raises(Exception, match="Deliver it again") as error:
        explain_errors(refuse)()
    assert isinstance(error.value, RunError)


def test_verbose_shows_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(KedroCliError, "VERBOSE_ERROR", True)
    with pytest.raises(RunError) as ended:
        explain_errors(refuse)()
    shown = capsys.readouterr().err
    assert ended.value.exit_code == ExitCode.INVALID_INPUT
    assert "Traceback" in shown
    assert "in refuse" in shown
    assert ended.value.message == "the table has no rows. Deliver it again."


def test_an_unexpected_error_is_one_line_that_names_its_place_and_masks_passwords(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stumble() -> None:
        raise KeyError("a mistake of ours at http://user:secret@host")

    with pytest.raises(RunError) as ended:
        explain_errors(stumble)()
    assert ended.value.exit_code == ExitCode.FAILED
    assert ended.value.message.startswith("Unexpected KeyError in ")
    assert "http://***@host" in ended.value.message
    assert "--verbose" in ended.value.message
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        (None, "`kedro run --pipelines training` or `kedro scores history`"),
        (
            "test",
            "`kedro run --env test --pipelines training` or `kedro scores history --env test`",
        ),
    ],
)
def test_advice_keeps_the_environment(env: str | None, shown: str) -> None:
    assert keep_env("`kedro run --pipelines training` or `kedro scores history`", env) == shown


def test_advice_never_names_a_pipeline_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(PROJECT)
    bootstrap_project(PROJECT)
    assert adapt_advice("Run `kedro run --pipelines gone` first.", None) == "Run `kedro run` first."


def test_run_keeps_the_help_of_kedro() -> None:
    result = CliRunner().invoke(cli, ["run", "--help"])
    assert result.exit_code == 0
    assert "--pipelines" in result.output


@pytest.mark.slow
def test_the_installed_package_runs_from_a_folder_with_conf(project: ProjectCopy) -> None:
    arguments = ["--env", "test", "--pipelines", "scoring", "--params", "as_of=2026-08-31"]
    done = subprocess.run(
        [sys.executable, "-m", "telco_churn", *arguments],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_bug_in_a_handler_has_no_exit_code_of_what_it_handled() -> None:
    def stumble() -> None:
        try:
            raise NotReadyError("later")
        except NotReadyError:
            raise KeyError("a mistake of ours")  # noqa: B904

    with pytest.raises(RunError) as ended:
        explain_errors(stumble)()
    assert ended.value.exit_code == ExitCode.FAILED
    assert "a mistake of ours" in ended.value.message


def test_a_table_of_a_database_that_is_down_is_not_taken_for_the_registry() -> None:
    def read() -> None:
        try:
            raise sqlalchemy.exc.OperationalError("select", {}, Exception("no such column: x"))
        except sqlalchemy.exc.OperationalError as error:
            raise DatasetError("Failed while loading data from dataset SQL. no column x") from error

    with pytest.raises(Exception, match="no column x") as shown:
        explain_errors(read)()
    assert "registry" not in str(shown.value)
