"""Describes the scoring benchmark.

In: the measurements of each contender. Out: a page with targets.
"""

from dataclasses import dataclass

from benchmarks.page import Page, tabulate
from benchmarks.processes import Measurement
from benchmarks.scoring_inputs import TREES
from benchmarks.targets import Target

CONTACTED = 0.05
LIMIT, PIPELINE, REASONS = "`booster.predict`", "this pipeline", "this pipeline, reasons for 5 %"
PYFUNC, SHAP = "`mlflow.pyfunc`, one frame", "`booster.predict`, shap for 5 %"
FITS = 4_000_000  # rows that a pandas frame can hold here: a million take 2.5 GiB
SHAPED = 20_000  # rows that shap is measured on: all would take an hour
GIB = 1024  # MiB
LIBRARIES = ("kedro", "mlflow", "lightgbm", "duckdb", "deltalake", "pyarrow", "pandas", "shap")
COMPARED = f"""\
For operators and data scientists who ask how fast scoring is and how much memory it needs.
Customers are scored for one date by a model of {TREES} trees. The number of leaves per tree is in
the table: 31 is LightGBM's default, 7 the project's.

- *`booster.predict`* predicts from the same matrix, which is already in memory. Nothing can be
  faster.
- *This pipeline* runs its nodes with Kedro's runner, from the file of features to the Delta
  commit, without contacts. Each run checks the contract of the features again. The model is loaded
  before the clock starts, as for the others; the [overhead](overhead.md) page measures the start
  of a run. The fingerprint of the sources is left out, because the benchmark starts from the
  features.
- *`mlflow.pyfunc`* reads the file into one pandas frame, predicts with the packaged model without
  reasons, and writes a file. It is left out above {FITS:,} rows, because the frame does not fit
  into the memory of the machine.
- *Reasons for 5 %* adds three reasons in words for the 5 % of customers who are contacted.
- *shap for 5 %* adds SHAP values, without words, for as many customers, computed by
  `shap.TreeExplainer`. Its time is measured on {SHAPED:,} rows and scaled up.

Each run is a separate process. *Work* excludes start, imports and configuration."""


@dataclass(frozen=True)
class Setting:
    """A model and a number of customers that are measured together."""

    leaves: int
    customers: int


Found = dict[Setting, dict[str, Measurement]]


def describe_scoring(
    found: Found, sizes: tuple[int, ...], repetitions: int, commands: list[str]
) -> Page:
    """Write the page of the scoring benchmark.

    Args:
        found: Measurement of each contender, by model and number of customers.
        sizes: Numbers of customers, smallest first.
        repetitions: Number of runs of the smallest size.
        commands: Commands that were run, as typed.
    """
    rows = [
        f"| {at.leaves} | {at.customers:,} | {name} | {run.worked:.1f} | "
        f"{at.customers / run.worked:,.0f} | {measured[LIMIT].worked / run.worked:.2f} | "
        f"{run.peak:,.0f} |"
        for at, measured in found.items()
        for name, run in measured.items()
    ]
    names = (
        "leaves:",
        "customers:",
        "",
        "work s:",
        "rows/s:",
        f"share of {LIMIT}'s rate:",
        "peak MiB:",
    )
    return Page(
        section="scoring",
        title="Scoring",
        compared=f"{COMPARED} At\n{sizes[0]:,} customers, the median of {repetitions} runs counts, "
        "taken in turn, and the largest peak.\nThe larger size has one run.",
        libraries=LIBRARIES,
        tables=[tabulate(names, rows)],
        targets=[target for at in found for target in _list_targets(found, at, sizes[0])],
        commands=commands,
        links=(
            "[Decision 19](../../decisions/0019-what-scoring-costs.md)",
            "[Overhead](overhead.md)",
        ),
    )


def _list_targets(found: Found, at: Setting, smaller: int) -> list[Target]:
    measured, where = found[at], f"{at.customers:,} customers, {at.leaves} leaves"
    worked = {name: run.worked for name, run in measured.items()}
    ratios = [(f"rate, against {LIMIT}", 0.7, worked[LIMIT] / worked[PIPELINE])]
    if PYFUNC in worked:
        ratios.append(("rate, against `mlflow.pyfunc`", 1, worked[PYFUNC] / worked[PIPELINE]))
    ratios.append(
        (f"rate with reasons for 5 %, against {LIMIT}", 0.5, worked[LIMIT] / worked[REASONS])
    )
    targets = [Target(f"{where}: {claim}", limit, ratio, at_least=True)
               for claim, limit, ratio in ratios]  # fmt: skip
    peak = max(measured[PIPELINE].peak, measured[REASONS].peak)
    targets.append(Target(f"{where}: peak memory, with reasons or without", 2, peak / GIB, " GiB"))
    if at.customers == smaller:
        return targets
    before = found[Setting(at.leaves, smaller)]
    return targets + [
        Target(
            f"{where}: peak memory of {name}, against that at {smaller:,}",
            1.2,
            measured[name].peak / before[name].peak,
        )
        for name in (PIPELINE, REASONS)
    ]
