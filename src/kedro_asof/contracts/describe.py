"""Describe the contracts of a project's catalog as plain data, in the form that `compare` reads.

`read_commit` runs this file in a process of its own, because it imports the code of another
commit. It therefore uses nothing else of this package.
"""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import ibis
from kedro.framework.project import settings
from kedro.framework.startup import bootstrap_project
from kedro.utils import load_obj
from kedro.validation import ValidatorSpec
from pandera.api.ibis.types import IbisData

Contracts = dict[str, dict[str, Any]]  # by table, then by column, the facts of the column
TABLE = "(table)"  # in place of a column: the facts of the table

# By Pandera check and statistic: the name that `DeclaredColumn` has for the rule.
FACTS = {
    ("greater_than_or_equal_to", "min_value"): "at_least",
    ("greater_than", "min_value"): "above",
    ("less_than_or_equal_to", "max_value"): "at_most",
    ("less_than", "max_value"): "below",
    ("isin", "allowed_values"): "one_of",
    ("str_length", "min_value"): "min_length",
    ("str_length", "max_value"): "max_length",
}


def read_commit(project: Path, revision: str) -> Contracts:
    """Return the contracts of a commit by table, without touching the working tree.

    Raises:
        ValueError: When git does not know the revision, or its contracts cannot be imported.
    """
    with TemporaryDirectory() as folder:
        extract_commit(project, revision, Path(folder))
        # -P: the folder of this file holds modules that must not hide others of the same name.
        described = _run([sys.executable, "-P", __file__, folder], cwd=folder)
    return json.loads(described.splitlines()[-1])


def extract_commit(project: Path, revision: str, folder: Path) -> None:
    """Write the files of a commit to a folder.

    Raises:
        ValueError: When git does not know the revision.
    """
    with NamedTemporaryFile(suffix=".tar") as tree:
        archive = ["archive", "--format=tar", f"--output={tree.name}", revision]
        _run(["git", "-C", str(project), *archive])
        with tarfile.open(tree.name) as files:
            if hasattr(tarfile, "tar_filter"):  # Python has it since 3.11.4
                files.extraction_filter = tarfile.tar_filter
            files.extractall(folder)


def _run(command: list[str], cwd: str | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return done.stdout


def describe_catalog(project: Path) -> Contracts:
    """Describe each contract that an entry of the project's base catalog names."""
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / "conf"), **settings.CONFIG_LOADER_ARGS
    )
    described = {}
    for table, entry in loader["catalog"].items():
        if isinstance(entry, dict) and "validator" in entry:
            spec = ValidatorSpec.from_dataset_config(table, entry["validator"])
            found = load_obj(spec.class_path)
            contract = found(**spec.options) if spec.options else found
            if hasattr(contract, "to_schema"):
                described[table] = describe_schema(contract.to_schema())
    return json.loads(json.dumps(described, default=_make_plain))


def _make_plain(value: Any) -> Any:
    """Return a set of allowed values as a sorted list, a date or type as text."""
    return sorted(value, key=str) if isinstance(value, Iterable) else str(value)


def describe_schema(schema: Any) -> dict[str, Any]:
    """Return the facts of each column of a Pandera schema, and those of the table under `TABLE`."""
    described = {name: _describe_column(column) for name, column in schema.columns.items()}
    checks = {check.name: _describe_check(check, schema) for check in schema.checks}
    return {TABLE: {"key": schema.unique, "strict": bool(schema.strict), **checks}, **described}


def _describe_column(column: Any) -> dict[str, Any]:
    facts = {"type": str(column.dtype), "nullable": column.nullable, "required": column.required}
    facts |= column.metadata or {}
    for check in column.checks:
        for statistic, value in check.statistics.items():
            if value is not None:
                facts[FACTS.get((check.name, statistic), f"{check.name} {statistic}")] = value
    return facts


def _describe_check(check: Any, schema: Any) -> str:
    """Return the SQL of a check across columns; its name for a check in pandas."""
    if "ibis" not in type(schema).__module__:
        return check.name
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    kept = check._check_fn(IbisData(ibis.table(types, name="table"), None))
    return " ".join(str(ibis.to_sql(kept.name("kept"), dialect="duckdb")).split())


if __name__ == "__main__":
    place = Path(sys.argv[1])
    bootstrap_project(place)
    print(json.dumps(describe_catalog(place)))
