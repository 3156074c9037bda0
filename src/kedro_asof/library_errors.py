"""Explain errors of Kedro, YAML, OmegaConf and DuckDB in one line that says what to do.

In: an error, and the options of the command that it ended. Out: an error of ours, or None.
"""

import ast
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml
from kedro.config import OmegaConfigLoader
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.project import pipelines, settings
from kedro.io import DatasetError
from kedro.pipeline import Pipeline
from kedro.validation.exceptions import DataValidationError
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from kedro_asof.catalog_faults import find_catalog_fault
from kedro_asof.engines.source_files import find_damaged_file
from kedro_asof.errors import (
    BrokenContractError,
    InputError,
    WrongCallError,
    join_lines,
    take_first_line,
    walk_causes,
)
from kedro_asof.file_errors import UnreadableFileError, find_reason
from kedro_asof.project import find_project
from kedro_asof.suggestions import describe_unknown, suggest

Options = Mapping[str, Any]

RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
NAMED = re.compile(
    r"Pipeline does not contain (?P<kind>nodes with the following namespaces|nodes|datasets)\b.*?"
    r"(?P<names>\[.*\])"
)
KINDS = {"nodes": "node", "datasets": "dataset", "nodes with the following namespaces": "namespace"}
NO_NODES = "Pipeline contains no nodes after applying all provided filters"
LOAD_VERSIONS = re.compile(r"'load_versions' keys \[(.*?)\] are not found")
FAILED = re.compile(
    r"^(?:(?P<name>[\w.:{}@]+): )?Failed while (?P<what>loading|saving).*?"
    r"(?:filepath=(?:\w*Path\()?'?(?P<path>[^',)]+).*?)?\)\.\n",
    re.DOTALL,
)
ENTRY = re.compile(
    "when parsing config for dataset|for the constructor of|Failed to instantiate|"
    "is not a valid dataset configuration|Invalid validator declaration"
)
ABSENT = re.compile(r"(?:Dataset|Pipeline input\(s\)) \{?'(?:params:)?([\w.]+)'")
DAMAGE = re.compile(
    r"magic bytes|too small to be|[Cc]orrupt|[Dd]ecompress|Thrift|TProtocol|Out of buffer|"
    r"Invalid Input Error|No files found|not a Parquet|UTF-?8",
)


def explain_library_error(error: BaseException, options: Options) -> InputError | None:
    """Explain an error by its causes, the outermost first.

    Args:
        error: The error that ended a command.
        options: The options of the command by parameter name, such as `env` and `tags`.
    """
    explanations: list[Callable[[BaseException, Options], InputError | None]] = [
        _explain_call,
        _explain_yaml,
        _explain_interpolation,
        _explain_selection,
        _explain_absent,
        _explain_contract,
        _explain_damage,
        _explain_load,
        _explain_catalog,
    ]
    for explain in explanations:
        for cause in walk_causes(error):
            if explained := explain(cause, options):
                return explained
    return None


def _explain_call(error: BaseException, options: Options) -> InputError | None:
    """Explain wrong options of `kedro run`, and a pipeline that does not exist."""
    if isinstance(error, KedroCliError):
        return WrongCallError(str(error.message))
    runner = str(options.get("runner") or "")
    if runner and isinstance(error, AttributeError | ImportError) and "runner" in str(error):
        return WrongCallError(describe_unknown("runner", runner, RUNNERS))
    cause = error.__cause__
    if "Failed to find the pipeline" in str(error) and isinstance(cause, KeyError) and cause.args:
        known = list_pipelines(options)
        if cause.args[0] not in known:
            return WrongCallError(describe_unknown("pipeline", cause.args[0], known))
    return None


def _explain_yaml(error: BaseException, options: Options) -> InputError | None:
    """Name the file, the line and the fault of YAML that cannot be read."""
    is_about_yaml = isinstance(error, yaml.YAMLError | UnicodeError | OmegaConfBaseException)
    for file in _list_configuration(options) if is_about_yaml else ():
        if fault := _find_yaml_fault(file):
            return WrongCallError(f"Invalid YAML in {file}{fault}. Correct the file.")
    return None


