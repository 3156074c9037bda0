"""Runs a command in a separate process and measures it.

In: a command. Out: its wall time, the work that it reports, its peak memory.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

# The last line of Kedro and of the scripts here: the work, without the start of the process.
WORKED = re.compile(r"(?:Completed \d+ nodes? in|Computed in) ([\d.]+) sec")
LAUNCHER = Path(__file__).with_name("launch.py")
ENVIRONMENT = {
    "KEDRO_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "COLUMNS": "200",
}


@dataclass(frozen=True)
class Measurement:
    """Time and memory of one process.

    Attributes:
        wall: Seconds from start to end, including imports and configuration.
        worked: Seconds of the work alone, as the process reports it.
        peak: Largest resident memory in MiB.
    """

    wall: float
    worked: float
    peak: float

    def save(self, path: Path) -> None:
        """Write the measurement as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Measurement":
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text()))


def take_median(runs: Sequence[Measurement]) -> Measurement:
    """Return the medians of the times and the largest peak."""
    return Measurement(
        wall=median(run.wall for run in runs),
        worked=median(run.worked for run in runs),
        peak=max(run.peak for run in runs),
    )


def measure(command: str, log: Path, folder: Path | None = None) -> Measurement:
    """Run a command and wait for it.

    Args:
        command: As a user types it; `python` and `kedro` are from this environment.
        log: File for its output.
        folder: Working directory, default the present one.

    Raises:
        SystemExit: If it fails; shows the end of its output.
    """
    print(f"$ {command}", flush=True)
    usage = log.with_suffix(".json")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        launch = [sys.executable, "-S", str(LAUNCHER), str(usage), *_find_programs(command)]
        code = subprocess.run(
            launch,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | ENVIRONMENT,
            cwd=folder,
            check=False,
        ).returncode
    said = log.read_text()
    if code:
        raise SystemExit(f"{said[-3000:]}\n{command} ended with exit code {code}. See {log}.")
    found = Measurement(worked=float(WORKED.findall(said)[-1]), **json.loads(usage.read_text()))
    print(f"  {found.wall:.1f} s, {found.worked:.1f} s of work, {found.peak:,.0f} MiB", flush=True)
    return found


def _find_programs(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    programs = {"python": [sys.executable], "kedro": [sys.executable, "-m", "kedro"]}
    return [*programs[program], *arguments]
