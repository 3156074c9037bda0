"""Hooks for the `settings.py` of a project whose runs have a date.

Each hook calls one module: `preflight`, `locks`, or `skip` with `delivery`.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, cast

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_asof.delivery import deliver, list_deliveries
from kedro_asof.errors import NothingToDo, OnlyListMissing
from kedro_asof.locks import ProcessLock, find_locks
from kedro_asof.preflight import check_dates, check_environment, check_runner
from kedro_asof.skip import SkipRule

logger = logging.getLogger(__name__)


class CheckEnvironmentHook:
    """Ends a run whose environment has no folder, before other hooks read it."""

    @hook_impl(wrapper=True, tryfirst=True)
    def after_context_created(self, context: KedroContext) -> Iterator[None]:
        """Check the environment."""
        check_environment(cast(OmegaConfigLoader, context.config_loader))
        yield


class CheckDateHook:
    """Ends a run whose parameters and catalog have different dates."""

    @hook_impl
    def after_catalog_created(
        self, conf_catalog: dict[str, Any], parameters: dict[str, Any]
    ) -> None:
        """Compare the catalog with the parameter `as_of`."""
        check_dates(conf_catalog, str(parameters["params:as_of"]))


class CheckRunnerHook:
    """Ends a run whose runner would fail halfway, before trackers start."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Check the runner."""
        check_runner(str(run_params["runner"]), pipeline, catalog)


class RunLockHook:
    """Allows one run at a time in a process, and one run at a time per lock of a dataset.

    Args:
        datasets: By node tag, the `Lockable` dataset whose lock a run with such nodes holds.
    """

    def __init__(self, datasets: Mapping[str, str]) -> None:
        self._datasets = datasets
        self._process = ProcessLock()
        self._held = ExitStack()

    @hook_impl(wrapper=True, tryfirst=True)
    def after_context_created(self) -> Iterator[None]:
        """Record the thread while the other hooks build its pipelines."""
        with self._process.prepare():
            yield

    @hook_impl(wrapper=True, tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> Iterator[None]:
        """Hold the locks until the run ends; release them if another hook ends the run here.

        Raises:
            NotReadyError: When another run holds one of the locks.
        """
        self._process.acquire()
        self._held.close()  # Ctrl-C in a notebook ends a run without calling a hook
        try:
            for lock in find_locks(pipeline, catalog, self._datasets):
                self._held.enter_context(lock)
            yield
        except BaseException:
            self._held.close()
            self._process.release()
            raise

    @hook_impl(wrapper=True, tryfirst=True)
    def after_pipeline_run(self) -> Iterator[None]:
        """Release the datasets now, and the process when all trackers are done."""
        yield from self._let_go()

    @hook_impl(wrapper=True, tryfirst=True)
    def on_pipeline_error(self) -> Iterator[None]:
        """Release the datasets now, and the process when all trackers are done."""
        yield from self._let_go()

    def _let_go(self) -> Iterator[None]:
        try:
            self._held.close()
            yield
        finally:
            self._process.release()


class SkipIfCommittedHook:
    """Ends a run that would repeat the last commit of its date, and delivers from that commit.

    It delivers because the run that made the commit may have been killed before its delivery.
    """

    def __init__(self, rule: SkipRule) -> None:
        self._rule = rule

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Compare the run with the last commit of its date, before trackers start.

        Raises:
            NothingToDo: When the run would repeat the commit.
            OnlyListMissing: When the run would repeat the commit and a delivery was missing.
        """
        commit = self._rule.find_commit(run_params, pipeline, catalog)
        if commit:
            was_delivered = all(catalog.exists(name) for name in list_deliveries(pipeline))
            deliver(pipeline, catalog)
            message = self._rule.explain(commit, pipeline)
            raise (NothingToDo if was_delivered else OnlyListMissing)(message)


class ReportNodesHook:
    """Logs one line per node, in place of Kedro's three, and the duration of the run."""

    def __init__(self) -> None:
        self._nodes = self._started = 0
        self._began = 0.0

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Count the nodes."""
        self._nodes, self._started, self._began = len(pipeline.nodes), 0, time.monotonic()

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Log which node runs, and how many there are."""
        self._started += 1
        logger.info("Node %d of %d: %s", self._started, self._nodes, node.name)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self) -> None:
        """Log the duration."""
        seconds = time.monotonic() - self._began
        nodes = "1 node" if self._nodes == 1 else f"{self._nodes} nodes"
        logger.info("Completed %s in %.1f seconds.", nodes, seconds)
