"""What `conf/base/wandb.yml` may say, and how a mistake in it is told.

In: the file as a dictionary. Out: a frozen `WandbConfig`, or one error that lists what is known.
"""

import os
from collections.abc import Mapping
from typing import Any, Literal

from kedro.validation import ParameterValidationError
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from telco_churn.tracking.entries import Entry, explain_mistakes, read_entry

Mode = Literal["auto", "offline", "online", "disabled"]
ALSO_SAID = {"dryrun": "offline", "run": "online"}  # W&B's older words
MODES = ("offline", "online", "disabled")  # what WANDB_MODE may say


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Block):
    """How much of a dataset is logged at most.

    Attributes:
        table_rows: The first rows of a table.
        text_length: Characters of a text in a table.
        image_bytes: Of one picture; a figure is drawn smaller until it fits.
        upload_bytes: Of a file that its entry asks to upload.
        digest_bytes: Of a dataset that are read for its digest; what is larger is known by the
            names, sizes and times of its files.
    """

    table_rows: PositiveInt = 1000
    text_length: PositiveInt = 2000
    image_bytes: PositiveInt = 2_000_000
    upload_bytes: PositiveInt = 10_000_000
    digest_bytes: PositiveInt = 256_000_000


class Redaction(_Block):
    """What never leaves, by name; globs, in any case of letters.

    Attributes:
        columns: Columns and parameters that somebody decided to keep back.
        identifiers: Columns that point to a person or to what is a person's.
        action: `drop` leaves them out, `hash` puts a keyed digest in place of each value.
        salt: Key of the hashes. None draws one for each run: equal values are equal within a
            run alone.
    """

    columns: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ("*_id", "id", "name", "*_name", "email", "phone")
    action: Literal["drop", "hash"] = "drop"
    salt: str | None = None


class Timeouts(_Block):
    """Seconds that a Kedro run waits for tracking at most.

    Attributes:
        start: At its begin. A W&B that is slower goes on starting beside the run.
        finish: At its end, sending included.
    """

    start: PositiveFloat = 20.0
    finish: PositiveFloat = 60.0


class WandbConfig(_Block):
    """Where runs go and what is logged.

    Attributes:
        project: The W&B project.
        entity: The W&B team or user; None is the default of the account.
        mode: `auto` is online where there is a key (WANDB_API_KEY, or `wandb: {api_key: ...}` in
            credentials.yml) and offline where there is none. WANDB_MODE wins over it.
        folder: In which W&B makes its folder `wandb/`.
        datasets: Globs of dataset names, each with what a catalog entry would say under
            `metadata: {wandb: ...}`. A catalog entry that says something itself wins.
        lineage: Globs of the kept datasets that become artifacts when they are loaded or saved.
        limits: Sizes.
        redact: What never leaves.
        timeouts: Bounds of waiting.
    """

    project: str
    entity: str | None = None
    mode: Mode = "auto"
    folder: str = "."
    datasets: dict[str, Entry] = Field(default_factory=dict)
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
    entries = {
        glob: read_entry(asked, f"datasets.{glob} in {where}") for glob, asked in datasets.items()
    }
    try:
        return WandbConfig(**(dict(content) | {"datasets": entries}))
    except ValidationError as error:
        raise ParameterValidationError(explain_mistakes(where, error, WandbConfig)) from error


def choose_mode(config: WandbConfig, has_key: bool) -> Literal["offline", "online", "disabled"]:
    """Say what `auto` means here, and let WANDB_MODE win, and WANDB_DISABLED over it.

    Raises:
        ParameterValidationError: When WANDB_MODE says something unknown.
    """
    if os.environ.get("WANDB_DISABLED", "").lower() in {"1", "true", "yes", "on"}:
        return "disabled"
    asked = os.environ.get("WANDB_MODE") or config.mode
    asked = ALSO_SAID.get(asked, asked)
    if asked == "auto":
        return "online" if has_key else "offline"
    if asked not in MODES:
        raise ParameterValidationError(f"WANDB_MODE is {asked!r}; it may be {', '.join(MODES)}.")
    return asked  # type: ignore[return-value]  # one of MODES
