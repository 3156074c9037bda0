"""The benchmark of more dates and more customers: its page names met and missed targets."""

from pathlib import Path

from benchmarks.processes import Measurement
from benchmarks.scale import COMPARED, INGESTION, SCORING, Results, describe


def test_the_page_names_met_and_missed_targets(tmp_path: Path) -> None:
    dates = {
        number: Measurement(wall=work + 5, worked=work, peak=900)
        for number, work in {1: 2.0, 12: 5.0, 52: 11.0}.items()
    }
    peaks = {100: (1000, 1024), 300: (1100, 4608)}
    many = {
        customers: {
            INGESTION: Measurement(wall=9, worked=8, peak=ingestion),
            SCORING: Measurement(wall=9, worked=8, peak=scoring),
        }
        for customers, (ingestion, scoring) in peaks.items()
    }

    describe(Results(10, dates, many)).write(tmp_path)

    page = (tmp_path / "scale.md").read_text()
    for target in (
        "| 12 weekly dates against one | at most 2 x | 2.5 x | **missed** |",
        "| 52 weekly dates against one | at most 6 x | 5.5 x | met |",
        "| ingestion, peak memory at 300 customers | at most 4 GiB | 1.07 GiB | met |",
        "| ingestion, peak memory at 300 customers, against 100 | at most 1.2 x | 1.1 x | met |",
        "| features, scores and commit, peak memory at 300 customers | at most 4 GiB | 4.5 GiB | "
        "**missed** |",
    ):
        assert target in page
    assert COMPARED in page
