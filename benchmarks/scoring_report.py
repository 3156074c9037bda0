"""The page of the scoring section.

In: what each contender took. Out: a page with targets.
"""

from dataclasses import dataclass

from benchmarks.page import Page, tabulate
from benchmarks.processes import Measurement
from benchmarks.scoring_inputs import TREES
from benchmarks.targets import Target

CONTACTED = 0.05
LIMIT, PIPELINE, REASONS = "`booster.predict`", "this pipeline", "this pipeline, reasons for 5 %"
PYFUNC, SHAP = "`mlflow.pyfunc`, one frame", "`booster.predict`, shap for 5 %"
FITS = 4_000_000  # of a frame in pandas here: a million take 2.5 GiB
SHAPED = 20_000  # shap's rate is that of so many rows: all would take an hour
GIB = 1024  # MiB
LIBRARIES = ("kedro", "mlflow", "lightgbm", "duckdb", "deltalake", "pyarrow", "pandas", "shap")
COMPARED = f"""Customers scored for one date by a model of {TREES} trees, of as many leaves as the
table says: 31 are LightGBM's default, 7 the project's.

- *`booster.predict`*: alone, on the same matrix, which is in memory already. Nothing can be
  faster.
- *This pipeline*: its nodes by Kedro's runner, from the file of features to the Delta commit, the
  contract of the features checked anew in each run, nobody worth a contact. The model is loaded
  before the clock starts, as for the others; what starts a run is on [another page](overhead.md).
  The fingerprint of the sources is left out, because the benchmark begins at the file of features
  and has none.
- *`mlflow.pyfunc`*: the file read into one pandas frame, predicted by the packaged model without
  reasons, written to a file. Left out above {FITS:,} rows: the frame does not fit into memory
  here.
- *Reasons for 5 %*: three reasons in words for the 5 % who are contacted, by this pipeline; and
  by `shap.TreeExplainer` after `booster.predict`, as values without words. shap's time is that of
  {SHAPED:,} rows, scaled up.

Each run is a process of its own. *Work* leaves out start, imports and configuration."""


@dataclass(frozen=True)
class Setting:
    """What was measured at once: a model and a number of customers."""

    leaves: int
    customers: int


Found = dict[Setting, dict[str, Measurement]]


def describe_scoring(
    found: Found, sizes: tuple[int, ...], repetitions: int, commands: list[str]
) -> Page:
    """Tell what was measured, and which targets it met.

    Args:
        found: By model and number of customers, what each contender took.
        sizes: Numbers of customers, the smallest first.
        repetitions: How often the smallest was measured.
        commands: As typed.
    """
    rows = [
        f"| {at.leaves} | {at.customers:,} | {name} | {run.worked:.1f} | "
        f"{at.customers / run.worked:,.0f} | {measured[LIMIT].worked / run.worked:.2f} | "
        f"{run.peak:,.0f} |"
        for at, measured in found.items()
        for name, run in measured.items()
    ]
    names = ("leaves:", "customers:", "", "work s:", "rows/s:", f"of {LIMIT}'s rate:", "peak MiB:")
    return Page(
        section="scoring",
        title="Scoring",
        compared=f"{COMPARED} At\n{sizes[0]:,} customers the median of {repetitions} runs counts, "
        "taken in turn, and the largest peak.\nAt the larger size there is one run.",
        libraries=LIBRARIES,
        tables=[tabulate(names, rows)],
        targets=[target for at in found for target in _list_targets(found, at, sizes[0])],
        commands=commands,
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
