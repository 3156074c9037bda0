"""Measures sections, one after another, each in a process of its own, which writes its page.

In: names of sections, none for all. Out: a page each; the exit code says whether all went well.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.processes import ENVIRONMENT

SECTIONS = ("features", "training", "reasons", "scoring", "overhead", "tracking")


def main() -> None:
    """Measure what was asked for; a section that fails does not keep the others from it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all by default")
    # What follows goes to each section: --small, --out.
    asked, options = parser.parse_known_args()
    if unknown := sorted(set(asked.sections) - set(SECTIONS)):
        parser.error(f"no section is named {unknown}; there are {', '.join(SECTIONS)}")
    failed = [name for name in asked.sections or SECTIONS if not _measure(name, options)]
    if failed:
        raise SystemExit(f"Not measured: {', '.join(failed)}. The reason stands above.")


def _measure(section: str, options: list[str]) -> bool:
    command = [sys.executable, "-m", f"benchmarks.{section}", *options]
    return subprocess.run(command, env=os.environ | ENVIRONMENT, check=False).returncode == 0


if __name__ == "__main__":
    main()
