"""Writing of a W&B run; only this module calls W&B's API.

In: the config of the run, and events. Out: W&B's files below `wandb/`. In every mode, the run is
written offline, without network access.
"""

import contextlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from kedro_wandb.event_queue import Chart, Event, Metrics, Picture, Reference, Table

DATA_DIR = "WANDB_DATA_DIR"
REPORTING = "WANDB_ERROR_REPORTING"
TEMPORARY = "TMPDIR"
FLUSH_SECONDS = 1.0  # a killed process loses at most the events of this time


class WandbRun:
    """A W&B run that is written to files.

    Attributes:
        id: Id of the run.
        folder: Folder of the files; None before the start.
        address: URL of the server to which the run belongs; empty before the start.
    """

    def __init__(self, run_id: str, description: dict[str, Any], parent: Path) -> None:
        """Prepare a run.

        Args:
            run_id: Id of the run.
            description: Arguments of `wandb.init`: project, entity, group, tags and config.
            parent: Folder in which W&B creates its folder `wandb/`.
        """
        self.id = run_id
        self.folder: Path | None = None
        self.address = ""
        self._description = description
        self._parent = parent
        self._wandb: Any = None
        self._run: Any = None
        self._owns_data_dir = DATA_DIR not in os.environ

    def start(self) -> None:
        """Start W&B's process and the run.

        Raises:
            ImportError: If wandb is not installed.
            Exception: Any error of `wandb.init`.
        """
        if "wandb" not in sys.modules:  # an inherited variable may name a process that has ended
            os.environ.pop("WANDB_SERVICE", None)
        # By default W&B sends error messages and timings to its developers, even offline.
        os.environ.setdefault(REPORTING, "false")
        import wandb  # noqa: PLC0415  (slow to import, optional dependency)

        self._wandb = wandb
        self._parent.mkdir(parents=True, exist_ok=True)
        if self._owns_data_dir:  # by default W&B stages tables for upload in the home directory
            os.environ[DATA_DIR] = str(self._parent / "wandb" / "staging")
        with _mute_logs(), _place_service(), _leave_out_launch():
            self._run = wandb.init(
                id=self.id,
                mode="offline",
                dir=str(self._parent),
                reinit="create_new",  # leaves a run that a node or notebook has started untouched
                settings=wandb.Settings(
                    silent=True,
                    console="off",
                    disable_git=True,  # remotes may contain tokens; the config has the commit
                    disable_code=True,
                    x_disable_machine_info=True,
                    x_save_requirements=False,  # the config has the packages
                    host="",
                    x_transaction_log_flush_interval=FLUSH_SECONDS,
                ),
                **self._description,
            )
        self.address = self._run.settings.base_url
        self.folder = Path(self._run.settings.sync_dir)

    @singledispatchmethod
    def log(self, event: Event) -> None:
        """Log an event.

        Raises:
            TypeError: If W&B cannot log events of this type.
        """
        raise TypeError(f"Cannot log {event} to W&B.")

    @log.register
    def _(self, event: Metrics) -> None:
        self._run.log(event.values)

    @log.register
    def _(self, event: Table) -> None:
        self._run.log({event.name: self._make_table(event)})

    @log.register
    def _(self, event: Chart) -> None:
        draw = getattr(self._wandb.plot, event.kind)
        columns = [event.x] if event.kind == "histogram" else [event.x, event.y or event.x]
        chart = draw(self._make_table(event.table), *columns, title=event.title)
        self._run.log({event.table.name: chart})

    @log.register
    def _(self, event: Picture) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"picture{event.suffix}"
            file.write_bytes(event.content)
            self._run.log({event.name: self._wandb.Image(str(file), caption=event.caption)})

    @log.register
    def _(self, event: Reference) -> None:
        from wandb.sdk.artifacts.artifact_manifest_entry import (  # noqa: PLC0415
            ArtifactManifestEntry,
        )

        name = re.sub(r"[^\w.-]", "_", event.name)
        artifact = self._wandb.Artifact(name, type=event.type, metadata=event.facts)
        if event.file:
            artifact.add_file(event.file)
        else:
            artifact.manifest.add_entry(
                ArtifactManifestEntry(
                    path=Path(event.uri).name,
                    ref=event.uri,
                    digest=event.digest or event.uri,
                    size=event.facts.get("bytes"),
                )
            )
        # `use_artifact` needs the server. This is the call it makes for a new artifact, and `wandb
        # sync` makes it later; an artifact with an equal digest gets the same version.
        self._run._log_artifact(
            artifact,
            aliases=["latest", *event.aliases],
            is_user_created=event.is_input,
            use_after_commit=event.is_input,
        )

    def summarize(self, values: dict[str, Any]) -> None:
        """Add values to the summary of the run."""
        self._run.summary.update(values)

    def finish(self, exit_code: int) -> None:
        """Close the run; an exit code other than 0 marks it failed."""
        if self._run:
            self._run.finish(exit_code=exit_code)
        if self._owns_data_dir:
            os.environ.pop(DATA_DIR, None)

    def _make_table(self, table: Table) -> Any:
        return self._wandb.Table(
            columns=[*table.columns], data=[*table.rows], allow_mixed_types=True
        )


def stop_service() -> None:
    """Kill a W&B process that does not respond; neither the run nor the exit then waits for it."""
    with contextlib.suppress(Exception):  # private API of W&B, which may change
        from wandb.sdk import wandb_setup  # noqa: PLC0415

        connection: Any = wandb_setup.singleton()._connection
        connection._cleanup()  # removes the exit handler that waits for the process
        connection._torn_down = True
        connection._proc._process.kill()
        os.environ.pop("WANDB_SERVICE", None)
        wandb_setup.singleton()._connection = None


@contextlib.contextmanager
def _mute_logs() -> Iterator[None]:
    """Suppress the tracebacks that appear if W&B cannot write its log, as on a full disk."""
    logger = logging.getLogger("wandb")
    add = logger.addHandler

    def add_muted(handler: logging.Handler) -> None:
        handler.handleError = lambda _: None  # type: ignore[method-assign,assignment]
        add(handler)

    logger.addHandler = add_muted  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        del logger.addHandler


@contextlib.contextmanager
def _leave_out_launch() -> Iterator[None]:
    """Keep `wandb.init` from importing W&B Launch, half of its time, to look for staged inputs."""
    from wandb.sdk.wandb_run import Run  # noqa: PLC0415

    apply = Run._detect_and_apply_job_inputs
    if "wandb.sdk.launch" not in sys.modules:  # a user who stages inputs has imported it
        Run._detect_and_apply_job_inputs = lambda _: None  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Run._detect_and_apply_job_inputs = apply  # type: ignore[method-assign]


@contextlib.contextmanager
def _place_service() -> Iterator[None]:
    """Set TMPDIR: W&B's process then creates its socket in this process's temporary folder."""
    previous = os.environ.get(TEMPORARY)
    os.environ[TEMPORARY] = tempfile.gettempdir()
    try:
        yield
    finally:
        os.environ.pop(TEMPORARY)
        if previous is not None:
            os.environ[TEMPORARY] = previous
