"""Pages of the benchmarks: their content, and which of them a section writes."""

import importlib
import re
from pathlib import Path

import pytest

from benchmarks import features_report
from benchmarks.features_targets import Results
from benchmarks.page import DOCS, Page, tabulate
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target


@pytest.mark.parametrize(
    ("target", "row"),
    [
        (Target("work", 1.5, 1.57), "| work | at most 1.5 x | 1.57 x | **missed** |"),
        (Target("work", 1.5, 1.5), "| work | at most 1.5 x | 1.5 x | met |"),
        (Target("rate", 5, 4.9, at_least=True), "| rate | at least 5 x | 4.9 x | **missed** |"),
        (Target("rate", 5, 20.4, at_least=True), "| rate | at least 5 x | 20.4 x | met |"),
        (Target("peak", 2, 0.75, " GiB"), "| peak | at most 2 GiB | 0.75 GiB | met |"),
    ],
)
def test_a_target_says_whether_it_is_met(target: Target, row: str) -> None:
    assert target.row == row


def test_a_section_writes_its_page_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "reasons.md").write_text("as it was")
    target = Target("work", 1.5, 1.57)

    Page(
        "training", "Training", "This and that.", ("kedro",), ["| a |"], ["python x"], [target]
    ).write(tmp_path)

    assert (tmp_path / "reasons.md").read_text() == "as it was"
    said = (tmp_path / "training.md").read_text()
    assert said.startswith(
        "# Training\n\n<!-- Written by `make bench SECTIONS=training`. Do not edit. -->"
    )
    assert all(
        part in said for part in ("This and that.", "cores", "kedro 1", target.row, "python x")
    )


@pytest.mark.parametrize(
    ("section", "module"),
    [
        ("training", "training"),
        ("reasons", "reasons"),
        ("scoring", "scoring_report"),
        ("overhead", "overhead"),
        ("tracking", "tracking"),
        ("busy", "busy"),
        ("install", "install"),
        ("own_tables", "own_tables"),
        ("weekly", "weekly_report"),
        ("scale", "scale"),
    ],
)
def test_a_kept_page_has_the_words_of_its_section(section: str, module: str) -> None:
    pytest.importorskip("shap")
    compared = importlib.import_module(f"benchmarks.{module}").COMPARED

    kept = (PROJECT / DOCS / f"{section}.md").read_text()

    assert compared in kept


def test_the_kept_page_of_features_has_the_words_of_its_section() -> None:
    kept = (PROJECT / DOCS / "features.md").read_text()
    rows = dict(re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| this pipeline \|", kept, re.MULTILINE))
    usage = {_read_count(customers): _read_count(count) for customers, count in rows.items()}

    assert len(usage) == 2
    assert features_report._introduce(Results(*usage, rows=usage)) in kept
    assert features_report.REMARK in kept


def _read_count(text: str) -> int:
    return int(text.replace(",", ""))


def test_columns_of_numbers_are_aligned_right() -> None:
    assert tabulate(("", "wall s:"), ["| we | 1 |"]) == "|  | wall s |\n|---|--:|\n| we | 1 |"
