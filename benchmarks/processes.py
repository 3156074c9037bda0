"""Runs a command in a process of its own and measures it.

In: a command. Out: its wall time, the time it says it worked, its peak memory.
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

# Kedro's last line, and that of the scripts here: the work without the start of the process.
WORKED = re.compile(r"(?:successfully in|Computed in) ([\d.]+) sec")
LAUNCHER = Path(__file__).with_name("launch.py")
ENVIRONMENT = {
    "KEDRO_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "COLUMNS": "200",
}


@dataclass(frozen=True)
class Measurement:
    """What one process took.

    Attributes:
        wall: Seconds from start to end, imports and configuration included.
        worked: Seconds of the work alone, as the process says itself.
        peak: Largest resident memory in MiB.
    """

    wall: float
    worked: float
    peak: float

    def save(self, path: Path) -> None:
        """Keep it for another day."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Measurement":
        """Take what was kept."""
        return cls(**json.loads(path.read_text()))


def take_median(runs: Sequence[Measurement]) -> Measurement:
    """Take medians of the times, and the largest peak."""
    return Measurement(
        wall=median(run.wall for run in runs),
        worked=median(run.worked for run in runs),
        peak=max(run.peak for run in runs),
    )


def measure(command: str, log: Path, folder: Path | None = None) -> Measurement:
    """Run a command and wait for it.

    Args:
        command: As a user types it; `python` and `kedro` are those of this environment.
        log: Where its output goes.
        folder: Where it runs; None is here.

    Raises:
        SystemExit: When it fails; shows the end of its output.
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
        raise SystemExit(f"{said[-3000:]}\n{command} ended with {code}; see {log}.")
    found = Measurement(worked=float(WORKED.findall(said)[-1]), **json.loads(usage.read_text()))
    print(f"  {found.wall:.1f} s, {found.worked:.1f} s of work, {found.peak:,.0f} MiB", flush=True)
    return found


def _find_programs(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    programs = {"python": [sys.executable], "kedro": [sys.executable, "-m", "kedro"]}
    return [*programs[program], *arguments]
