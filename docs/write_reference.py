"""Write the pages of docs/reference/ that follow from code and configuration, and conf/schemas/.

`make reference` runs this file. Tests compare the committed files with what it writes.
"""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import yaml
from kedro.framework.startup import bootstrap_project
from kedro.pipeline.node import Node

import kedro_asof
import telco_churn
from kedro_asof import errors
from kedro_asof.json_schemas import DescribedSchema
from telco_churn.cli import cli
from telco_churn.commands.schemas import write_schemas
from telco_churn.model.model_errors import ModelInputError
from telco_churn.parameters import BLOCKS
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipeline_registry import register_pipelines
from telco_churn.pipelines.features.nodes import describe_features, write_dictionary
from tests.end_to_end.faults import FAULTS

PROJECT = Path(__file__).parents[1]
BASE = PROJECT / "conf" / "base"
FOOTNOTE = "`make reference` writes this page from {source}."
WIDEST_DEFAULT = 60  # characters; longer values are named by their file alone

Row = tuple[str, ...]

PIPELINES = {
    "simulation": "Make the sample operator's raw tables, with errors, and its true hazard.",
    "ingestion": "Type raw rows, drop direct identifiers, reject rows by named rules.",
    "features": "Compute features for `as_of` and for past dates, from what was known then.",
    "training": "Compute features of past dates, fit a candidate, evaluate it, apply the gate.",
    "scoring": "Compute features of `as_of`, score all customers, choose contacts, commit.",
    "own_table": "Train and score a flat table, with `--env own_table`.",
    "promote": "Make a version the champion by hand: `--params version=3`.",
    "rollback": "Make the previous champion the champion again.",
    "__default__": "Without `--pipelines`: the first five, in this order.",
}


def write_pages() -> dict[str, str]:
    """Write each generated page of docs/reference/, by file name."""
    bootstrap_project(PROJECT)
    declared = yaml.safe_load((BASE / "parameters" / "features.yml").read_text())["features"]
    features = FeatureParams(**declared | {"absent": []})
    return {
        "cli.md": write_commands(),
        "parameters.md": write_parameters(),
        "catalog.md": write_catalog(),
        "pipelines.md": write_pipelines(),
        "exit-codes.md": write_exit_codes(),
        "features.md": write_dictionary(describe_features(features)),
    }


def write_commands() -> str:
    """Show the help of every command of the project, as click prints it."""
    helps = [
        f"## `{name}`\n\n```text\n{_show_help(name, command)}\n```"
        for name, command in _walk_commands("kedro", cli)
    ]
    return _join(
        "# Commands",
        "For data scientists and operators. This page is the `--help` of every command of the "
        "project, and the list of `make` recipes. Kedro's other commands are in Kedro's own "
        "documentation.",
        "## `make`",
        _table(("recipe", "does"), _read_recipes()),
        *helps,
        FOOTNOTE.format(source="the commands themselves"),
        _next("[Parameters](parameters.md)", "[Exit codes](exit-codes.md)"),
    )


def _walk_commands(prefix: str, group: click.Command) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if isinstance(command, click.Group):
            yield from _walk_commands(f"{prefix} {name}", command)
        else:
            yield f"{prefix} {name}", command


