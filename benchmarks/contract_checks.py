"""Measures the check of the contract of usage, by Pandera itself and by this project.

In: a Parquet file with the columns of usage. Out: seconds and peak memory of each, as a table.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from telco_churn.contracts import Usage

CHECKERS: dict[str, Callable[[ir.Table], object]] = {
    "Pandera": lambda table: Usage.to_schema().validate(table),
    "this project": Usage.validate,
}


def check(file: str, checker: str) -> None:
    """Check a file in this process and print a row of the table."""
    table = ibis.duckdb.connect(memory_limit="3GB").read_parquet(file)
    started = time.perf_counter()
    CHECKERS[checker](table)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {checker} | {seconds:.1f} | {peak:,.0f} |")


def main(file: str) -> None:
    """Check a file with each checker, in separate processes."""
    print("| checked by | s | peak MiB |\n|---|--:|--:|", flush=True)
    for checker in CHECKERS:
        command = [sys.executable, "-m", "benchmarks.contract_checks", file, checker]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        check(*sys.argv[1:])
