"""Measures sections one after another, each in a separate process that writes its page.

In: names of sections, or none for all. Out: one page each; exit code 0 if all were measured.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.processes import ENVIRONMENT

SECTIONS = (
    "features",
    "training",
    "reasons",
    "scoring",
    "overhead",
    "tracking",
    "busy",
    "own_tables",
    "weekly",
    "scale",
    "install",
)


def main() -> None:
    """Measure the sections that were asked for, also after one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"{', '.join(SECTIONS)}; default all")
    # Other options, such as --small and --out, go to each section.
    asked, options = parser.parse_known_args()
    if unknown := sorted(set(asked.sections) - set(SECTIONS)):
        parser.error(f"Unknown sections {unknown}: expected {', '.join(SECTIONS)}.")
    failed = [name for name in asked.sections or SECTIONS if not _measure(name, options)]
    if failed:
        raise SystemExit(f"Not measured: {', '.join(failed)}. See the errors above.")


def _measure(section: str, options: list[str]) -> bool:
    command = [sys.executable, "-m", f"benchmarks.{section}", *options]
    return subprocess.run(command, env=os.environ | ENVIRONMENT, check=False).returncode == 0


if __name__ == "__main__":
    main()
