"""Records one Kedro run from start to end, in the process that owns it.

In: events of its nodes. Out: the W&B run, written in a thread of its own and sent if it is online;
MLflow's pictures and data sets; and log lines about what is missing.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from kedro_wandb.event_queue import Event, EventQueue, Picture, Problem, Reference, Step
from kedro_wandb.mlflow_link import MlflowLink
from kedro_wandb.observer import emit_reference, summarise_nodes, tabulate_nodes
from kedro_wandb.run_config import Plan
from kedro_wandb.safeguards import Worker
from kedro_wandb.wandb_log import Sender, wait_for_end
from kedro_wandb.wandb_run import WandbRun, stop_service

logger = logging.getLogger(__name__)

DATASET_ERRORS = (TypeError, ValueError, KeyError)  # the fault of one dataset, not of W&B
WRITING_SECONDS = 5.0  # for W&B to write to the disk what it has taken
CLOSING_SHARE = 0.5  # of timeouts.finish at most, so that some is left for sending


class Recorder:
    """One W&B run of one Kedro run."""

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
        """Start W&B; if it is slow, go on while it starts."""
        self._worker.submit(self._run.start)
        self._worker.wait(self._timeouts.start)
        if self._worker.error:
            logger.warning("W&B does not track this run: %s. The run goes on.", self._explain())

    @property
    def has_failed(self) -> bool:
        """Whether W&B has stopped for good."""
        return self._worker.error is not None

    def take(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, Problem):
            self._problems.append(event)
        elif isinstance(event, Step):
            self._steps.append(event)
        else:
            if isinstance(event, Reference):
                if event in self._references:  # seen by another process as well
                    return
                self._references.append(event)
            elif isinstance(event, Picture):
                self._pictures.append(event)
            self._worker.submit(lambda: self._log(event))

    def finish(self, exit_code: int, credentials: Mapping[str, str] | None) -> None:
        """Close the run, send it if there are `credentials`, and log once what is missing."""
        for event in self._queue.drain():
            self.take(event)
        # Outputs are referred to as they are at the end of the run.
        saved = [step.dataset for step in self._steps if step.action == "save" and step.dataset]
        for name in dict.fromkeys(saved):
            emit_reference(self._plan, name, False, self.take)
        self._close(exit_code, credentials)

    def abandon(self, exit_code: int) -> None:
        """Close the run of a process that ends without a last call from Kedro."""
        self._queue.close()
        self._mlflow.end_as_killed()
        self._close(exit_code, credentials=None)

    def _close(self, exit_code: int, credentials: Mapping[str, str] | None) -> None:
        has_started = not self.has_failed
        if exit_code == 0 and not self._steps:
            why = "their processes ran no hooks: Kedro 1.7 runs none in spawned ones"
            self._problems.append(Problem("the nodes", why))
        until = time.monotonic() + self._timeouts.finish
        rows = {kept.name: kept.facts["rows"] for kept in self._references if "rows" in kept.facts}
        nodes = tabulate_nodes(self._steps, rows)
        summary = summarise_nodes(nodes, rows)
        self._worker.submit(lambda: self._run.log(nodes))
        self._worker.submit(lambda: self._run.summarise(summary))
        self._worker.submit(lambda: self._run.finish(exit_code))
        self._log_to_mlflow()
        is_closed = self._worker.wait(self._timeouts.finish * CLOSING_SHARE)
        if not is_closed or self.has_failed:
            stop_service()
        if has_started or self._run.folder:
            is_whole = is_closed and not self.has_failed and self._is_written()
            self._report(is_whole, credentials, until - time.monotonic())

    def _is_written(self) -> bool:
        """Whether the run ends in its file: W&B reports no failure to write."""
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
        except Exception as error:  # MLflow is beside the run as well
            reason = str(error).split("\n", maxsplit=1)[0]  # databases append advice
            logger.warning("MLflow did not take plots and data sets: %s", reason)

    def _report(
        self, is_whole: bool, credentials: Mapping[str, str] | None, seconds: float
    ) -> None:
        folder = self._run.folder
        later = f"wandb sync {_shorten(folder) if folder else 'wandb/offline-run-...'}"
        if self._problems:
            reasons = "; ".join(f"{each.subject} ({each.reason})" for each in self._problems)
            logger.warning("W&B did not track %s. The rest of the run is kept.", reasons)
        if not is_whole:
            logger.warning(
                "W&B stopped before the end: %s. To send what is kept: %s", self._explain(), later
            )
        elif credentials is None:
            logger.info("W&B run kept offline. To send it: %s", later)
        elif folder and self._sender.send(folder, self._run.address, credentials, seconds):
            logger.info("W&B has the run %s.", self._run.id)
        else:
            reason = self._sender.refusal
            logger.warning("W&B did not take the run: %s. To send it: %s", reason, later)

    def _explain(self) -> str:
        error = self._worker.error
        if isinstance(error, ImportError):
            return "wandb is not installed (pip install wandb)"
        if error:
            return f"{type(error).__name__}: {error}"
        return (
            "its file is cut off, is the disk full?" if self._is_cut_off else "it does not answer"
        )


def _shorten(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
