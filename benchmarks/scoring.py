"""Measures scoring one date, from the file of features to the commit, against baselines.

In: the matrix of the training section. Out: a page with rows per second and peak memory of each
contender, all with the same model of 300 trees. Their inputs are made first.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.page import report_folder, section_parser
from benchmarks.processes import Measurement, measure, take_median
from benchmarks.sample_operator import PROJECT
from benchmarks.scoring_inputs import (
    PLACE,
    find_features,
    find_place,
    make_features,
    register_champion,
)
from benchmarks.scoring_report import (
    CONTACTED,
    FITS,
    LIMIT,
    PIPELINE,
    PYFUNC,
    REASONS,
    SHAP,
    Found,
    Setting,
    describe_scoring,
)
from benchmarks.training import CUSTOMERS, FEW, configure, make_examples

MODELS = (31, 7)  # leaves per tree: LightGBM's default, the project's
SIZES, SMALL_SIZES = (1_000_000, 10_000_000), (20_000, 100_000)
REPETITIONS = 3  # for the smaller size, whose median counts; the larger size has one run


def main() -> None:
    """Make the inputs, measure each contender in a separate process, write the page."""
    parser = section_parser(__doc__)
    parser.add_argument(
        "--examples", type=Path, help="training_examples.parquet, made if not given"
    )
    parser.add_argument("--leaves", type=int, nargs="+", default=MODELS, help="leaves per tree")
    parser.add_argument(
        "--repetitions", type=int, default=REPETITIONS, help="runs of the smaller size"
    )
    asked = parser.parse_args()
    examples = asked.examples or make_examples(FEW if asked.small else CUSTOMERS)
    sizes = SMALL_SIZES if asked.small else SIZES
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    for customers in sizes:
        configure(find_place(customers), registry=PLACE)
        make_features(examples, customers)
    found: Found = {}
    for leaves in asked.leaves:
        register_champion(examples, leaves)
        for customers in sizes:
            repetitions = asked.repetitions if customers == SIZES[0] else 1
            found[Setting(leaves, customers)] = _measure_all(customers, repetitions)
    commands = [
        command for customers in sizes for command in ("", *list_commands(customers).values())
    ]
    page = describe_scoring(found, sizes, asked.repetitions, commands[1:])
    page.write(report_folder(asked))


def list_commands(customers: int) -> dict[str, str]:
    """Return the command of each contender."""
    pipeline = f"python -m benchmarks.scoring_pipeline {find_place(customers)}/conf"
    baseline = f"python -m benchmarks.scoring_baselines {PLACE} {find_features(customers)}"
    pyfunc = {PYFUNC: f"{baseline} pyfunc"} if customers <= FITS else {}
    return {
        LIMIT: f"{baseline} booster",
        PIPELINE: f"{pipeline} 0",
        **pyfunc,
        REASONS: f"{pipeline} {round(CONTACTED * customers)}",
        SHAP: f"{baseline} shap",
    }


def _measure_all(customers: int, repetitions: int) -> dict[str, Measurement]:
    commands = list_commands(customers)
    runs: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            _clear_validation_cache(customers)
            log = PLACE / "logs" / f"{customers}_{len(runs[name])}_{command.split()[-1]}.log"
            runs[name].append(measure(command, log))
            if name in (PIPELINE, REASONS) and not any(_list_caches(customers)):
                raise SystemExit(
                    f"{command} did not check the contract of the features. See {log}."
                )
    return {name: take_median(of_it) for name, of_it in runs.items()}


def _list_caches(customers: int) -> Iterator[Path]:
    """Yield the validation caches of the file of features."""
    return find_features(customers).parent.glob(".*.kept")


def _clear_validation_cache(customers: int) -> None:
    for cache in _list_caches(customers):
        cache.unlink()


if __name__ == "__main__":
    main()
