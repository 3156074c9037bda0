"""Measures ingestion and scoring: the first load, and a new week after it.

In: two sample operators, one ten times as large, each with a long and a short history. Out: a page
and a plot, if the project and handwritten SQL agree on the number of rows of every table and rule.
"""

from collections import defaultdict

from benchmarks.page import report_folder, section_parser
from benchmarks.processes import Measurement, measure, take_median
from benchmarks.sample_operator import PROJECT
from benchmarks.scoring_inputs import register_champion
from benchmarks.training import make_examples
from benchmarks.weekly_agreement import find_differences
from benchmarks.weekly_inputs import (
    LEAVES,
    LONG,
    PLACE,
    SHORT,
    Operator,
    count_usage,
    deliver_week,
    make_history,
    simulate,
)
from benchmarks.weekly_report import list_commands, write_report
from benchmarks.weekly_targets import (
    BASELINE,
    BASELINE_ALL,
    FIRST,
    FIRST_SCORES,
    WEEKLY,
    WEEKLY_SCORES,
    Results,
)

REPETITIONS = 3  # for the smaller operator; the median counts
CUSTOMERS, FEW = 100_000, 2_000
FACTOR = 10


def main() -> None:
    """Measure both operators, check that the contenders agree, and write the report."""
    parser = section_parser(__doc__)
    parser.add_argument("--keep", action="store_true", help="reuse simulated operators")
    asked = parser.parse_args()
    small = FEW if asked.small else CUSTOMERS
    results = Results(small, small * FACTOR)
    register_champion(make_examples(FEW), LEAVES, PLACE)
    for customers, repetitions in ((small, REPETITIONS), (results.large, 1)):
        simulate(customers, asked.keep)
        _measure_operators(customers, repetitions, results)
    write_report(results, report_folder(asked))


def _measure_operators(customers: int, repetitions: int, results: Results) -> None:
    """Measure both histories in turn, so that a slow minute of the machine affects both."""
    operators = [Operator(customers, weeks) for weeks in (LONG, SHORT)]
    runs: dict[Operator, list[dict[str, Measurement]]] = defaultdict(list)
    for repetition in range(repetitions):
        for operator in operators:
            runs[operator].append(_measure(operator, repetition))
            results.rows[operator] = count_usage(operator)
    for operator, measured in runs.items():
        results.runs[operator] = {
            name: take_median([each[name] for each in measured]) for name in measured[0]
        }


def _measure(operator: Operator, repetition: int) -> dict[str, Measurement]:
    """Ingest and score the history, then the new week; compare each ingestion with the SQL."""
    make_history(operator)
    found = _run(operator, BASELINE, repetition) | _run(operator, FIRST, repetition)
    _refuse_differences(operator, FIRST)
    found |= _run(operator, FIRST_SCORES, repetition)
    deliver_week(operator)
    found |= _run(operator, WEEKLY, repetition) | _run(operator, BASELINE_ALL, repetition)
    _refuse_differences(operator, WEEKLY)
    return found | _run(operator, WEEKLY_SCORES, repetition)


def _run(operator: Operator, contender: str, repetition: int) -> dict[str, Measurement]:
    name = contender.replace(" ", "_").replace(",", "")
    log = operator.place.parent / "logs" / f"{operator.weeks}_{name}_{repetition}.log"
    return {contender: measure(list_commands(operator)[contender], log)}


def _refuse_differences(operator: Operator, run: str) -> None:
    if found := find_differences(PROJECT / operator.place, PROJECT / operator.by_hand):
        raise SystemExit(
            f"DuckDB SQL and this pipeline disagree on {operator.customers:,} customers after the "
            f"{run}: {'; '.join(found)}. Fix them before you compare times."
        )


if __name__ == "__main__":
    main()
