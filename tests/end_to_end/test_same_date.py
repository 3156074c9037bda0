"""Running a date again gives the same scores and leaves other dates unchanged."""

import json
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy

DIFFERS_BY_RUN = ["run_id", "scored_at", "model_version"]


def scores_of(project: ProjectCopy) -> Path:
    return project.data / "07_model_output" / "churn_scores"


def read_scores(project: ProjectCopy, day: str) -> pd.DataFrame:
    scores = DeltaTable(scores_of(project)).to_pandas()
    of_day = scores[scores["as_of"].astype(str) == day].drop(columns=DIFFERS_BY_RUN)
    return of_day.sort_values("customer_id").reset_index(drop=True)


def read_features(project: ProjectCopy, day: str) -> pd.DataFrame:
    folder = project.data / "04_feature" / "customer_features" / f"as_of={day}"
    return pd.read_parquet(folder / "features.parquet").sort_values(
        "customer_id", ignore_index=True
    )


@pytest.mark.slow
def test_each_pipeline_alone_gives_the_features_and_scores_of_all_together(
    project: ProjectCopy,
) -> None:
    features = read_features(project, "2026-09-28")
    scores = read_scores(project, "2026-09-28")
    for name in ("simulation", "ingestion", "features", "training", "scoring"):
        result = project.run("--pipelines", name, "--params", "scoring.rescore=true")
        assert result.exit_code == 0, result.output
    pd.testing.assert_frame_equal(read_features(project, "2026-09-28"), features)
    pd.testing.assert_frame_equal(read_scores(project, "2026-09-28"), scores)


def test_scoring_alone_adds_its_date_and_leaves_the_others(project: ProjectCopy) -> None:
    before = read_scores(project, "2026-09-28")
    result = project.run("--pipelines", "scoring", "--params", "as_of=2026-08-31")
    assert result.exit_code == ExitCode.DONE, result.output
    pd.testing.assert_frame_equal(read_scores(project, "2026-09-28"), before)
    added = read_scores(project, "2026-08-31")
    assert len(added) > 600
    assert added["customer_id"].is_unique
    summary = (project.data / "08_reporting" / "run_summary.txt").read_text()
    assert "customers scored as of 2026-08-31" in summary
    assert "trained on days after 2026-08-31" in summary


@pytest.mark.slow
def test_a_date_that_is_scored_is_scored_again_only_when_asked_to(project: ProjectCopy) -> None:
    before, table = read_scores(project, "2026-09-28"), DeltaTable(scores_of(project))
    result = project.run("--pipelines", "scoring")
    assert result.exit_code == ExitCode.NOTHING_TO_DO, result.output
    assert "as_of=2026-09-28 was scored by telco_churn_test version 1" in result.output
    assert DeltaTable(scores_of(project)).version() == table.version()
    again = project.run("--pipelines", "scoring", "--params", "scoring.rescore=true")
    assert again.exit_code == ExitCode.DONE, again.output
    assert DeltaTable(scores_of(project)).version() == table.version() + 1
    pd.testing.assert_frame_equal(read_scores(project, "2026-09-28"), before)


@pytest.mark.slow
def test_a_look_back_does_not_replace_the_champion(project: ProjectCopy) -> None:
    result = project.run("--pipelines", "training", "--params", "as_of=2026-08-31")
    assert result.exit_code == 0, result.output
    promotion = (project.data / "06_models" / "promotion.json").read_text()
    assert "The candidate was trained as of 2026-08-31, before champion version 1" in promotion


@pytest.mark.slow
def test_a_champion_whose_features_are_no_longer_made_stays_until_a_person_decides(
    project: ProjectCopy,
) -> None:
    project.edit("conf/base/parameters/features.yml", "windows: [90, 365]", "windows: [60, 365]")
    result = project.run("--pipelines", "training")
    assert result.exit_code == 0, result.output
    promotion = json.loads((project.data / "06_models" / "promotion.json").read_text())
    assert promotion["status"] == "challenger"
    assert "invoices_amount_max_90d" in promotion["reasons"][0]
    result = project.run("--pipelines", "scoring")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "kedro run --env test --pipelines promote --params version=N" in result.output
    for arguments in (["promote", "--params", "version=2"], ["scoring"]):
        result = project.run("--pipelines", *arguments)
        assert result.exit_code == 0, result.output
    assert "telco_churn_test version 2" in result.output


@pytest.mark.slow
def test_a_model_that_is_not_better_does_not_replace_the_champion(project: ProjectCopy) -> None:
    worse = "lightgbm.max_trees=1"
    result = project.run("--pipelines", "training", "--params", worse)
    assert result.exit_code == 0, result.output
    promotion = (project.data / "06_models" / "promotion.json").read_text()
    assert json.loads(promotion)["status"] in {"challenger", "rejected"}
    assert "champion version 1" in promotion
    result = project.run("--pipelines", "scoring", "--params", "scoring.rescore=true")
    assert result.exit_code == 0, result.output
    assert "version 1," in (project.data / "08_reporting" / "run_summary.txt").read_text()
