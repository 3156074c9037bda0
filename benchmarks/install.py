"""Measures the installation of the packages of a run, against that of everything.

In: the lock files. Out: a page with packages, megabytes, and seconds without and with a cache.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.targets import Target

RUN, EVERYTHING = "requirements.lock", "requirements-dev.lock"
LIMIT = 0.5
UV = str(Path(sys.prefix) / "bin" / "uv")
COMPARED = f"""\
For data scientists and operators. `make run` installs {RUN}, which pipelines need. `make test` and
`make install` install {EVERYTHING}, which adds the tools for tests and notebooks, Spark, BigQuery's
client and the libraries that benchmarks compare with.

Each lock is installed into a new environment with an empty cache, so that every package is
downloaded, and then into another with this cache. Python's bytecode is compiled, as `make run` does
it. Megabytes are those of the files on disk. The network limits the first figure."""


@dataclass(frozen=True)
class Installed:
    """An installation: packages, their size on disk, and the time without and with a cache."""

    packages: int
    megabytes: float
    cold: float
    warm: float

    @property
    def cells(self) -> str:
        """The columns of the table."""
        return f"{self.packages} | {self.megabytes:.0f} | {self.cold:.0f} | {self.warm:.0f}"


def main() -> None:
    """Install both locks, write the page."""
    asked = section_parser(__doc__).parse_args()
    found = {lock: measure_install(lock) for lock in (RUN, EVERYTHING)}
    rows = [f"| `{lock}` | {installed.cells} |" for lock, installed in found.items()]
    names = ("lock", "packages:", "MB on disk:", "seconds, no cache:", "seconds, with cache:")
    run, everything = found[RUN], found[EVERYTHING]
    targets = [
        Target("Packages of a run, against everything", LIMIT, run.packages / everything.packages),
        Target("Megabytes", LIMIT, run.megabytes / everything.megabytes),
        Target("Seconds without a cache", LIMIT, run.cold / everything.cold),
    ]
    commands = [_write_command(lock) for lock in found]
    Page(
        "install",
        "Installation",
        COMPARED,
        ("uv",),
        [tabulate(names, rows)],
        commands,
        targets,
    ).write(report_folder(asked))


def measure_install(lock: str) -> Installed:
    """Install a lock twice, each time into a new environment in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        cache, places = Path(folder, "cache"), [Path(folder, name) for name in ("cold", "warm")]
        cold, warm = [_install(lock, place, cache) for place in places]
        packages = list(places[0].glob("lib/*/site-packages/*.dist-info"))
        size = sum(file.stat().st_size for file in places[0].rglob("*") if file.is_file())
    return Installed(len(packages), size / 1e6, cold, warm)


def _install(lock: str, place: Path, cache: Path) -> float:
    environment = os.environ | {"UV_CACHE_DIR": str(cache)}
    subprocess.run([UV, "venv", "--quiet", str(place)], env=environment, check=True)
    command = [UV, *_write_command(lock).split()[1:], "--python", str(place / "bin" / "python")]
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True)
    return time.perf_counter() - start


def _write_command(lock: str) -> str:
    return f"uv pip sync --quiet --compile-bytecode --require-hashes {lock}"


if __name__ == "__main__":
    main()
