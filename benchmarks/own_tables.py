"""Measures `kedro own-table` on wide, long and rare tables, against pandas and LightGBM by hand.

In: tables made first and not measured. Out: a page with time and peak memory, of each table and of
half of it.
"""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.own_tables_inputs import LEVELS, Shape, make_table
from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure
from benchmarks.project_copy import copy_project
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target

PLACE = Path("data/benchmark/own_tables")
AS_OF = "2026-09-28"
MOST_MEMORY, MOST_GROWTH = 4.0, 2.2  # GiB; time of a table against half of it
FEWER_ROWS, SMALL_COLUMNS = 50, 200  # a small trial run divides the rows, and cuts the columns
SHAPES = (
    Shape("long", rows=500_000, columns=50),
    Shape("wide", rows=10_000, columns=2_000),
    Shape("many_levels", rows=500_000, columns=10, levelled=3),
    Shape("rare", rows=500_000, columns=20, churn_rate=0.001),
)
AUC = re.compile(r"ROC AUC (\d\.\d+)")
LIBRARIES = ("kedro", "duckdb", "pandas", "lightgbm", "scikit-learn")
COMPARED = f"""\
For data scientists who ask whether a large or unusual table fits. Each table has numbers,
categories, dates with the day first and numbers with a few words among them; three columns of
numbers decide who churns. *half* has half the rows, for `wide` half the columns. The columns of
`many_levels` include three categories of {LEVELS:,} values.

*By hand* is a short script
([bare_flat_table.py](../../../benchmarks/bare_flat_table.py)): it reads the file with pandas,
cross-validates LightGBM with early stopping, fits all rows and scores them. `kedro own-table`
also finds out what each column holds, looks for leaks, fits baselines, calibrates, gives reasons
and metrics with bootstrap intervals, draws plots, writes the model card and packages the model.
Each run is a separate process, measured once, from start to end."""


@dataclass(frozen=True)
class Run:
    """A command with its measurement and the ROC AUC that it printed."""

    command: str
    measured: Measurement
    auc: str


@dataclass(frozen=True)
class Result:
    """The runs of a table, and of half of it."""

    shape: Shape
    by_hand: Run
    own_table: Run
    half: Run

    @property
    def rows(self) -> list[str]:
        """The runs of the whole table, as rows of a Markdown table."""
        size = f"{self.shape.rows:,} x {self.shape.columns:,}"
        start = f"| {self.shape.name} | {size} | {self.shape.churn_rate:.1%} |"
        by_hand = self.by_hand.measured.wall
        return [
            f"{start} {name} | {run.measured.wall:.0f} | {run.measured.wall / by_hand:.1f} x | "
            f"{run.measured.peak:,.0f} | {run.auc} |"
            for name, run in (("by hand", self.by_hand), ("`kedro own-table`", self.own_table))
        ]

    @property
    def targets(self) -> list[Target]:
        """The limits of memory and growth, with what was found."""
        whole, name = self.own_table.measured, f"`{self.shape.name}`"
        growth = whole.wall / self.half.measured.wall
        return [
            Target(f"Peak memory of {name}", MOST_MEMORY, whole.peak / 1024, " GiB"),
            Target(f"Time of {name}, against half of it", MOST_GROWTH, growth),
        ]


def main() -> None:
    """Make the tables, measure each and half of it, write the page."""
    asked = section_parser(__doc__).parse_args()
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    copy_project(PROJECT / PLACE / "project")
    results = [_measure(_shrink(shape) if asked.small else shape) for shape in SHAPES]
    head = ("table", "rows x columns:", "churned:", "", "wall s:", "against by hand:")
    lines = [row for result in results for row in result.rows]
    Page(
        section="own_tables",
        title="Wide, long and rare tables",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[tabulate((*head, "peak MiB:", "ROC AUC:"), lines)],
        targets=[target for result in results for target in result.targets],
        commands=[run.command for each in results for run in (each.by_hand, each.own_table)],
        links=("[How columns are read](../../concepts/column-reading.md)",),
    ).write(report_folder(asked))


def _shrink(shape: Shape) -> Shape:
    columns = min(shape.columns, SMALL_COLUMNS)
    return replace(shape, rows=shape.rows // FEWER_ROWS, columns=columns)


def _measure(shape: Shape) -> Result:
    name = f"{shape.name}_half"
    is_wide = shape.columns > shape.rows // 100
    half = (
        replace(shape, name=name, columns=shape.columns // 2)
        if is_wide
        else replace(shape, name=name, rows=shape.rows // 2)
    )
    by_hand = _run_by_hand(shape)
    return Result(shape, by_hand, half=_run_own_table(half), own_table=_run_own_table(shape))


def _run_by_hand(shape: Shape) -> Run:
    file = make_table(shape, PLACE)
    command = f"python -m benchmarks.bare_flat_table {file} {file.with_suffix('.parquet')}"
    log = PLACE / "logs" / f"{shape.name}_by_hand.log"
    return Run(command, measure(command, log), _read_auc(log))


def _run_own_table(shape: Shape) -> Run:
    file = make_table(shape, PLACE).absolute()
    command = "kedro own-table {} --target churned --id client --as-of " + AS_OF
    log = PROJECT / PLACE / "logs" / f"{shape.name}.log"
    found = measure(command.format(file), log, PROJECT / PLACE / "project")
    return Run(command.format(file.name), found, _read_auc(log))


def _read_auc(log: Path) -> str:
    return AUC.findall(log.read_text())[-1]


if __name__ == "__main__":
    main()
