"""The settings in `conf/base/wandb.yml`.

In: the file as a dictionary. Out: a frozen `WandbConfig`, or one error that lists the known keys.
"""

import os
from collections.abc import Mapping
from typing import Any, Literal

from kedro.validation import ParameterValidationError
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

from kedro_wandb.log_specs import FrozenModel, LogSpec, explain_errors, read_spec

MODES = ("offline", "online", "disabled")  # allowed in WANDB_MODE
OLD_MODES = {"dryrun": "offline", "run": "online"}  # W&B's older words


class Limits(FrozenModel):
    """How much of a dataset is logged at most.

    Attributes:
        table_rows: First rows of a table.
        text_length: Characters of a text in a table.
        image_bytes: Size of one picture; a figure is drawn smaller until it fits.
        upload_bytes: Size of a file with `upload: true`.
        digest_bytes: Size up to which a dataset is read for its digest; beyond it, the digest
            covers names, sizes and times of its files.
    """

    table_rows: PositiveInt = 1000
    text_length: PositiveInt = 2000
    image_bytes: PositiveInt = 2_000_000
    upload_bytes: PositiveInt = 10_000_000
    digest_bytes: PositiveInt = 256_000_000


class Redaction(FrozenModel):
    """Names that never leave the machine, as globs that ignore case.

    Attributes:
        columns: Columns and parameters to keep back.
        identifiers: Columns that point to a person or to something a person owns.
        action: `drop` leaves them out, `hash` puts a keyed digest in place of each value.
        salt: Key of the hashes. With None a key is drawn for each run, so values can be compared
            within a run alone.
    """

    columns: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ("*_id", "id", "name", "*_name", "email", "phone")
    action: Literal["drop", "hash"] = "drop"
    salt: str | None = None


class Timeouts(FrozenModel):
    """Seconds that a Kedro run waits for tracking at most.

    Attributes:
        start: At its start. A slower W&B goes on starting beside the run.
        finish: At its end, sending included.
    """

    start: PositiveFloat = 20.0
    finish: PositiveFloat = 60.0


class WandbConfig(FrozenModel):
    """Where runs go and what is logged.

    Attributes:
        project: The W&B project.
        entity: The W&B team or user; None is the default of the account.
        mode: `auto` is online where there is a key (WANDB_API_KEY, or `wandb: {api_key: ...}` in
            credentials.yml), else offline. WANDB_MODE overrides it.
        folder: Parent of W&B's folder `wandb/`.
        datasets: Globs of dataset names, each with the block that a catalog entry would have
            under `metadata: {wandb: ...}`. A block in the catalog overrides it.
        lineage: Globs of the kept datasets that become artifacts when they are loaded or saved.
        limits: Sizes.
        redact: Names that never leave.
        timeouts: Bounds of waiting.
    """

    project: str
    entity: str | None = None
    mode: Literal["auto", "offline", "online", "disabled"] = "auto"
    folder: str = "."
    datasets: dict[str, LogSpec] = Field(default_factory=dict)
    lineage: tuple[str, ...] = ("*",)
    limits: Limits = Limits()
    redact: Redaction = Redaction()
    timeouts: Timeouts = Timeouts()


def read_config(content: Mapping[str, Any], where: str = "conf/base/wandb.yml") -> WandbConfig:
    """Check the content of `wandb.yml`.

    Raises:
        ParameterValidationError: When a key is unknown or a value is not allowed.
    """
    datasets = content.get("datasets") or {}
    if not isinstance(datasets, Mapping):
        raise ParameterValidationError(
            f"{where}: datasets is {datasets!r}; write a glob and what to log of it: "
            '{"*_plot": {log: image}}.'
        )
    specs = {
        glob: read_spec(each, f"datasets.{glob} in {where}") for glob, each in datasets.items()
    }
    try:
        return WandbConfig(**(dict(content) | {"datasets": specs}))
    except ValidationError as error:
        raise ParameterValidationError(explain_errors(where, error, WandbConfig)) from error


def choose_mode(config: WandbConfig, has_key: bool) -> Literal["offline", "online", "disabled"]:
    """Resolve `auto`; WANDB_MODE overrides the file, and WANDB_DISABLED overrides both.

    Raises:
        ParameterValidationError: When WANDB_MODE is unknown.
    """
    if os.environ.get("WANDB_DISABLED", "").lower() in {"1", "true", "yes", "on"}:
        return "disabled"
    mode = os.environ.get("WANDB_MODE") or config.mode
    mode = OLD_MODES.get(mode, mode)
    if mode == "auto":
        return "online" if has_key else "offline"
    if mode not in MODES:
        raise ParameterValidationError(f"WANDB_MODE is {mode!r}; it may be {', '.join(MODES)}.")
    return mode  # type: ignore[return-value]  # one of MODES
