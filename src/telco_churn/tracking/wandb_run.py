"""The one place that calls W&B.

Everything is written to a local file first, whatever the mode: a run never talks to a network.
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

from telco_churn.tracking.events import Chart, Event, Metrics, Picture, Reference, Table

DATA_DIR = "WANDB_DATA_DIR"
REPORTING = "WANDB_ERROR_REPORTING"
TEMPORARY = "TMPDIR"
FLUSH_SECONDS = 1.0  # what a process that is killed loses at most


class WandbRun:
    """A W&B run that is written to files.

    Attributes:
        id: Known before W&B is: given by a sweep, or drawn.
        folder: Where the files lie; None before it has started.
        address: Of the server to which it belongs.
    """

    def __init__(self, run_id: str, about: dict[str, Any], folder: Path) -> None:
        """Prepare a run.

        Args:
            run_id: W&B's id of it.
            about: What `wandb.init` takes of project, entity, group, tags and config.
            folder: In which W&B makes its folder `wandb/`.
        """
        self.id = run_id
        self.folder: Path | None = None
        self.address = ""
        self._about = about
        self._parent = folder
        self._run: Any = None
        self._owns_data_dir = DATA_DIR not in os.environ

    def start(self) -> None:
        """Start W&B's process and the run.

        Raises:
            Exception: Whatever W&B raises, ImportError when it is not installed.
        """
        if "wandb" not in sys.modules:  # else it is that of this process
            os.environ.pop("WANDB_SERVICE", None)  # of a process that may have ended long ago
        # Else W&B tells its makers of errors, with their messages, and of times: offline too.
        os.environ.setdefault(REPORTING, "false")
        import wandb  # noqa: PLC0415  (slow to import, and may be missing)

        self._parent.mkdir(parents=True, exist_ok=True)
        if self._owns_data_dir:  # else tables on their way lie in the home of whoever runs this
            os.environ[DATA_DIR] = str(self._parent / "wandb" / "staging")
        with _mute_logs(), _place_service():
            self._run = wandb.init(
                id=self.id,
                mode="offline",
                dir=str(self._parent),
                reinit="create_new",  # one that a node or notebook has started is theirs
                settings=_quiet_settings(),
                **self._about,
            )
        self.address = self._run.settings.base_url
        self.folder = Path(self._run.settings.sync_dir)

    @singledispatchmethod
    def log(self, event: Event) -> None:
        """Log an event.

        Raises:
            TypeError: When it is no event that W&B gets.
        """
        raise TypeError(f"{event} is nothing to log.")

    @log.register
    def _(self, event: Metrics) -> None:
        self._run.log(event.values)

    @log.register
    def _(self, event: Table) -> None:
        self._run.log({event.name: _make_table(event)})

    @log.register
    def _(self, event: Chart) -> None:
        import wandb  # noqa: PLC0415

        table = _make_table(event.table)
        draw = getattr(wandb.plot, event.kind)
        columns = [event.x] if event.kind == "histogram" else [event.x, event.y or event.x]
        self._run.log({event.table.name: draw(table, *columns, title=event.title)})

    @log.register
    def _(self, event: Picture) -> None:
        import wandb  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"picture{event.suffix}"
            file.write_bytes(event.content)
            self._run.log({event.name: wandb.Image(str(file), caption=event.caption)})

    @log.register
    def _(self, event: Reference) -> None:
        # `use_artifact` asks the server; this is what it does with an artifact that is not there
        # yet, and `wandb sync` does the same later: an equal digest is the same version.
        self._run._log_artifact(
            _make_artifact(event),
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


def stop_service() -> None:
    """End a W&B process that does not answer, so that nobody waits for it, nor does the exit."""
    with contextlib.suppress(Exception):  # W&B's own affair, which may look different tomorrow
        from wandb.sdk import wandb_setup  # noqa: PLC0415

        connection: Any = wandb_setup.singleton()._connection
        connection._cleanup()  # takes its wait for the process out of what is done at exit
        connection._torn_down = True
        connection._proc._process.kill()
        os.environ.pop("WANDB_SERVICE", None)
        wandb_setup.singleton()._connection = None


@contextlib.contextmanager
def _mute_logs() -> Iterator[None]:
    """Let no traceback be printed where W&B's own log cannot be written, on a full disk for one."""
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
    """Let W&B's process make its socket where this process makes temporary files."""
    previous = os.environ.get(TEMPORARY)
    os.environ[TEMPORARY] = tempfile.gettempdir()
    try:
        yield
    finally:
        os.environ.pop(TEMPORARY)
        if previous is not None:
            os.environ[TEMPORARY] = previous


def _quiet_settings() -> Any:
    import wandb  # noqa: PLC0415

    return wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,  # remotes may hold tokens; the commit is in the configuration
        disable_code=True,
        x_disable_machine_info=True,
        x_save_requirements=False,  # so are the packages
        host="",
        x_transaction_log_flush_interval=FLUSH_SECONDS,
    )


def _make_table(table: Table) -> Any:
    import wandb  # noqa: PLC0415

    return wandb.Table(columns=[*table.columns], data=[*table.rows], allow_mixed_types=True)


def _make_artifact(reference: Reference) -> Any:
    import wandb  # noqa: PLC0415
    from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry  # noqa: PLC0415

    artifact = wandb.Artifact(
        re.sub(r"[^\w.-]", "_", reference.name), type=reference.type, metadata=reference.facts
    )
    if reference.file:
        artifact.add_file(reference.file)
    else:
        artifact.manifest.add_entry(
            ArtifactManifestEntry(
                path=Path(reference.uri).name,
                ref=reference.uri,
                digest=reference.digest or reference.uri,
                size=reference.facts.get("bytes"),
            )
        )
    return artifact
