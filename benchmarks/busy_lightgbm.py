"""Fits LightGBM and scores single rows: `python -m benchmarks.busy_lightgbm ROWS [PACKAGE]`.

In: the number of rows, and a package to import first, which may set how OpenMP waits. Out: the
milliseconds of a single row, and the seconds of the fit.
"""

import importlib
import sys
import time

import numpy as np

COLUMNS, TREES, SINGLE_ROWS, SEED = 30, 200, 500, 42
SETTINGS = {
    "objective": "binary",
    "num_leaves": 7,
    "num_threads": 2,
    "deterministic": True,
    "force_row_wise": True,
    "seed": SEED,
    "verbosity": -1,
}


def main(rows: int, package: str = "") -> None:
    """Draw rows, fit, score the first rows one by one, print both times."""
    if package:
        importlib.import_module(package)
    import lightgbm as lgb  # noqa: PLC0415  (OpenMP reads its settings now)

    drawn = np.random.default_rng(SEED)
    features = drawn.normal(size=(rows, COLUMNS))
    churned = features[:, 0] + drawn.normal(size=rows) > 1
    data = lgb.Dataset(features, churned).construct()
    started = time.perf_counter()
    booster = lgb.train(SETTINGS, data, TREES)
    fitted = time.perf_counter()
    for row in range(SINGLE_ROWS):
        booster.predict(features[row : row + 1])
    single = (time.perf_counter() - fitted) / SINGLE_ROWS
    print(f"One row in {single * 1000:.3f} ms")
    print(f"Computed in {fitted - started:.2f} sec")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
