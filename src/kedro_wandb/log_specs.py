"""What a catalog entry may ask for under `metadata: {wandb: ...}`.

In: that block as a dictionary. Out: a frozen `LogSpec`, or one error that lists the known keys.
"""

import inspect
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from kedro.validation import ParameterValidationError
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

PICTURES = (".png", ".jpg", ".jpeg", ".gif")  # file suffixes that `log: image` takes
DOCUMENTS = (".html", ".md", ".pdf", ".svg", ".txt", *PICTURES)  # that `upload: true` takes


class FrozenModel(BaseModel):
    """A block of configuration: read once, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogMetrics(FrozenModel):
    """Numbers by name, at any depth; other values are left out.

    Attributes:
        prefix: Put before each name.
    """

    log: Literal["metrics"]
    prefix: str = ""


class LogTable(FrozenModel):
    """The first rows of a table.

    Attributes:
        rows: Fewer than `limits.table_rows`.
    """

    log: Literal["table"]
    rows: PositiveInt | None = None


class LogImage(FrozenModel):
    """A Matplotlib figure, figures by name, or a picture file.

    Attributes:
        caption: Shown under it.
    """

    log: Literal["image"]
    caption: str | None = None


class LogPlot(FrozenModel):
    """A chart that W&B draws from columns of a table.

    Attributes:
        kind: Kind of chart; a histogram needs `x` alone.
        x: A column.
        y: A column.
        title: Shown above.
    """

    log: Literal["plot"]
    kind: Literal["line", "scatter", "bar", "histogram"] = "line"
    x: str
    y: str | None = None
    title: str | None = None


class LogArtifact(FrozenModel):
    """A W&B artifact: a reference to the dataset's location, or the file itself.

    Attributes:
        type: W&B groups artifacts by it.
        aliases: Beside `latest`.
        upload: Send the file too. Only for documents and pictures: nothing is redacted in a file.
    """

    log: Literal["artifact"]
    type: str = "dataset"
    aliases: tuple[str, ...] = ()
    upload: bool = False


LogSpec = LogMetrics | LogTable | LogImage | LogPlot | LogArtifact
KINDS = {get_args(kind.model_fields["log"].annotation)[0]: kind for kind in get_args(LogSpec)}


def read_spec(content: Any, where: str) -> LogSpec:
    """Check one block.

    Raises:
        ParameterValidationError: When `log` or another key is unknown, or a value not allowed.
    """
    if isinstance(content, get_args(LogSpec)):
        return content
    kind = content.get("log") if isinstance(content, Mapping) else None
    if kind not in KINDS:
        raise ParameterValidationError(
            f"{where} asks W&B for {content!r}; write {{log: ...}} with one of {', '.join(KINDS)}."
        )
    try:
        return KINDS[kind](**content)
    except ValidationError as error:
        raise ParameterValidationError(explain_errors(where, error, KINDS[kind])) from error


def read_metadata(name: str, metadata: Any) -> LogSpec | None:
    """Check the metadata of a catalog entry; None when W&B is not mentioned.

    Raises:
        ParameterValidationError: As `read_spec`.
    """
    content = metadata.get("wandb") if isinstance(metadata, Mapping) else None
    return read_spec(content, f"metadata.wandb of {name} in the catalog") if content else None


def find_spec(name: str, metadata: Any, globs: Mapping[str, LogSpec]) -> LogSpec | None:
    """Return the spec in the catalog, else that of the first matching glob of `wandb.yml`."""
    matches = (spec for glob, spec in globs.items() if fnmatchcase(name, glob))
    return read_metadata(name, metadata) or next(matches, None)


def explain_errors(where: str, error: ValidationError, model: type[BaseModel]) -> str:
    """Name each mistake, and the known keys, in one line."""
    return f"{where}: " + "; ".join(_explain(fault, model) for fault in error.errors()) + "."


def _explain(fault: Any, model: type[BaseModel]) -> str:
    path = [str(part) for part in fault["loc"]]
    if fault["type"] == "extra_forbidden":
        known = ", ".join(_find_block(model, path[:-1]).model_fields)
        return f"unknown key {'.'.join(path)!r}; known are {known}"
    if fault["type"] == "missing":
        return f"{'.'.join(path)} is missing"
    return f"{'.'.join(path)} is {fault['input']!r}: {fault['msg']}"


def _find_block(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
            model = annotation
    return model