def _list_configuration(options: Options) -> list[Path]:
    """List the YAML files of `base` and of the environment."""
    folder = Path(options.get("conf_source") or find_project() / settings.CONF_SOURCE)
    env = options.get("env") or os.environ.get("KEDRO_ENV") or "local"
    return sorted(file for name in ("base", env) for file in (folder / name).rglob("*.yml"))


def _find_yaml_fault(file: Path) -> str | None:
    """Return the line and the fault of a file; None for a file that can be read."""
    try:
        found = OmegaConf.load(file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        is_tab = "cannot start any token" in str(error.problem) and _begins_with_tab(file, line)
        problem = "a tab; YAML indents with spaces" if is_tab else error.problem
        return f", line {line}: {problem}"
    except (UnicodeError, yaml.YAMLError):
        return ": it is not text in UTF-8"
    except OSError as error:
        return f": {error.strerror}"
    is_mapping = isinstance(found, DictConfig)
    return None if is_mapping else ": expected names with values, `name: value`, found a list"


def _begins_with_tab(file: Path, line: int) -> bool:
    text = file.read_text("utf-8", errors="replace").splitlines()[line - 1]
    return "\t" in text[: len(text) - len(text.lstrip())]


def _explain_interpolation(error: BaseException, options: Options) -> InputError | None:
    """Explain a `${variable}` that does not exist, and a key in two files."""
    if isinstance(error, ValueError) and str(error).startswith("Duplicate keys found"):
        return WrongCallError(f"{take_first_line(error)}. Keep one of them.")
    if not isinstance(error, OmegaConfBaseException):
        return None
    where = f" in {error.full_key}" if error.full_key else ""
    found = re.search(r"[Kk]ey '(\w+)' not found", str(error))
    meant = suggest(found[1], _read_globals(options)) if found else ""
    return WrongCallError(
        f"Invalid variable{where}: {take_first_line(error).rstrip('.')}.{meant} Correct the file "
        "in conf/, or add the variable to globals.yml."
    )


def _explain_selection(error: BaseException, options: Options) -> InputError | None:
    """Explain names of nodes, tags, namespaces and datasets that no chosen pipeline has."""
    message = str(error)
    if isinstance(error, DatasetError) and (versions := LOAD_VERSIONS.search(message)):
        name = versions[1].split(", ")[0]
        return WrongCallError(describe_unknown("dataset", name, _list_names("dataset", options)))
    if not isinstance(error, ValueError):
        return None
    if found := NAMED.search(message):
        kind, name = KINDS[found["kind"]], str(ast.literal_eval(found["names"])[0])
        return WrongCallError(describe_unknown(kind, name, _list_names(kind, options)))
    if NO_NODES not in message:
        return None
    known = set(_list_names("tag", options))
    unknown = [tag for tag in options.get("tags") or () if tag not in known]
    if unknown:
        return WrongCallError(describe_unknown("tag", unknown[0], known))
    return WrongCallError(
        "No node is left to run: no node of the chosen pipelines satisfies all options at once. "
        "Remove --tags, --nodes, --namespaces, --from-... or --to-..."
    )


def _explain_absent(error: BaseException, _: Options) -> InputError | None:
    """Explain a parameter or dataset that pipelines read and no configuration file has."""
    absent = ABSENT.search(str(error))
    if not absent or "not found in the" not in str(error):
        return None
    return WrongCallError(
        f"Missing {absent[1]!r}: no file in conf/base or in the environment has this parameter or "
        "dataset, which the chosen pipelines read. Add it, or choose another --env."
    )


def _explain_contract(error: BaseException, _: Options) -> InputError | None:
    """Put Kedro's message about a broken contract on one line."""
    if not isinstance(error, DataValidationError):
        return None
    failures = re.sub(r"^Validation failed.*?\n\(validator: .*?\)\n", "", str(error))
    return BrokenContractError(f"{error.dataset_name}: {join_lines(failures)}")


def _explain_damage(error: BaseException, _: Options) -> InputError | None:
    """Name the damaged file that a query read; DuckDB often names none."""
    if not isinstance(error, duckdb.Error) or not DAMAGE.search(str(error)):
        return None
    file = find_damaged_file()
    if file is None:
        return None
    return UnreadableFileError(
        f"Damaged file {file}: {find_reason(error, file)}. Restore it from a backup, deliver it "
        "again, or run the pipeline that writes it."
    )


def _explain_load(error: BaseException, options: Options) -> InputError | None:
    """Explain a file that a dataset of another library cannot read."""
    if not isinstance(error, DatasetError) or not (found := FAILED.search(str(error))):
        return None
    cause = error.__cause__
    while isinstance(cause, DatasetError):  # the catalog adds the name of the dataset
        cause = cause.__cause__
    name, path = found["name"] or "", found["path"]
    if found["what"] != "loading" or not path:
        return None
    if isinstance(cause, FileNotFoundError):
        fault = f"File not found: {path}"
    elif isinstance(cause, ValueError):
        fault = f"Cannot read {path}: {find_reason(cause, path)}"
    else:
        return None
    subject = f"{name}: " if name else ""
    return UnreadableFileError(f"{subject}{fault}. {_advise_writer(name, options)}")


def _explain_catalog(error: BaseException, options: Options) -> InputError | None:
    """Look for the fault in the catalog if Kedro could not make a dataset or a validator."""
    if isinstance(error, KeyError) and "Unable to find credentials" in str(error):
        name = str(error).split("'")[1]
        return WrongCallError(
            f"Missing credentials {name!r}: a catalog entry names them. Add them to "
            "credentials.yml of the environment or of conf/local."
        )
    is_about_entry = isinstance(error, DatasetError) and bool(ENTRY.search(str(error)))
    is_about_class = isinstance(error, AttributeError | ImportError | TypeError)
    if not (is_about_entry or is_about_class):
        return None
    entries = _read_configuration(options, "catalog")
    fault = find_catalog_fault(entries)
    if fault is None and is_about_entry:
        fault = f"Invalid catalog entry: {join_lines(str(error))}"
    return WrongCallError(f"{fault} Correct the file in conf/.") if fault else None


def _list_names(kind: str, options: Options) -> set[str]:
    chosen = options.get("pipelines") or ["__default__"]
    run = sum((pipelines[name] for name in chosen if name in pipelines), start=Pipeline([]))
    if kind == "dataset":
        return set(run.datasets())
    if kind == "tag":
        return {tag for node in run.nodes for tag in node.tags}
    if kind == "namespace":
        return {str(node.namespace) for node in run.nodes if node.namespace}
    return {node.name for node in run.nodes}


def _advise_writer(dataset: str, options: Options) -> str:
    """Say which pipeline writes a dataset: the smallest one that has it as an output."""
    writers = {
        name: len(pipeline.nodes)
        for name, pipeline in list_pipelines(options).items()
        if dataset in pipeline.all_outputs()
    }
    if not writers:
        return "Restore it from a backup."
    name = min(writers, key=writers.__getitem__)
    return f"Run `kedro run --pipelines {name}` first, which writes it."


def list_pipelines(options: Options) -> dict[str, Pipeline]:
    """Return the pipelines of the environment by name, also those that the run did not ask for.

    An environment may name its pipelines in `pipelines` of globals.yml.
    """
    pipelines.set_requested(None)
    present = _read_configuration(options, "globals").get("pipelines") or [*pipelines.keys()]
    return {name: pipeline for name, pipeline in pipelines.items() if name in present}


def _read_configuration(options: Options, key: str) -> dict[str, Any]:
    """Read one kind of configuration; none if it is invalid itself."""
    source = options.get("conf_source") or str(find_project() / settings.CONF_SOURCE)
    try:
        env = options.get("env") or os.environ.get("KEDRO_ENV")
        loader = OmegaConfigLoader(source, env=env, base_env="base", default_run_env="local")
        loader["globals"]
        return loader[key]
    except Exception:  # only for a suggestion
        return {}


def _read_globals(options: Options) -> list[str]:
    return list(_read_configuration(options, "globals"))
