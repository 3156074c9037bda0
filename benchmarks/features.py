"""Measures the features of one date: this project and three handwritten baselines.

In: two sample operators, one ten times as large. Out: a page and a plot, if all contenders agree.
"""

import shutil
from collections import defaultdict

from benchmarks.agreement import find_differences
from benchmarks.features_contenders import (
    BASELINES,
    OURS,
    WITH_TILES,
    feature_commands,
    feature_file,
    week_before_command,
)
from benchmarks.features_report import write_report
from benchmarks.features_targets import Results
from benchmarks.page import report_folder, section_parser
from benchmarks.processes import Measurement, measure, take_median
from benchmarks.sample_operator import (
    PROJECT,
    configure,
    ingestion_command,
    place,
    simulation_command,
    write_plain_tables,
)

REPETITIONS = 3  # for the smaller operator; the median counts
CUSTOMERS, FEW = 100_000, 2_000
FACTOR = 10


def main() -> None:
    """Measure both operators, check that all contenders agree, and write the report."""
    parser = section_parser(__doc__)
    parser.add_argument("--keep", action="store_true", help="reuse existing operators")
    asked = parser.parse_args()
    small = FEW if asked.small else CUSTOMERS
    large = small * FACTOR
    results = Results(small, large)
    for customers, repetitions in ((small, REPETITIONS), (large, 1)):
        _make_operator(customers, results, asked.keep)
        commands = feature_commands(customers)
        results.features[customers] = _measure_all(commands, customers, repetitions)
        _refuse_differences(customers)
    write_report(results, report_folder(asked))


def _make_operator(customers: int, results: Results, keep: bool) -> None:
    """Make an operator and record how long it took."""
    record = place(customers) / "simulation.json"
    if not (keep and record.exists()):
        shutil.rmtree(place(customers), ignore_errors=True)
        configure(customers)
        made = measure(simulation_command(customers), place(customers) / "logs" / "simulation.log")
        made.save(record)
    configure(customers)
    results.simulation[customers] = Measurement.load(record)
    measure(ingestion_command(customers), place(customers) / "logs" / "ingestion.log")
    results.rows[customers] = write_plain_tables(customers)


def _measure_all(
    commands: dict[str, str], customers: int, repetitions: int
) -> dict[str, Measurement]:
    """Run the contenders in turn, so that a slow minute of the machine affects all of them."""
    tiles = PROJECT / place(customers) / "04_feature" / "usage_tiles"
    before = tiles.with_name("usage_tiles_before")
    shutil.rmtree(tiles, ignore_errors=True)
    measure(week_before_command(customers), place(customers) / "logs" / "week_before.log")
    shutil.rmtree(before, ignore_errors=True)
    tiles.rename(before)
    runs: dict[str, list[Measurement]] = defaultdict(list)
    for repetition in range(repetitions):
        for name, command in commands.items():
            shutil.rmtree(tiles, ignore_errors=True)
            if name in WITH_TILES:
                shutil.copytree(before, tiles)
            log = (
                place(customers)
                / "logs"
                / f"{name.replace(' ', '_').replace(',', '')}_{repetition}.log"
            )
            runs[name].append(measure(command, log))
    return {name: take_median(of_it) for name, of_it in runs.items()}


def _refuse_differences(customers: int) -> None:
    for baseline in BASELINES:
        found = find_differences(feature_file(customers, OURS), feature_file(customers, baseline))
        if found:
            raise SystemExit(
                f"{baseline} and this pipeline disagree on features of {customers:,} customers: "
                f"{'; '.join(found)}. Fix them before you compare times."
            )


if __name__ == "__main__":
    main()
