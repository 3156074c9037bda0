"""Recording of one Kedro run from start to end, in the process that owns it.

In: events of the nodes. Out: the W&B run, written in a separate thread and uploaded in online mode;
pictures and datasets in MLflow; and log lines about events that could not be tracked.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from kedro_wandb.event_queue import Event, EventQueue, Picture, Problem, Reference, Step
from kedro_wandb.mlflow_link import MlflowLink
from kedro_wandb.observer import emit_reference, summarize_nodes, tabulate_nodes
from kedro_wandb.run_config import Plan
from kedro_wandb.safeguards import Worker
from kedro_wandb.wandb_log import Sender, wait_for_end
from kedro_wandb.wandb_run import WandbRun, stop_service

logger = logging.getLogger(__name__)

DATASET_ERRORS = (TypeError, ValueError, KeyError)  # caused by one dataset, not by W&B
WRITING_SECONDS = 5.0  # maximum time for W&B to write accepted events to disk
CLOSING_SHARE = 0.5  # maximum share of timeouts.finish; the rest is for the upload


class Recorder:
    """Writes the W&B run of one Kedro run."""

    def __init__(self, plan: Plan, run: WandbRun, mlflow: MlflowLink, sender: Sender) -> None:
        self._plan = plan
        self._run = run
        self._mlflow = mlflow
        self._timeouts = plan.config.timeouts
        self._sender = sender
        self._queue = EventQueue.create(plan.model_dump_json())
        self._worker = Worker("wandb")
        self._steps: list[Step] = []
        self._references: list[Reference] = []
        self._pictures: list[Picture] = []
        self._problems: list[Problem] = []
        self._is_cut_off = False

    def start(self) -> None:
        """Start W&B, and wait up to `timeouts.start` seconds for it."""
        self._worker.submit(self._run.start)
        self._worker.wait(self._timeouts.start)
        if self._worker.error:
            logger.warning("W&B does not track this run: %s. Kedro continues.", self._explain())

    @property
    def has_failed(self) -> bool:
        """Whether W&B has failed; later events are dropped."""
        return self._worker.error is not None

    def take(self, event: Event) -> None:
        """Log an event, or keep it for the end of the run."""
        if isinstance(event, Problem):
            self._problems.append(event)
        elif isinstance(event, Step):
            self._steps.append(event)
        else:
            if isinstance(event, Reference):
                if event in self._references:  # another process has recorded it
                    return
                self._references.append(event)
            elif isinstance(event, Picture):
                self._pictures.append(event)
            self._worker.submit(lambda: self._log(event))

    def finish(self, exit_code: int, credentials: Mapping[str, str] | None) -> None:
        """Close the run, upload it if `credentials` is not None, and log the result."""
        for event in self._queue.drain():
            self.take(event)
        # A reference describes an output at the end of the run: a later node may overwrite it.
        saved = [step.dataset for step in self._steps if step.action == "save" and step.dataset]
        for name in dict.fromkeys(saved):
            emit_reference(self._plan, name, False, self.take)
        self._close(exit_code, credentials)

    def abandon(self, exit_code: int) -> None:
        """Close the run if the process ends without a last call from Kedro."""
        self._queue.close()
        self._mlflow.end_as_killed()
        self._close(exit_code, credentials=None)

    def _close(self, exit_code: int, credentials: Mapping[str, str] | None) -> None:
        has_started = not self.has_failed
        if exit_code == 0 and not self._steps:
            why = "Kedro 1.7 runs no hooks in spawned processes"
            self._problems.append(Problem("the nodes", why))
        until = time.monotonic() + self._timeouts.finish
        rows = {kept.name: kept.facts["rows"] for kept in self._references if "rows" in kept.facts}
        nodes = tabulate_nodes(self._steps, rows)
        summary = summarize_nodes(nodes, rows)
        self._worker.submit(lambda: self._run.log(nodes))
        self._worker.submit(lambda: self._run.summarize(summary))
        self._worker.submit(lambda: self._run.finish(exit_code))
        self._log_to_mlflow()
        is_closed = self._worker.wait(self._timeouts.finish * CLOSING_SHARE)
        if not is_closed or self.has_failed:
            stop_service()
        if has_started or self._run.folder:
            is_whole = is_closed and not self.has_failed and self._is_written()
            self._report(is_whole, credentials, until - time.monotonic())

    def _is_written(self) -> bool:
        """Return whether the file contains the end of the run; W&B does not report write errors."""
        folder = self._run.folder
        self._is_cut_off = folder is not None and not wait_for_end(folder, WRITING_SECONDS)
        return not self._is_cut_off

    def _log(self, event: Event) -> None:
        try:
            self._run.log(event)
        except DATASET_ERRORS as error:
            name = getattr(event, "name", type(event).__name__)
            self._problems.append(Problem(name, f"{type(error).__name__}: {error}"))

    def _log_to_mlflow(self) -> None:
        try:
            self._mlflow.log_pictures(self._pictures)
            self._mlflow.log_datasets(self._references)
        except Exception as error:  # an error of MLflow must not fail the run either
            reason = str(error).split("\n", maxsplit=1)[0]  # database errors have several lines
            logger.warning("Cannot log plots and datasets to MLflow: %s", reason)

    def _report(
        self, is_whole: bool, credentials: Mapping[str, str] | None, seconds: float
    ) -> None:
        folder = self._run.folder
        later = f"wandb sync {_shorten(folder) if folder else 'wandb/offline-run-...'}"
        if self._problems:
            reasons = "; ".join(f"{each.subject} ({each.reason})" for each in self._problems)
            logger.warning("W&B did not track %s. The rest of the run is tracked.", reasons)
        if not is_whole:
            logger.warning(
                "W&B stopped before the end: %s. To upload the written part, run: %s",
                self._explain(),
                later,
            )
        elif credentials is None:
            logger.info("W&B run saved offline. To upload it, run: %s", later)
        elif folder and self._sender.send(folder, self._run.address, credentials, seconds):
            logger.info("Uploaded W&B run %s.", self._run.id)
        else:
            reason = self._sender.refusal
            logger.warning("Cannot upload the W&B run: %s. To try again, run: %s", reason, later)

    def _explain(self) -> str:
        error = self._worker.error
        if isinstance(error, ImportError):
            return "wandb is not installed (pip install wandb)"
        if error:
            return f"{type(error).__name__}: {error}"
        return "its file is incomplete, is the disk full?" if self._is_cut_off else "no response"


def _shorten(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
