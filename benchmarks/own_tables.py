"""Measures `kedro own-table` on wide, long and rare tables, against pandas and LightGBM by hand.

In: tables made first and not measured. Out: a page with time and peak memory, of each table and of
half of it.
"""

import re
import shutil
from dataclasses import replace
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
SMALL = 50  # a small trial run divides the rows by this
SHAPES = (
    Shape("long", rows=500_000, columns=50),
    Shape("wide", rows=20_000, columns=2_000),
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

*By hand* is a script of 40 lines
([bare_flat_table.py](../../../benchmarks/bare_flat_table.py)): it reads the file with pandas,
cross-validates LightGBM with early stopping, fits all rows and scores them. `kedro own-table`
also finds out what each column holds, looks for leaks, fits baselines, calibrates, gives reasons
and metrics with bootstrap intervals, draws plots, writes the model card and packages the model.
Each run is a separate process, measured once, from start to end."""


def main() -> None:
    """Make the tables, measure each and half of it, write the page."""
    asked = section_parser(__doc__).parse_args()
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    project = PROJECT / PLACE / "project"
    copy_project(project)
    lines, targets, commands = [], [], []
    for shape in (
        replace(shape, rows=shape.rows // (SMALL if asked.small else 1)) for shape in SHAPES
    ):
        half = _halve(shape)
        by_hand, auc_by_hand, command_by_hand = _measure_by_hand(shape)
        halved, *_ = _measure_own_table(half, project)
        whole, auc, command = _measure_own_table(shape, project)
        commands += [command_by_hand, command]
        size = f"{shape.rows:,} x {shape.columns:,}"
        churned = f"{shape.churn_rate:.1%}"
        for name, run, found in (
            ("by hand", by_hand, auc_by_hand),
            ("`kedro own-table`", whole, auc),
        ):
            lines.append(
                f"| {shape.name} | {size} | {churned} | {name} | {run.wall:.0f} | "
                f"{run.wall / by_hand.wall:.1f} x | {run.peak:,.0f} | {found} |"
            )
        growth = whole.wall / halved.wall
        targets.append(
            Target(f"Peak memory of `{shape.name}`", MOST_MEMORY, whole.peak / 1024, " GiB")
        )
        targets.append(Target(f"Time of `{shape.name}`, against half of it", MOST_GROWTH, growth))
    head = (
        "table",
        "rows x columns:",
        "churned:",
        "",
        "wall s:",
        "against by hand:",
        "peak MiB:",
        "ROC AUC:",
    )
    Page(
        section="own_tables",
        title="Wide, long and rare tables",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[tabulate(head, lines)],
        targets=targets,
        commands=commands,
        links=("[How columns are read](../../concepts/column-reading.md)",),
    ).write(report_folder(asked))


def _halve(shape: Shape) -> Shape:
    name = f"{shape.name}_half"
    if shape.columns > shape.rows // 20:
        return replace(shape, name=name, columns=shape.columns // 2)
    return replace(shape, name=name, rows=shape.rows // 2)


def _measure_by_hand(shape: Shape) -> tuple[Measurement, str, str]:
    file = make_table(shape, PLACE)
    command = f"python -m benchmarks.bare_flat_table {file} {file.with_suffix('.parquet')}"
    log = PLACE / "logs" / f"{shape.name}_by_hand.log"
    return measure(command, log), _read_auc(log), command


def _measure_own_table(shape: Shape, project: Path) -> tuple[Measurement, str, str]:
    file = make_table(shape, PLACE).absolute()
    command = "kedro own-table {} --target churned --id client --as-of " + AS_OF
    log = PROJECT / PLACE / "logs" / f"{shape.name}.log"
    found = measure(command.format(file), log, project)
    return found, _read_auc(log), command.format(file.name)


def _read_auc(log: Path) -> str:
    return AUC.findall(log.read_text())[-1]


if __name__ == "__main__":
    main()
