"""Tracks one Kedro run from begin to end, in the process that owns it.

Events come in from nodes; they go to W&B in a thread of their own, and to MLflow where it runs.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from telco_churn.tracking.config import WandbConfig
from telco_churn.tracking.events import Event, Picture, Problem, Reference, Step
from telco_churn.tracking.mlflow_link import MlflowLink
from telco_churn.tracking.plan import Plan
from telco_churn.tracking.references import refer_to
from telco_churn.tracking.run_file import wait_for_end
from telco_churn.tracking.sender import Sender
from telco_churn.tracking.stopwatch import summarise_nodes, tabulate_nodes
from telco_churn.tracking.wandb_run import WandbRun, stop_service
from telco_churn.tracking.worker import Worker

logger = logging.getLogger(__name__)

OF_DATA = (TypeError, ValueError, KeyError)  # the fault of one dataset, not of W&B
WRITING_SECONDS = 5.0  # for W&B to bring to the disk what it has taken
CLOSING_SHARE = 0.5  # of timeouts.finish at most, so that something is left to send in


class Recorder:
    """One W&B run of one Kedro run."""

    def __init__(
        self, run: WandbRun, mlflow: MlflowLink, config: WandbConfig, sender: Sender
    ) -> None:
        self._run = run
        self._mlflow = mlflow
        self._config = config
        self._sender = sender
        self._worker = Worker("wandb")
        self._steps: list[Step] = []
        self._references: list[Reference] = []
        self._pictures: list[Picture] = []
        self._problems: list[Problem] = []
        self._is_cut_off = False

    def start(self) -> None:
        """Start W&B; go on without waiting for it where it is slow."""
        self._worker.submit(self._run.start)
        self._worker.wait(self._config.timeouts.start)
        if self._worker.error:
            logger.warning("W&B does not track this run: %s. The run goes on.", self._explain())

    @property
    def has_failed(self) -> bool:
        """Whether W&B has stopped for good."""
        return self._worker.error is not None

    def take(self, event: Event) -> None:
        """Take what happened."""
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

    def take_outputs(self, plan: Plan) -> None:
        """Refer to what the run has saved, as it is now."""
        saved = [step.dataset for step in self._steps if step.action == "save" and step.dataset]
        for name in dict.fromkeys(saved):
            try:
                reference = refer_to(plan, name, is_input=False)
            except Exception as error:  # one dataset; the others are tracked
                self.take(Problem(name, f"{type(error).__name__}: {error}"))
            else:
                if reference:
                    self.take(reference)

    def finish(self, exit_code: int, credentials: Mapping[str, str] | None) -> None:
        """Close the run, send it where there are `credentials`, and say once what is missing."""
        has_started = self._worker.error is None
        if exit_code == 0 and not self._steps:
            why = "their processes ran no hooks: Kedro 1.7 runs none in spawned ones"
            self._problems.append(Problem("the nodes", why))
        until = time.monotonic() + self._config.timeouts.finish
        rows = {kept.name: kept.facts["rows"] for kept in self._references if "rows" in kept.facts}
        nodes = tabulate_nodes(self._steps, rows)
        summary = summarise_nodes(nodes, self._references)
        self._worker.submit(lambda: self._run.log(nodes))
        self._worker.submit(lambda: self._run.summarise(summary))
        self._worker.submit(lambda: self._run.finish(exit_code))
        self._tell_mlflow()
        is_closed = self._worker.wait(self._config.timeouts.finish * CLOSING_SHARE)
        if not is_closed or self._worker.error:
            stop_service()
        if has_started or self._run.folder:
            is_whole = is_closed and not self._worker.error and self._is_written()
            self._report(is_whole, credentials, until - time.monotonic())

    def abandon(self, exit_code: int) -> None:
        """Close a run whose process ends without Kedro's saying how."""
        self._mlflow.end_as_killed()
        self.finish(exit_code, credentials=None)

    def _is_written(self) -> bool:
        """Whether the run ends in its file: W&B does not tell when it could not write."""
        folder = self._run.folder
        self._is_cut_off = folder is not None and not wait_for_end(folder, WRITING_SECONDS)
        return not self._is_cut_off

    def _log(self, event: Event) -> None:
        try:
            self._run.log(event)
        except OF_DATA as error:
            name = getattr(event, "name", type(event).__name__)
            self._problems.append(Problem(name, f"{type(error).__name__}: {error}"))

    def _tell_mlflow(self) -> None:
        try:
            self._mlflow.log_pictures(self._pictures)
            self._mlflow.log_datasets(self._references)
        except Exception as error:  # MLflow is beside the run as well
            reason = str(error).split("\n", maxsplit=1)[0]  # databases go on with advice of theirs
            logger.warning("MLflow did not take plots and data sets: %s", reason)

    def _report(
        self, is_whole: bool, credentials: Mapping[str, str] | None, seconds: float
    ) -> None:
        later = f"wandb sync {_shorten(self._run.folder)}"
        if self._problems:
            told = "; ".join(f"{problem.subject} ({problem.reason})" for problem in self._problems)
            logger.warning("W&B did not track %s. The rest of the run is kept.", told)
        if not is_whole:
            logger.warning(
                "W&B stopped before the end: %s. To send what is kept: %s", self._explain(), later
            )
        elif credentials is None:
            logger.info("W&B run kept offline. To send it: %s", later)
        elif self._run.folder and self._sender.send(
            self._run.folder, self._run.address, credentials, seconds
        ):
            logger.info("W&B has the run %s.", self._run.id)
        else:
            logger.warning(
                "W&B did not take the run: %s. To send it: %s", self._sender.refusal, later
            )

    def _explain(self) -> str:
        error = self._worker.error
        if isinstance(error, ImportError):
            return "wandb is not installed (pip install wandb)"
        if error:
            return f"{type(error).__name__}: {error}"
        return (
            "its file is cut off, is the disk full?" if self._is_cut_off else "it does not answer"
        )


def _shorten(folder: Path | None) -> Any:
    if folder is None:
        return "wandb/offline-run-..."
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
