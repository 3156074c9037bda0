"""What the pages of the benchmarks say, and which are written."""

from pathlib import Path

import pytest

from benchmarks.page import Page, tabulate
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
    assert said.startswith("# Training\n\nWritten by `make bench SECTIONS=training`")
    assert all(
        part in said for part in ("This and that.", "cores", "kedro 1", target.row, "python x")
    )


def test_columns_of_numbers_are_aligned_right() -> None:
    assert tabulate(("", "wall s:"), ["| we | 1 |"]) == "|  | wall s |\n|---|--:|\n| we | 1 |"
