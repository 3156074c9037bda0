"""Publish an environment, its configuration and its data folder, as a whole or not at all.

In: a configuration folder and a data folder that are complete. Out: both in their places.

The data folder moves first and the configuration last. An environment without configuration does
not exist for Kedro, so a kill at any moment leaves the old environment, none, or the new one.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kedro_asof.datasets.staging import create_staging
from kedro_asof.errors import NotReadyError, WrongCallError
from kedro_asof.locks import LOCKS, hold_lock

FACTS = "sample.yml"  # in both folders; marks what a sample may replace
RESERVED = ("base", "local", "schemas", "benchmark", "spill", "try")  # folders of conf/ and data/


@dataclass(frozen=True)
class SampleEnvironment:
    """An environment that holds a sample.

    Attributes:
        name: The environment.
        project: The project's folder.
    """

    name: str
    project: Path

    @property
    def conf(self) -> Path:
        """The folder of the configuration."""
        return self.project / "conf" / self.name

    @property
    def data(self) -> Path:
        """The folder of all tables, models and reports."""
        return self.project / "data" / self.name

    def check(self, overwrite: bool) -> None:
        """Check that the environment can be written.

        Raises:
            WrongCallError: When the name is unfit, when a sample exists that may not be replaced,
                or when a folder exists that is not a sample.
        """
        if self.name in RESERVED or not re.fullmatch(r"[a-z]\w*", self.name):
            raise WrongCallError(
                f"Invalid environment {self.name!r} for a sample: expected lower-case letters, "
                f"digits and underscores, and neither of {list(RESERVED)}. Correct --to-env."
            )
        for folder in (self.conf, self.data):
            if folder.exists() and not (folder / FACTS).exists():
                raise WrongCallError(
                    f"{folder} exists and is not a sample: it is never overwritten. Choose another "
                    "environment with --to-env."
                )
        if (self.conf.exists() or self.data.exists()) and not overwrite:
            raise WrongCallError(
                f"The environment {self.name} has a sample. Add --overwrite to replace it, with "
                f"everything in {self.conf} and {self.data}, or choose another environment with "
                "--to-env."
            )

    @contextmanager
    def replace(self, overwrite: bool) -> Iterator[tuple[Path, Path]]:
        """Yield empty folders for configuration and data, and publish both at the end.

        Raises:
            NotReadyError: When another command writes the environment.
            WrongCallError: As in `check`, also when another program made a folder meanwhile.
        """
        busy = NotReadyError(
            f"Another command writes the environment {self.name}. Try again later."
        )
        with ExitStack() as stack:
            stack.enter_context(hold_lock(self.data.parent / LOCKS / self.name, busy))
            self.check(overwrite)
            conf, data = (
                stack.enter_context(create_staging(place.parent, f".{place.name}.partial-"))
                for place in (self.conf, self.data)
            )
            for staging in (conf, data):
                (staging / "new").mkdir()
            for folder in (conf, conf / "new"):
                (folder / ".gitignore").write_text("*\n")
            yield conf / "new", data / "new"
            self.check(overwrite)
            _move(self.conf, conf / "old")
            _move(self.data, data / "old")
            _move(data / "new", self.data)
            _move(conf / "new", self.conf)


def write_facts(folder: Path, facts: dict[str, Any]) -> None:
    """Write how a sample was drawn."""
    (folder / FACTS).write_text(yaml.safe_dump(facts, sort_keys=False))


def _move(source: Path, target: Path) -> None:
    if source.exists():
        os.rename(source, target)
