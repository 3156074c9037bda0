"""Measures LightGBM beside processes that keep all cores busy, against a quiet machine.

In: nothing. Out: a page with the time of a fit and of single rows, with and without this project.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import measure
from benchmarks.targets import Target

PLACE = Path("data/benchmark/busy")
ROWS, FEW = 100_000, 20_000
REPETITIONS = 3
OURS, DEFAULT = "after `import telco_churn`", "LightGBM alone"
QUIET, BUSY = "quiet", "busy"
SINGLE = re.compile(r"One row in ([\d.]+) ms")
LIMIT = 2.5
COMPARED = f"""\
For data scientists and operators who train or score beside other work on the same cores.
LightGBM's threads wait actively for each other by default: a thread that waits keeps its core
from the thread that it waits for.
`import telco_churn` sets `OMP_WAIT_POLICY=passive` before
LightGBM is imported, in runs, in their workers and in the packaged model.

[busy_lightgbm.py](../../../benchmarks/busy_lightgbm.py) fits LightGBM with two threads, then
scores single rows. Each run is a separate process. *Busy* is beside one endless loop per core,
*quiet* without. All four kinds of runs are taken in turn, and the median of {REPETITIONS} runs
counts. Beside as many loops as cores, a fair share of the cores alone makes the work take
2 x the quiet time."""

Times = dict[str, list[tuple[float, float]]]  # seconds of a fit, milliseconds of a row


def main() -> None:
    """Measure all runs in turn, write the page."""
    asked = section_parser(__doc__).parse_args()
    rows = FEW if asked.small else ROWS
    script = f"python -m benchmarks.busy_lightgbm {rows}"
    commands = {OURS: f"{script} telco_churn", DEFAULT: script}
    os.environ.pop("OMP_WAIT_POLICY", None)  # a value from outside would apply to both
    found: dict[str, Times] = {name: {QUIET: [], BUSY: []} for name in commands}
    for _ in range(1 if asked.small else REPETITIONS):
        for name, command in commands.items():
            for state in (QUIET, BUSY):
                with occupy_cores() if state == BUSY else ExitStack():
                    found[name][state].append(_time(command))
    _describe(rows, found, list(commands.values())).write(report_folder(asked))


@contextmanager
def occupy_cores() -> Iterator[None]:
    """Run one endless loop per core, in processes of their own."""
    loop = [sys.executable, "-S", "-c", "while True: pass"]
    with ExitStack() as loops:
        for _ in range(os.cpu_count() or 1):
            process = loops.enter_context(subprocess.Popen(loop))
            loops.callback(process.kill)
        yield


def _time(command: str) -> tuple[float, float]:
    log = PLACE / "fit.log"
    fit = measure(command, log).worked
    return fit, float(SINGLE.findall(log.read_text())[-1])


def _describe(rows: int, found: dict[str, Times], commands: list[str]) -> Page:
    medians = {
        name: {state: [median(column) for column in zip(*runs, strict=True)]
               for state, runs in times.items()}
        for name, times in found.items()
    }  # fmt: skip
    lines, targets = [], []
    for number, (work, unit) in enumerate((("fit", "s"), ("one row", "ms"))):
        for name, times in medians.items():
            quiet, busy = times[QUIET][number], times[BUSY][number]
            cells = f"{quiet:.3g} {unit} | {busy:.3g} {unit} | {busy / quiet:.1f} x"
            lines.append(f"| {work}, {name} | {cells} |")
            if name == OURS:
                claim = f"{work.capitalize()} beside busy cores, against a quiet machine"
                targets.append(Target(claim, LIMIT, busy / quiet))
    return Page(
        section="busy",
        title="Busy machine",
        compared=COMPARED,
        libraries=("lightgbm", "numpy"),
        tables=[tabulate((f"{rows:,} rows", "quiet:", "busy:", "busy, against quiet:"), lines)],
        targets=targets,
        commands=commands,
        links=("[Training](training.md)",),
    )


if __name__ == "__main__":
    main()
