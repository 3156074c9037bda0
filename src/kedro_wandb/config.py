"""The settings in `conf/base/wandb.yml`.

In: the file as a dictionary. Out: a frozen `WandbConfig`, or one error that lists the allowed keys.
"""

import os
from collections.abc import Mapping
from typing import Any, Literal

from kedro.validation import ParameterValidationError
from pydantic import Field, PositiveFloat, PositiveInt, ValidationError

from kedro_wandb.log_specs import FrozenModel, LogSpec, explain_errors, read_spec

MODES = ("offline", "online", "disabled")  # allowed in WANDB_MODE
OLD_MODES = {"dryrun": "offline", "run": "online"}  # names in older versions of W&B


class Limits(FrozenModel):
    """Upper limits on what is logged of a dataset.

    Attributes:
        table_rows: First rows of a table.
        text_length: Characters of a text in a table cell.
        image_bytes: Size of one picture; a figure is drawn at a lower resolution until it fits.
        upload_bytes: Size of a file with `upload: true`.
        digest_bytes: Size up to which the digest of a dataset covers its content. The digest of a
            larger dataset covers the names, sizes and times of its files.
    """

    table_rows: PositiveInt = 1000
    text_length: PositiveInt = 2000
    image_bytes: PositiveInt = 2_000_000
    upload_bytes: PositiveInt = 10_000_000
    digest_bytes: PositiveInt = 256_000_000


class Redaction(FrozenModel):
    """Names whose values never leave the machine, as globs that ignore case.

    Attributes:
        columns: Columns and parameters to redact.
        identifiers: Columns that identify a person or something a person owns.
        action: `drop` leaves the values out, `hash` replaces each value with a keyed digest.
        salt: Key of the hashes. With None, each run draws a key, and hashes of different runs
            cannot be compared.
    """

    columns: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ("*_id", "id", "name", "*_name", "email", "phone")
    action: Literal["drop", "hash"] = "drop"
    salt: str | None = None


class Timeouts(FrozenModel):
    """Seconds that a Kedro run waits for tracking at most.

    Attributes:
        start: At the start of the run. If W&B needs longer, the run begins in the meantime.
        finish: At the end of the run, including the upload.
    """

    start: PositiveFloat = 20.0
    finish: PositiveFloat = 60.0


class WandbConfig(FrozenModel):
    """Settings of the plugin: where runs are logged, and what of them.

    Attributes:
        project: W&B project.
        entity: W&B team or user; None is the default of the account.
        mode: `auto` is online if a key is set (WANDB_API_KEY, or `wandb: {api_key: ...}` in
            credentials.yml), else offline. WANDB_MODE overrides this setting.
        folder: Parent of W&B's folder `wandb/`.
        datasets: Blocks by glob of dataset names. A block has the same keys as `metadata:
            {wandb: ...}` of a catalog entry, which overrides it.
        lineage: Globs of the persisted datasets that become artifacts when they are loaded or
            saved.
        limits: Upper limits on rows, texts and sizes.
        redact: Names whose values never leave the machine.
        timeouts: Upper limits on waiting.
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
    """Validate the content of `wandb.yml`.

    Raises:
        ParameterValidationError: If a key is unknown or missing, or a value is not allowed.
    """
    datasets = content.get("datasets") or {}
    if not isinstance(datasets, Mapping):
        raise ParameterValidationError(
            f"Invalid datasets {datasets!r} in {where}: expected a glob with what to log. Write, "
            'for example, {"*_plot": {log: image}}.'
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
        ParameterValidationError: If the value of WANDB_MODE is unknown.
    """
    if os.environ.get("WANDB_DISABLED", "").lower() in {"1", "true", "yes", "on"}:
        return "disabled"
    mode = os.environ.get("WANDB_MODE") or config.mode
    mode = OLD_MODES.get(mode, mode)
    if mode == "auto":
        return "online" if has_key else "offline"
    if mode not in MODES:
        allowed = ", ".join(MODES)
        raise ParameterValidationError(f"Invalid WANDB_MODE {mode!r}: allowed are {allowed}.")
    return mode  # type: ignore[return-value]  # one of MODES
