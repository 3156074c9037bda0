"""What a run costs before it computes anything: a tiny date, against a project with one empty node.

In: nothing; a sample operator of 1,000 customers is made and trained on first. Out: wall time of
both, with the same plugins, of which in nodes; the median of some runs, taken in turn.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT

PLACE = Path("data/benchmark/overhead")
REPETITIONS = 5
SCORING = "kedro run --env test --pipelines scoring --params scoring.rescore=true"
EMPTY = {
    "pyproject.toml": '[tool.kedro]\npackage_name = "empty"\nproject_name = "Empty"\n'
    'kedro_init_version = "1.7.0"\nsource_dir = "src"\n',
    ".telemetry": "consent: false\n",
    "src/empty/__init__.py": "",
    "src/empty/settings.py": "",
    "src/empty/pipeline_registry.py": "from kedro.pipeline import Node, Pipeline\n\n\n"
    "def register_pipelines():\n"
    '    return {"__default__": Pipeline([Node(lambda: 1, None, "x")])}\n',
    "conf/base/catalog.yml": "x: {type: MemoryDataset}\n",
    "conf/base/mlflow.yml": "server: {mlflow_tracking_uri: sqlite:///mlflow.db}\n",
    "conf/local/.gitkeep": "",
}


def main() -> None:
    """Make both projects, run them in turn, print a table."""
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    empty, ours = (PROJECT / PLACE / name for name in ("empty", "ours"))
    for file, text in EMPTY.items():
        (empty / file).parent.mkdir(parents=True, exist_ok=True)
        (empty / file).write_text(text)
    shutil.copytree(PROJECT / "conf", ours / "conf")
    for file in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / file, ours)
    (ours / "src").mkdir()
    subprocess.run([sys.executable, "-m", "kedro", "run", "--env", "test"], cwd=ours, check=True)
    runs = {"an empty node": (empty, "kedro run"), "a date of few customers": (ours, SCORING)}
    found: dict[str, list[Measurement]] = {name: [] for name in runs}
    for number in range(REPETITIONS):
        for name, (folder, command) in runs.items():
            log = PROJECT / PLACE / "logs" / f"{folder.name}_{number}.log"
            found[name].append(measure(command, log, folder))
    print("\n| | wall s | of work s | start and end s | peak MiB |\n|---|--:|--:|--:|--:|")
    for name, of_it in found.items():
        wall, worked = (median(getattr(run, part) for run in of_it) for part in ("wall", "worked"))
        peak = max(run.peak for run in of_it)
        print(f"| {name} | {wall:.1f} | {worked:.1f} | {wall - worked:.1f} | {peak:,.0f} |")


if __name__ == "__main__":
    main()
