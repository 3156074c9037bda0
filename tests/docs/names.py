"""The names that documentation and messages may use: files, parameters, datasets, nodes, code."""

import ast
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from docs.write_reference import write_catalog, write_parameters
from telco_churn.pipeline_registry import register_pipelines
from tests.conftest import PROJECT

# Names of other software.
# Folders that a benchmark or a command of the user makes.
NAMED_LATER = ("data/benchmark", "data/own_table", "data/sample", "conf/sample")
SOFTWARE = frozenset(
    {
        "CASE",
        "CREATE",
        "Cleaner",
        "CronDataIntervalTimetable",
        "EXISTS",
        "FILTER",
        "GET",
        "IF",
        "MAILTO",
        "MLFLOW_RUN_ID",
        "MlflowArtifactDataset",
        "MlflowModelRegistryDataset",
        "MlflowModelTrackingDataset",
        "PGPASSWORD",
        "activate",
        "archives",
        "behavior",
        "bookworm",
        "pgpass",
        "reprocess",
        "slim",
        "try_strptime",
        "try_to_timestamp",
        "unset",
    }
)
# Names in examples: things that the reader of a page makes.
EXAMPLES = frozenset(
    {
        "Comment",
        "accuracy",
        "Joined",
        "bank",
        "closing_fee",
        "customer_features_2026",
        "mine",
        "order_sums",
        "my_customers",
        "own_table_my_customers",
        "my_learner",
        "paid_on__blanked_by",
        "roaming",
        "scoring_aggregate_usage",
        "upsell",
        "upsells",
        "usage_dropped_calls_sum_84d",
        "usage_sms_count_max_7d",
        "usage_sms_count_max_28d",
        "usage_sms_count_max_84d",
    }
)
PATH = re.compile(
    r"(?<![\w/.-])(?:conf|src|docs|tests|deploy|benchmarks|notebooks|data|\.github)/[\w./*<>{}=…-]+"
)
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHORTENED = re.compile(r"<[^>]*>|\.{3}|…|\{[^}]*\}")


@cache
def list_files() -> frozenset[str]:
    """List the files and folders that git keeps, by path from the root of the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    files = [Path(name) for name in listed.stdout.splitlines() if (PROJECT / name).exists()]
    return frozenset(str(path) for file in files for path in (file, *file.parents))


@cache
def list_parameters() -> frozenset[str]:
    """List the dotted names of parameters, and of the blocks that hold them."""
    names = re.findall(r"^\| `([\w.<>]+)`", write_parameters(), re.M)
    parts = (name.split(".") for name in names)
    return frozenset(".".join(part[:end]) for part in parts for end in range(1, len(part) + 1))


@cache
def list_nodes() -> frozenset[str]:
    """List the nodes of all pipelines, as `namespace.name`."""
    return frozenset(node.name for each in register_pipelines().values() for node in each.nodes)


@cache
def list_configured_keys() -> frozenset[str]:
    """List the dotted keys of the files of conf/ that hold no parameters."""
    names: set[str] = set()
    for file in (PROJECT / "conf").rglob("*.yml"):
        names.update(_walk_keys(yaml.safe_load(file.read_text()), ""))
    return frozenset(names)


@cache
def list_data_folders() -> frozenset[str]:
    """List the folder that each environment names as `data`."""
    files = (PROJECT / "conf").glob("*/globals.yml")
    return frozenset(yaml.safe_load(file.read_text()).get("data", "data") for file in files)


def _walk_keys(value: object, prefix: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{prefix}{key}"
            yield from _walk_keys(inner, f"{prefix}{key}.")


@cache
def list_words_of_code() -> frozenset[str]:
    """List every identifier of code and configuration."""
    kinds = (".py", ".yml", ".yaml", ".toml", ".sh", ".jinja", ".service", ".timer", "Makefile")
    kept = [
        name
        for name in list_files()
        if name.endswith(kinds)
        and not name.startswith("tests/docs/")
        and (PROJECT / name).is_file()
    ]
    texts = [*((PROJECT / name).read_text() for name in kept), *list_files(), *list_nodes()]
    return frozenset(word for text in texts for word in WORD.findall(text))


def exists(path: str, data: frozenset[str]) -> bool:
    """Whether a path is a file or folder of the project, or a place that a run writes to.

    Args:
        path: As a page writes it: `...` and `<name>` stand for any text.
        data: The files that a run leaves below data/.
    """
    pattern = SHORTENED.sub("*", path).rstrip("/.")
    if EXAMPLES.intersection(WORD.findall(pattern)) or pattern.startswith(NAMED_LATER):
        return True
    folder = max(filter(f"{pattern}/".startswith, list_data_folders()), key=len, default="")
    pattern = pattern.replace(folder, "data", 1) if folder else pattern
    known = list_files() | (data | list_places() if pattern.startswith("data") else frozenset())
    return pattern in known or (
        "*" in pattern and any(fnmatchcase(name, pattern) for name in known)
    )


@cache
def list_places() -> frozenset[str]:
    """List the files of the catalog; a part that a run fills in is `*`."""
    return frozenset(SHORTENED.sub("*", path) for path in PATH.findall(write_catalog()))


def list_messages(module: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string of a module; a value filled in stands as `...`."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.JoinedStr):
            parts = (
                str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values
            )
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
