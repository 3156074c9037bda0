"""Measures everything, one process at a time, and writes the report.

In: `--customers`, the smaller of two operators; the other has ten times as many. Out: a report and
a plot, in docs/ by default.
"""

import argparse
import shutil
from collections import defaultdict
from pathlib import Path
from statistics import median

from benchmarks.agreement import find_differences
from benchmarks.contenders import (
    AGAIN,
    OURS,
    RIVALS,
    TWELVE,
    feature_commands,
    feature_file,
    weekly_command,
)
from benchmarks.processes import Measurement, measure
from benchmarks.report import write_report
from benchmarks.sample_operator import (
    break_seals,
    configure,
    place,
    simulation_command,
    write_primary_tables,
)
from benchmarks.targets import Results

REPETITIONS = 3  # of the smaller operator; the median counts
FACTOR = 10


def main() -> None:
    """Measure both operators, check that all contenders agree, report."""
    asked = _read_arguments()
    small, large = asked.customers, asked.customers * FACTOR
    results = Results(small, large)
    for customers, repetitions in ((small, REPETITIONS), (large, 1)):
        _make_operator(customers, results, asked.keep)
        commands = feature_commands(customers)
        if customers == small:
            commands[TWELVE] = weekly_command(customers)
        results.features[customers] = _measure_all(commands, customers, repetitions)
        _refuse_differences(customers)
    write_report(results, Path(asked.out))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000, help="of the smaller operator")
    parser.add_argument("--out", default="docs", help="folder of benchmarks.md and benchmarks.svg")
    parser.add_argument("--keep", action="store_true", help="take the operators that are there")
    return parser.parse_args()


def _make_operator(customers: int, results: Results, keep: bool) -> None:
    """Make an operator, which is measured too."""
    record = place(customers) / "simulation.json"
    if not (keep and record.exists()):
        shutil.rmtree(place(customers), ignore_errors=True)
        configure(customers)
        made = measure(simulation_command(customers), place(customers) / "logs" / "simulation.log")
        made.save(record)
    configure(customers)
    results.simulation[customers] = Measurement.load(record)
    results.rows[customers] = write_primary_tables(customers)


def _measure_all(
    commands: dict[str, str], customers: int, repetitions: int
) -> dict[str, Measurement]:
    """Run the contenders in turn, so that a slow minute of the machine meets all of them."""
    runs: dict[str, list[Measurement]] = defaultdict(list)
    for repetition in range(repetitions):
        for name, command in commands.items():
            if name != AGAIN:
                break_seals(customers)
            log = (
                place(customers)
                / "logs"
                / f"{name.replace(' ', '_').replace(',', '')}_{repetition}.log"
            )
            runs[name].append(measure(command, log))
    return {
        name: Measurement(
            wall=median(run.wall for run in found),
            worked=median(run.worked for run in found),
            peak=max(run.peak for run in found),
        )
        for name, found in runs.items()
    }


def _refuse_differences(customers: int) -> None:
    for rival in RIVALS:
        found = find_differences(feature_file(customers, OURS), feature_file(customers, rival))
        if found:
            raise SystemExit(
                f"{rival} and this pipeline differ at {customers:,} customers, so their times say "
                f"nothing: {'; '.join(found)}"
            )


if __name__ == "__main__":
    main()
