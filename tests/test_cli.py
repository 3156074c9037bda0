"""Commands end with what they mean, and help where asked."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from kedro.framework.cli.utils import KedroCliError

from telco_churn.cli import cli
from telco_churn.commands.outcome import explain_errors
from telco_churn.errors import ExitCode, InputError
from tests.conftest import ProjectCopy


def refuse() -> None:
    raise InputError("the table has no rows. Deliver it again.")


def test_an_error_that_says_it_all_ends_with_its_message_alone() -> None:
    with pytest.raises(Exception, match="Deliver it again") as error:
        explain_errors(refuse)()
    assert type(error.value).__name__ == "ClickException"


def test_verbose_shows_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(KedroCliError, "VERBOSE_ERROR", True)
    with pytest.raises(SystemExit) as ended:
        explain_errors(refuse)()
    shown = capsys.readouterr().err
    assert ended.value.code == ExitCode.REFUSED
    assert "Traceback" in shown
    assert "in refuse" in shown
    assert shown.rstrip().endswith("the table has no rows. Deliver it again.")


def test_an_error_of_our_own_is_shown_with_its_trace_but_for_passwords(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stumble() -> None:
        raise KeyError("a mistake of ours at http://user:secret@host")

    with pytest.raises(SystemExit) as ended:
        explain_errors(stumble)()
    shown = capsys.readouterr().err
    assert ended.value.code == ExitCode.FAILED
    assert "in stumble" in shown
    assert shown.rstrip().endswith("KeyError: 'a mistake of ours at http://***@host'")


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
