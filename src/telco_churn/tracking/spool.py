"""Events from the processes of ParallelRunner to the one that owns the W&B run.

Each process writes its events as files, the owner reads them at the end of the run. The folder is
named in the environment, which a child has however it was started.
"""

import logging
import os
import pickle
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from telco_churn.tracking.events import Event
from telco_churn.tracking.plan import Plan
from telco_churn.tracking.scratch import is_private

logger = logging.getLogger(__name__)

VARIABLE = "KEDRO_WANDB_SPOOL"
PLAN = "plan"


class Spool:
    """A folder of events, readable by this user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def open(cls, plan: Plan) -> "Spool":
        """Make the folder and name it to the processes that this one starts."""
        folder = Path(tempfile.mkdtemp(prefix="spool-"))
        (folder / PLAN).write_bytes(pickle.dumps(plan.for_other_processes()))
        os.environ[VARIABLE] = str(folder)
        return cls(folder)

    @classmethod
    def find(cls) -> "Spool | None":
        """Return the one that the owner of this run has opened, if any.

        A folder that others can write to is ignored: unpickling runs what is in a file.
        """
        folder = Path(os.environ.get(VARIABLE, ""))
        if VARIABLE not in os.environ or not folder.is_dir():
            return None
        if is_private(folder):
            return cls(folder)
        logger.warning("%s names %s, which others may enter: it is ignored.", VARIABLE, folder)
        return None

    def read_plan(self) -> Plan:
        """Return what to log."""
        plan = pickle.loads((self._folder / PLAN).read_bytes())
        assert isinstance(plan, Plan)
        return plan

    def write(self, event: Event) -> None:
        """Leave an event, whole or not at all."""
        name = uuid.uuid4().hex
        partial = self._folder / f".{name}"
        partial.write_bytes(pickle.dumps(event))
        partial.rename(self._folder / f"{name}.event")

    def drain(self) -> Iterator[Event]:
        """Yield the events as they happened, then remove the folder."""
        files = sorted(self._folder.glob("*.event"), key=lambda file: file.stat().st_mtime_ns)
        for file in files:
            yield pickle.loads(file.read_bytes())
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(self._folder, ignore_errors=True)