def _show_help(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
    return command.get_help(context)


def _read_recipes() -> Iterator[Row]:
    for line in (PROJECT / "Makefile").read_text().splitlines():
        target, marked, text = line.partition("## ")
        if marked and not line.startswith(("\t", "#")):
            yield f"`make {target.partition(':')[0]}`", text


def write_parameters() -> str:
    """List every parameter with its type, its value in conf/base and its meaning."""
    sections = [_write_block(name) for name in BLOCKS]
    return _join(
        "# Parameters",
        "For data scientists. This page lists every parameter that `conf/` and `--params` may set. "
        "Each block has a file of its name in `conf/base/parameters/`, or in the environment that "
        "alone uses it, and a typed model of its "
        "name in `src/telco_churn/parameters/`. "
        "An unknown key or a value out of range ends the run with exit code 2.",
        "Set one for a single run: `kedro run --pipelines training --params tuning.trials=30`. "
        "Write lists with semicolons there: `evaluation.slices=plan;region`. An empty value below "
        "is null, or too long for the table.",
        *sections,
        FOOTNOTE.format(source="the typed models and `conf/base/parameters/`"),
        _next("[Features](features.md)", "[Catalog](catalog.md)", "[Commands](cli.md)"),
    )


def _write_block(name: str) -> str:
    model = BLOCKS[name]
    file = BASE / "parameters" / f"{name}.yml"
    values = yaml.safe_load(file.read_text()) if file.exists() else {}
    schema = model.model_json_schema(schema_generator=DescribedSchema)
    rows = list(_list_fields(schema, schema, name, (values or {}).get(name)))
    summary = (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ")
    return _join(f"## `{name}`", summary, _table(("parameter", "type", "value", "meaning"), rows))


def _list_fields(
    root: Mapping[str, Any], schema: Mapping[str, Any], path: str, value: Any
) -> Iterator[Row]:
    schema = _resolve(root, schema)
    if "properties" in schema:
        for key, field in schema["properties"].items():
            given = value.get(key, field.get("default")) if isinstance(value, dict) else None
            yield from _list_field(root, field, f"{path}.{key}", given)
    else:
        yield _describe(root, schema, path, value)


def _list_field(
    root: Mapping[str, Any], field: Mapping[str, Any], path: str, value: Any
) -> Iterator[Row]:
    inner = _resolve(root, field)
    entry = inner.get("additionalProperties")
    entry = _resolve(root, entry) if isinstance(entry, dict) else {}
    if "properties" in inner:
        if inner is not field and "description" in field:
            yield f"`{path}`", "block", "", _inline(field["description"])
        yield from _list_fields(root, inner, path, value)
    elif "properties" in entry:
        yield _describe(root, field, path, None)
        yield from _list_fields(root, entry, f"{path}.<name>", None)
    else:
        yield _describe(root, field, path, value)


def _describe(root: Mapping[str, Any], field: Mapping[str, Any], path: str, value: Any) -> Row:
    meaning = _inline(field.get("description", ""))
    shown = "" if value is None else json.dumps(value, default=str)
    if len(shown) > WIDEST_DEFAULT:
        shown = ""
    return f"`{path}`", _name_type(root, field), f"`{shown}`" if shown else "", meaning


def _name_type(root: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    field = _resolve(root, field)
    if "enum" in field or "const" in field:
        return " or ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if "anyOf" in field:
        names = [_name_type(root, option) for option in field["anyOf"]]
        return " or ".join(dict.fromkeys(names))
    kind = field.get("format") or field.get("type", "value")
    if kind == "array":
        return f"list of {_name_type(root, field.get('items', {}))}"
    if kind == "object":
        entry = field.get("additionalProperties")
        return f"map to {_name_type(root, entry)}" if isinstance(entry, dict) else "block"
    bounds = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    limits = [text.format(f"{field[key]:g}") for key, text in bounds.items() if key in field]
    names = {"string": "text", "boolean": "true or false", "null": "null"}
    return ", ".join([names.get(kind, kind), *limits])


def _resolve(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if reference else schema


def write_catalog() -> str:
    """List the datasets of conf/base/catalog/, file by file."""
    made = {
        output: node.name
        for pipeline in register_pipelines().values()
        for node in pipeline.nodes
        for output in node.outputs
    }
    sections = []
    for file in sorted((BASE / "catalog").glob("*.yml")):
        entries = yaml.safe_load(file.read_text())
        rows = [_describe_dataset(name, entry, made) for name, entry in entries.items()]
        if any(rows):
            headings = ("dataset", "type", "place", "made by", "contract")
            table = _table(headings, filter(None, rows))
            sections.append(_join(f"## `conf/base/catalog/{file.name}`", table))
    return _join(
        "# Catalog",
        "For data scientists. This page lists every dataset that the catalog defines: how it is "
        "stored, where, which node makes it, and which Pandera contract it keeps. `data/` is the "
        "folder of the base environment; other environments have another one.",
        *sections,
        FOOTNOTE.format(source="`conf/base/catalog/`"),
        _next("[Pipelines](pipelines.md)", "[Contracts](../concepts/contracts.md)"),
    )


def _describe_dataset(name: str, entry: Any, made: Mapping[str, str]) -> Row | None:
    if name.startswith("_"):
        return None
    inner = entry.get("dataset", entry)
    place = inner.get("filepath") or inner.get("name") or inner.get("table_name") or ""
    place = str(place).replace("${globals:data}", "data").replace("${_as_of}", "…")
    contract = entry.get("validator") or inner.get("contract", "")
    contract = contract["class"] if isinstance(contract, dict) else contract
    kind = inner["type"].rpartition(".")[2] if isinstance(inner, dict) else inner
    return (
        f"`{name}`",
        f"`{kind}`",
        f"`{place}`" if place else "",
        f"`{made[name]}`" if name in made else "",
        f"`{contract.rpartition('.')[2]}`" if contract else "",
    )


def write_pipelines() -> str:
    """List the registered pipelines, then the nodes of each namespace."""
    pipelines = register_pipelines()
    nodes = {node.name: node for pipeline in pipelines.values() for node in pipeline.nodes}
    spaces: dict[str, list[Node]] = {}
    for node in nodes.values():
        spaces.setdefault(str(node.namespace), []).append(node)
    registered = [
        (f"`{name}`", PIPELINES[name], ", ".join(_list_namespaces(pipeline.nodes)))
        for name, pipeline in pipelines.items()
    ]
    sections = [
        _join(f"## Nodes of `{space}`", _table(("node", "does"), map(_describe_node, nodes)))
        for space, nodes in sorted(spaces.items())
    ]
    return _join(
        "# Pipelines and nodes",
        "For data scientists. This page lists what `kedro run --pipelines` accepts, and what each "
        "node does. `make viz` draws the same graph in a browser.",
        _table(("pipeline", "does", "nodes of"), registered),
        *sections,
        FOOTNOTE.format(source="the pipelines and the docstrings of their nodes"),
        _next("[Catalog](catalog.md)", "[Commands](cli.md)"),
    )


def _list_namespaces(nodes: Iterable[Node]) -> list[str]:
    return sorted({f"`{node.namespace}`" for node in nodes})


def _describe_node(node: Node) -> Row:
    function = inspect.unwrap(node.func)
    function = getattr(function, "func", function)  # of a partial
    return f"`{node.name}`", _inline((inspect.getdoc(function) or "").split("\n\n")[0])


def write_exit_codes() -> str:
    """Show the exit codes, and every error with the code that it ends a run with."""
    import_modules()
    return _join(
        "# Exit codes and errors",
        "For operators and schedulers. This page says what each exit code means, whether a retry "
        "helps, and which error ends with it.",
        inspect.getdoc(errors.ExitCode) or "",
        "The last line of a run names what was found, what is allowed and what to do. Whatever the "
        "code, the scores of earlier runs stay readable and whole.",
        "`deploy/score.sh` and `deploy/retry.sh` end with 143 when SIGTERM or Ctrl-C stops them.",
        "## Faults",
        "`tests/end_to_end/test_faults.py` makes each of these faults with a command, and checks "
        "the exit code and the last line. The output has no traceback; `--verbose` adds it.",
        *map(_list_faults, FAULTS),
        "## Errors",
        _table(
            ("error", "exit code", "when"),
            [*_walk_errors(errors.InputError, 0), *_walk_errors(ModelInputError, 0)],
        ),
        FOOTNOTE.format(
            source="the classes of `src/kedro_asof/errors.py` and their subclasses, and "
            "`tests/end_to_end/faults.py`"
        ),
        _next(
            "[Schedule runs](../how-to/schedule-runs.md)",
            "[Score a date](../how-to/score-a-date.md)",
        ),
    )


def import_modules() -> None:
    """Import every module of the two packages, so that each error class is defined."""
    for package in (kedro_asof, telco_churn):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def _list_faults(group: str) -> str:
    rows = [(fault.title, str(int(fault.code))) for fault in FAULTS[group]]
    return _join(f"### {group}", _table(("fault", "exit code"), rows))


def _walk_errors(error: type[Any], depth: int) -> Iterator[Row]:
    indent = "&nbsp;" * 4 * depth
    summary = _inline((inspect.getdoc(error) or "").split("\n\n")[0])
    yield f"{indent}`{error.__name__}`", str(int(error.exit_code)), summary
    for child in _list_children(error):
        yield from _walk_errors(child, depth + 1)


def draw_errors(*modules: ModuleType) -> str:
    """Draw the hierarchy of the errors that are defined in modules, as their docstrings show it."""
    names = {module.__name__ for module in modules}
    return "\n".join(_draw_branch(errors.InputError, names, "    ", "    "))


def _draw_branch(
    error: type[errors.InputError], modules: set[str], head: str, indent: str
) -> Iterator[str]:
    yield f"{head}{error.__name__} ({int(error.exit_code)})"
    children = [each for each in _list_children(error) if each.__module__ in modules]
    for number, child in enumerate(children, start=1):
        branch, below = ("└── ", "    ") if number == len(children) else ("├── ", "│   ")
        yield from _draw_branch(child, modules, indent + branch, indent + below)


def _list_children(error: type[Any]) -> list[type[Any]]:
    return sorted(error.__subclasses__(), key=lambda each: each.__name__)


def _inline(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(headings: Row, rows: Iterable[Row]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _next(*links: str) -> str:
    return "\n".join(["## Next", "", *(f"- {link}" for link in links)])


def _join(*parts: str) -> str:
    return "\n\n".join(parts).rstrip() + ("\n" if parts[0].startswith("# ") else "")


if __name__ == "__main__":
    for name, page in write_pages().items():
        (PROJECT / "docs" / "reference" / name).write_text(page)
    write_schemas(PROJECT / "conf" / "schemas")
