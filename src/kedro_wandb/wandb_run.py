"""Writes a W&B run; the one module that calls W&B's API.

In: the run's config, and events. Out: W&B's files below `wandb/`, in every mode: a run never talks
to a network.
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
FLUSH_SECONDS = 1.0  # a process that is killed loses no more than that


class WandbRun:
    """A W&B run that is written to files.

    Attributes:
        id: Known before W&B is: given by a sweep, or drawn.
        folder: Folder of its files; None before it has started.
        address: Address of the server to which it belongs.
    """

    def __init__(self, run_id: str, description: dict[str, Any], parent: Path) -> None:
        """Prepare a run.

        Args:
            run_id: W&B's id of it.
            description: Arguments of `wandb.init`: project, entity, group, tags and config.
            parent: Folder in which W&B makes its folder `wandb/`.
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
            Exception: Whatever W&B raises, ImportError when it is not installed.
        """
        if "wandb" not in sys.modules:  # else it is that of this process
            os.environ.pop("WANDB_SERVICE", None)  # of a process that may have ended long ago
        # Else W&B reports errors, with their messages, and times to its makers: offline too.
        os.environ.setdefault(REPORTING, "false")
        import wandb  # noqa: PLC0415  (slow to import, and may be missing)

        self._wandb = wandb
        self._parent.mkdir(parents=True, exist_ok=True)
        if self._owns_data_dir:  # else tables wait for upload in the user's home
            os.environ[DATA_DIR] = str(self._parent / "wandb" / "staging")
        with _mute_logs(), _place_service():
            self._run = wandb.init(
                id=self.id,
                mode="offline",
                dir=str(self._parent),
                reinit="create_new",  # a run that a node or notebook has started is theirs
                settings=wandb.Settings(
                    silent=True,
                    console="off",
                    disable_git=True,  # remotes may hold tokens; the commit is in the config
                    disable_code=True,
                    x_disable_machine_info=True,
                    x_save_requirements=False,  # so are the packages
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
            TypeError: When its kind is not for W&B.
        """
        raise TypeError(f"{event} is nothing to log.")

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
        # `use_artifact` asks the server; this is what it does with an artifact that is not there
        # yet, and `wandb sync` does the same later: an equal digest is the same version.
        self._run._log_artifact(
            artifact,
            aliases=["latest", *event.aliases],
            is_user_created=event.is_input,
            use_after_commit=event.is_input,
        )

    def summarise(self, values: dict[str, Any]) -> None:
        """Put values beside the last metrics."""
        self._run.summary.update(values)

    def finish(self, exit_code: int) -> None:
        """Close the file; an exit code other than 0 marks the run failed."""
        if self._run:
            self._run.finish(exit_code=exit_code)
        if self._owns_data_dir:
            os.environ.pop(DATA_DIR, None)

    def _make_table(self, table: Table) -> Any:
        return self._wandb.Table(
            columns=[*table.columns], data=[*table.rows], allow_mixed_types=True
        )


def stop_service() -> None:
    """End a W&B process that does not answer, so that neither the run nor the exit waits for it."""
    with contextlib.suppress(Exception):  # private to W&B, and may look different tomorrow
        from wandb.sdk import wandb_setup  # noqa: PLC0415

        connection: Any = wandb_setup.singleton()._connection
        connection._cleanup()  # removes its wait for the process from the exit
        connection._torn_down = True
        connection._proc._process.kill()
        os.environ.pop("WANDB_SERVICE", None)
        wandb_setup.singleton()._connection = None


@contextlib.contextmanager
def _mute_logs() -> Iterator[None]:
    """Print no traceback where W&B's own log cannot be written, as on a full disk."""
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
def _place_service() -> Iterator[None]:
    """Let W&B's process make its socket in this process's folder for temporary files."""
    previous = os.environ.get(TEMPORARY)
    os.environ[TEMPORARY] = tempfile.gettempdir()
    try:
        yield
    finally:
        os.environ.pop(TEMPORARY)
        if previous is not None:
            os.environ[TEMPORARY] = previous
