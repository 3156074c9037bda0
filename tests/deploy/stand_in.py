"""A project whose `kedro` records its calls and exits with the code that a test sets."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT

SCRIPT = """#!/bin/sh
echo "$*" >> calls.txt
answers="answers/${5#as_of=}"
[ -s "$answers" ] || exit 0
code=$(head -n 1 "$answers")
sed -i 1d "$answers"
exit "$code"
"""


@dataclass(frozen=True)
class StandIn:
    """The project's deploy/ with a substitute for `kedro`."""

    path: Path

    @property
    def calls(self) -> list[str]:
        """Return the arguments of each call, oldest first."""
        file = self.path / "calls.txt"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.path)}

    def answer(self, day: str, *codes: int) -> None:
        """Exit calls for this date with these codes in turn, and all other calls with 0."""
        (self.path / "answers" / day).write_text("".join(f"{code}\n" for code in codes))

    def replace_kedro(self, script: str) -> None:
        self._kedro.write_text(script)

    @property
    def _kedro(self) -> Path:
        return self.path / ".venv" / "bin" / "kedro"


def make_stand_in(path: Path) -> StandIn:
    """Create the project in a new folder."""
    stand_in = StandIn(path)
    (path / "answers").mkdir(parents=True)
    stand_in._kedro.parent.mkdir(parents=True)
    stand_in.replace_kedro(SCRIPT)
    stand_in._kedro.chmod(0o755)
    shutil.copytree(PROJECT / "deploy", path / "deploy")
    return stand_in
