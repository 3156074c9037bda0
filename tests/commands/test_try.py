"""`kedro try` compares the working tree with a commit on the same rows, and changes neither."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from kedro_asof.errors import ExitCode, WrongCallError
from telco_churn.commands.try_change import ChangeCannotRunError
from telco_churn.commands.try_change.choose_base import choose_base
from telco_churn.commands.try_change.compare_sides import Comparison, compare_sides, judge
from telco_churn.commands.try_change.run_sides import Side, Sides
from telco_churn.metrics.metric_table import METRICS
from tests.conftest import ProjectCopy, read_parameters
from tests.kedro_asof.fixtures import git

FEATURES = "conf/base/parameters/features.yml"
PARAMETERS = {name: read_parameters(name) for name in ("decision", "evaluation", "summary")}
ROWS = 2000


def try_change(project: ProjectCopy, *arguments: str) -> Result:
    bootstrap_project(project.path)
    from telco_churn.commands.try_change import try_change as command  # noqa: PLC0415

    return CliRunner().invoke(command, arguments)


def make_side(folder: Path, name: str, **changes: pd.Series) -> Side:
    """Write the tables of a side: a model that is better than chance, and three features."""
    random, to = np.random.default_rng(1), folder / name
    risk = random.uniform(0, 0.4, ROWS)
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{number:04}" for number in range(ROWS)],
            "as_of": pd.Timestamp("2026-09-28").date(),
            "churned": random.uniform(size=ROWS) < risk,
        }
    )
    features = pd.DataFrame({"calls": random.uniform(size=ROWS), "plan": "S"})
    features.loc[:9, "calls"] = np.nan
    noisy = pd.Series(np.clip(risk + random.normal(0, 0.1, ROWS), 0, 1))
    probability = changes.pop("churn_probability", noisy)
    to.mkdir()
    rows.assign(churn_probability=probability).to_parquet(to / "held_out_predictions.parquet")
    rows.join(features).assign(**changes).to_parquet(to / "labeled_features.parquet")
    contacts = rows.head(3).assign(expected_value=[3.0, 2.0, 1.0])
    contacts.to_parquet(to / "contact_list.parquet")
    return Side(name, to, parameters=PARAMETERS)


def compare(before: Side, after: Side) -> Comparison:
    return compare_sides(Sides("Base: x.", before, after))


def find(found: Comparison, title: str) -> dict[str, list[str]]:
    (rows,) = [rows for name, _, rows in found.tables if name.startswith(title)]
    return {name: cells for name, *cells in rows}


def test_equal_sides_are_equal(tmp_path: Path) -> None:
    found = compare(make_side(tmp_path, "before"), make_side(tmp_path, "after"))
    assert {cells[-1] for cells in find(found, "Metrics").values()} == {"equal"}
    assert {"Features are equal.", "Parameters are equal."} <= set(found.notes)


def test_features_are_compared_value_by_value(tmp_path: Path) -> None:
    before = make_side(tmp_path, "before", old=pd.Series(1.0, range(ROWS)))
    calls = pd.read_parquet(before.folder / "labeled_features.parquet")["calls"]
    plan = pd.Series("S", range(ROWS)).mask(pd.Series(range(ROWS)) < 100, "M")
    after = make_side(
        tmp_path, "after", calls=(calls * (1 + 1e-12)).fillna(0), plan=plan, new=calls
    )
    assert find(compare(before, after), "Features") == {
        "old": ["removed"],
        "new": ["added"],
        "calls": ["0.5% of the rows differ"],
        "plan": ["5.0% of the rows differ"],
    }


def test_a_difference_is_judged_by_its_paired_interval(tmp_path: Path) -> None:
    before = make_side(tmp_path, "before")
    held_out = pd.read_parquet(before.folder / "held_out_predictions.parquet")
    random = np.random.default_rng(5)
    shaken = (held_out["churn_probability"] + random.normal(0, 1e-3, ROWS)).clip(0, 1)
    known = (held_out["churn_probability"] + 0.2 * held_out["churned"]).clip(0, 1)
    verdicts = {
        name: find(compare(before, make_side(tmp_path, name, churn_probability=each)), "Metrics")
        for name, each in {"shaken": shaken, "known": known}.items()
    }
    assert verdicts["shaken"]["ROC AUC"][-1] == "within noise"
    for metric in ("ROC AUC", "Average precision", "Brier score"):
        assert verdicts["known"][metric][-1] == "better", metric
    assert verdicts["known"]["ROC AUC"][2].startswith("+0.")


def test_features_that_cannot_be_compared_are_never_equal(tmp_path: Path) -> None:
    before, after = make_side(tmp_path, "before"), make_side(tmp_path, "after")
    file = after.folder / "labeled_features.parquet"
    pd.read_parquet(file).assign(customer_id="other").head(1).to_parquet(file)
    without_shared = compare(before, after).notes
    file.unlink()
    for notes in (without_shared, compare(before, after).notes):
        assert any(note.startswith("Features were not compared: ") for note in notes)
        assert "Features are equal." not in notes


def test_runs_that_ended_after_training_are_noted(tmp_path: Path) -> None:
    sides = [
        replace(make_side(tmp_path, name), code=65, message="Refused.")
        for name in ("before", "after")
    ]
    assert {f"The run of {side.name} ended early: Refused." for side in sides} <= set(
        compare(*sides).notes
    )
    error = ChangeCannotRunError(sides[1])
    assert (str(error), error.exit_code) == ("The working tree ended early: Refused.", 65)


@pytest.mark.parametrize(
    ("env", "code", "expected"),
    [
        ("local", ExitCode.WRONG_CALL, "Invalid environment 'local'"),
        ("base", ExitCode.WRONG_CALL, "Invalid environment 'base'"),
        ("production", ExitCode.INVALID_INPUT, "expected raw tables in data/production/01_raw"),
    ],
)
def test_an_unfit_environment_is_refused(
    env: str, code: ExitCode, expected: str, new_project: ProjectCopy
) -> None:
    git(new_project.path, "init")
    git(new_project.path, "commit", "--allow-empty", "-m", "first")
    result = try_change(new_project, "--env", env)
    assert result.exit_code == code, result.output
    assert expected in result.output.replace("\n", " ")


@pytest.mark.parametrize(
    ("metric", "low", "high", "expected"),
    [
        ("roc_auc", 0.01, 0.02, "better"),
        ("roc_auc", -0.02, -0.01, "worse"),
        ("log_loss", -0.02, -0.01, "better"),
        ("log_loss", 0.0, 0.01, "within noise"),
        ("roc_auc", float("nan"), float("nan"), "unknown"),
    ],
)
def test_a_verdict_knows_which_direction_is_better(
    metric: str, low: float, high: float, expected: str
) -> None:
    assert judge(METRICS[metric], low, high) == expected


def test_rows_of_another_outcome_are_left_out(tmp_path: Path) -> None:
    before, after = make_side(tmp_path, "before"), make_side(tmp_path, "after")
    file = after.folder / "held_out_predictions.parquet"
    rows = pd.read_parquet(file)
    rows.loc[:99, "churned"] = ~rows.loc[:99, "churned"]
    rows.to_parquet(file)
    assert any("compared on 1,900 held-out rows" in note for note in compare(before, after).notes)


def test_a_base_without_results_leaves_the_figures_of_the_working_tree(tmp_path: Path) -> None:
    nothing = Side("before", tmp_path / "nothing", code=2, message="No such parameter.")
    found = compare(nothing, make_side(tmp_path, "after"))
    assert set(find(found, "Metrics of the working tree")) == {
        metric.title for metric in METRICS.values()
    }
    assert find(found, "Campaign")["Customers to contact"] == ["-", "3"]
    assert "The base cannot run: No such parameter." in found.write_markdown()


def test_the_base_is_the_commit_that_the_working_tree_differs_from(repository: Path) -> None:
    git(repository, "commit", "--allow-empty", "-m", "second")
    assert choose_base(repository, None).name.endswith(" first")
    (repository / "new").touch()
    assert choose_base(repository, None).name.endswith(" first")
    (repository / "src").mkdir()
    (repository / "src" / "new").touch()
    assert choose_base(repository, None).name.endswith(" second")
    assert choose_base(repository, "HEAD~1").name.endswith(" first")


@pytest.mark.parametrize(
    ("ref", "expected"),
    [(None, "HEAD~1"), ("nonsense", "name a commit, branch or tag"), ("HEAD..HEAD", "name a")],
)
def test_an_unknown_commit_is_refused(ref: str | None, expected: str, repository: Path) -> None:
    with pytest.raises(WrongCallError, match=expected):
        choose_base(repository, ref)


def hide_git(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("PATH", "/nonexistent")


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [(hide_git, "Missing command git"), (lambda _: None, "not a git repository")],
)
def test_without_git_it_ends_with_one_line(
    prepare: Callable[[pytest.MonkeyPatch], None],
    expected: str,
    project: ProjectCopy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare(monkeypatch)
    result = try_change(project)
    assert result.exit_code == ExitCode.WRONG_CALL
    assert expected in result.output


def commit(project: ProjectCopy, subject: str) -> None:
    git(project.path, "add", "--all")
    git(project.path, "commit", "-m", subject)


@pytest.fixture
def history(project: ProjectCopy) -> ProjectCopy:
    """A project with two commits, of which the first cannot run."""
    (project.path / ".gitignore").write_text("/data/\n/mlruns/\nmlflow.db\n/conf/local/\n")
    git(project.path, "init")
    project.edit(FEATURES, "windows: [90, 365]", "window: [90, 365]")
    commit(project, "broken")
    project.edit(FEATURES, "window: [90, 365]", "windows: [90, 365]")
    commit(project, "good")
    return project


@pytest.mark.slow
def test_a_change_of_the_working_tree_is_measured_and_nothing_else_changes(
    history: ProjectCopy,
) -> None:
    before, registry = history.snapshot(), (history.path / "mlflow.db").read_bytes()
    history.edit(FEATURES, "windows: [90, 365]", "windows: [60, 365]")
    result = try_change(history, "--markdown", "change.md")
    assert result.exit_code == 0, result.output
    assert "good (HEAD, because the working tree differs from it)" in result.output
    assert "Running the base." in result.output
    page = (history.path / "change.md").read_text()
    for line in (
        "| features.windows.invoices.windows | [90, 365] | [60, 365] |",
        "| invoices_amount_mean_90d | removed |",
        "| invoices_amount_max_60d | added |",
    ):
        assert line in page
    assert "| ROC AUC | 0." in page
    assert history.snapshot() == before
    assert (history.path / "mlflow.db").read_bytes() == registry
    assert not [*(history.path / "data").glob(".try.partial-*")]


@pytest.mark.slow
def test_a_base_that_cannot_run_and_a_change_that_cannot(history: ProjectCopy) -> None:
    result = try_change(history, "--markdown", "change.md")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "broken (the commit before, because the working tree is that of HEAD)" in result.output
    assert re.search("cannot run: .*'features.windows.invoices.window'", result.output)
    assert "| ROC AUC | 0." in (history.path / "change.md").read_text()
    split = "conf/base/parameters/training.yml"
    history.edit(split, "test_snapshots: 2", "test_snapshots: 200")
    result = try_change(history, "--base", "HEAD~1")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "The working tree cannot run: " in result.output
    history.edit(split, "test_snapshots: 200", "test_snapshots: few")
    result = try_change(history, "--base", "HEAD~1")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert "Invalid value 'few' for training.split.test_snapshots" in result.output
