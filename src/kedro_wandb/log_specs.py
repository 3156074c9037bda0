"""The blocks that a catalog entry may have under `metadata: {wandb: ...}`.

In: a block as a dictionary. Out: a frozen `LogSpec`, or one error that lists the allowed keys.
"""

import inspect
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from kedro.validation import ParameterValidationError
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

PICTURES = (".png", ".jpg", ".jpeg", ".gif")  # file suffixes allowed for `log: image`
DOCUMENTS = (".html", ".md", ".pdf", ".svg", ".txt", *PICTURES)  # and for `upload: true`


class FrozenModel(BaseModel):
    """A block of configuration: immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogMetrics(FrozenModel):
    """Numbers by name, at any depth of a dictionary; other values are left out.

    Attributes:
        prefix: Text put before each name.
    """

    log: Literal["metrics"]
    prefix: str = ""


class LogTable(FrozenModel):
    """The first rows of a table.

    Attributes:
        rows: Number of rows; `limits.table_rows` is the maximum and the default.
    """

    log: Literal["table"]
    rows: PositiveInt | None = None


class LogImage(FrozenModel):
    """A Matplotlib figure, figures by name, or a picture file.

    Attributes:
        caption: Text under the picture.
    """

    log: Literal["image"]
    caption: str | None = None


class LogPlot(FrozenModel):
    """A chart that W&B draws from columns of a table.

    Attributes:
        kind: Kind of chart; a histogram needs only `x`.
        x: Column of the horizontal axis.
        y: Column of the vertical axis.
        title: Text above the chart; the default is the name of the dataset.
    """

    log: Literal["plot"]
    kind: Literal["line", "scatter", "bar", "histogram"] = "line"
    x: str
    y: str | None = None
    title: str | None = None


class LogArtifact(FrozenModel):
    """A W&B artifact: a reference to the dataset's location, or the file itself.

    Attributes:
        type: Type of the artifact, by which W&B groups artifacts.
        aliases: Aliases in addition to `latest`.
        upload: Whether to upload the file: only documents and pictures, which are not redacted.
    """

    log: Literal["artifact"]
    type: str = "dataset"
    aliases: tuple[str, ...] = ()
    upload: bool = False


LogSpec = LogMetrics | LogTable | LogImage | LogPlot | LogArtifact
KINDS = {get_args(kind.model_fields["log"].annotation)[0]: kind for kind in get_args(LogSpec)}


def read_spec(content: Any, where: str) -> LogSpec:
    """Validate one block; `where` names its place in error messages.

    Raises:
        ParameterValidationError: If `log` or another key is unknown, or a value is not allowed.
    """
    if isinstance(content, get_args(LogSpec)):
        return content
    kind = content.get("log") if isinstance(content, Mapping) else None
    if kind not in KINDS:
        raise ParameterValidationError(
            f"Invalid {where}: found {content!r}, expected {{log: ...}} with one of "
            f"{', '.join(KINDS)}."
        )
    try:
        return KINDS[kind](**content)
    except ValidationError as error:
        raise ParameterValidationError(explain_errors(where, error, KINDS[kind])) from error


def read_metadata(name: str, metadata: Any) -> LogSpec | None:
    """Validate the metadata of a catalog entry; None if it has no `wandb` block.

    Raises:
        ParameterValidationError: As `read_spec`.
    """
    content = metadata.get("wandb") if isinstance(metadata, Mapping) else None
    return read_spec(content, f"metadata.wandb of {name} in the catalog") if content else None


def find_spec(name: str, metadata: Any, globs: Mapping[str, LogSpec]) -> LogSpec | None:
    """Return the spec in the catalog, else the spec of the first matching glob in `wandb.yml`."""
    matches = (spec for glob, spec in globs.items() if fnmatchcase(name, glob))
    return read_metadata(name, metadata) or next(matches, None)


def explain_errors(where: str, error: ValidationError, model: type[BaseModel]) -> str:
    """List all mistakes in one line, each with the allowed keys or values."""
    mistakes = "; ".join(_explain(fault, model) for fault in error.errors())
    return f"Invalid {where}: {mistakes}."


def _explain(fault: Any, model: type[BaseModel]) -> str:
    path = [str(part) for part in fault["loc"]]
    if fault["type"] == "extra_forbidden":
        known = ", ".join(_find_block(model, path[:-1]).model_fields)
        return f"unknown key {'.'.join(path)!r}, allowed are {known}"
    if fault["type"] == "missing":
        return f"missing key {'.'.join(path)!r}"
    return f"{'.'.join(path)} is {fault['input']!r}: {fault['msg']}"


def _find_block(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
            model = annotation
    return model
