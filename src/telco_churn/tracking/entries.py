"""What a catalog entry may say under `metadata: {wandb: ...}`, and how a mistake is told."""

import inspect
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from kedro.validation import ParameterValidationError
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogMetrics(_Entry):
    """Numbers by name, nested as they like; what is no number is left out.

    Attributes:
        prefix: Put before each name.
    """

    log: Literal["metrics"]
    prefix: str = ""


class LogTable(_Entry):
    """The first rows of a table.

    Attributes:
        rows: Fewer than `limits.table_rows`.
    """

    log: Literal["table"]
    rows: PositiveInt | None = None


class LogImage(_Entry):
    """A Matplotlib figure, figures by name, or a file that is a picture.

    Attributes:
        caption: Shown under it.
    """

    log: Literal["image"]
    caption: str | None = None


class LogPlot(_Entry):
    """A chart that W&B draws from two columns of a table.

    Attributes:
        kind: What is drawn; a histogram needs `x` alone.
        x: A column.
        y: A column.
        title: Shown above.
    """

    log: Literal["plot"]
    kind: Literal["line", "scatter", "bar", "histogram"] = "line"
    x: str
    y: str | None = None
    title: str | None = None


class LogArtifact(_Entry):
    """A W&B artifact: a reference to where the dataset lies, or the file itself.

    Attributes:
        type: As W&B groups artifacts.
        aliases: Beside `latest`.
        upload: Send the file too. Only for documents and pictures: nothing is redacted in a file.
    """

    log: Literal["artifact"]
    type: str = "dataset"
    aliases: tuple[str, ...] = ()
    upload: bool = False


Entry = LogMetrics | LogTable | LogImage | LogPlot | LogArtifact
KINDS = {get_args(kind.model_fields["log"].annotation)[0]: kind for kind in get_args(Entry)}


def read_entry(asked: Any, where: str) -> Entry:
    """Check what an entry asks for.

    Raises:
        ParameterValidationError: When `log` or another key is unknown, or a value not allowed.
    """
    if isinstance(asked, get_args(Entry)):
        return asked
    kind = asked.get("log") if isinstance(asked, Mapping) else None
    if kind not in KINDS:
        raise ParameterValidationError(
            f"{where} asks W&B for {asked!r}; write {{log: ...}} with one of {', '.join(KINDS)}."
        )
    try:
        return KINDS[kind](**asked)
    except ValidationError as error:
        raise ParameterValidationError(explain_mistakes(where, error, KINDS[kind])) from error


def find_entry(name: str, metadata: Any, globs: Mapping[str, Entry]) -> Entry | None:
    """Take what the catalog says of a dataset, else the first glob of `wandb.yml` that fits."""
    asked = metadata.get("wandb") if isinstance(metadata, Mapping) else None
    if asked:
        return read_entry(asked, f"metadata.wandb of {name} in the catalog")
    return next((entry for glob, entry in globs.items() if fnmatchcase(name, glob)), None)


def explain_mistakes(where: str, error: ValidationError, model: type[BaseModel]) -> str:
    """Say in one line what is wrong, and which keys there are."""
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
