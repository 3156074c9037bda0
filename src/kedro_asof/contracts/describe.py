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
from tempfile import TemporaryDirectory
from typing import Any

import ibis
from kedro.framework.project import settings
from kedro.framework.startup import bootstrap_project
from kedro.utils import load_obj
from kedro.validation import ValidatorSpec

Contracts = dict[str, dict[str, Any]]


def read_commit(project: Path, revision: str) -> Contracts:
    """Return the contracts of a commit by table, without touching the working tree.

    Raises:
        ValueError: When git does not know the revision, or its contracts cannot be imported.
    """
    with TemporaryDirectory() as folder:
        tree = ["archive", "--format=tar", f"--output={folder}/tree.tar", revision]
        _run(["git", "-C", str(project), *tree])
        with tarfile.open(f"{folder}/tree.tar") as files:
            files.extractall(f"{folder}/tree", filter="tar")
        # -P: the folder of this file holds modules that must not hide others of the same name.
        described = _run([sys.executable, "-P", __file__, f"{folder}/tree"], cwd=f"{folder}/tree")
    return json.loads(described.splitlines()[-1])


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
    """Describe a Pandera schema: columns with their rules, row checks, key, and strictness."""
    columns = {
        name: {
            "type": str(column.dtype),
            "nullable": column.nullable,
            "required": column.required,
            "metadata": column.metadata or {},
            "checks": {check.name: check.statistics for check in column.checks},
        }
        for name, column in schema.columns.items()
    }
    return {
        "columns": columns,
        "key": list(schema.unique or []),
        "strict": bool(schema.strict),
        "row_checks": {check.name: _describe_check(check, schema) for check in schema.checks},
    }


def _describe_check(check: Any, schema: Any) -> str:
    """Return the SQL of a check across columns; nothing for a check in pandas."""
    if "ibis" not in type(schema).__module__:
        return ""
    from pandera.api.ibis.types import IbisData  # noqa: PLC0415  (only contracts in an engine)

    types = {name: column.dtype.type for name, column in schema.columns.items()}
    kept = check._check_fn(IbisData(ibis.table(types, name="table"), None))
    return str(ibis.to_sql(kept.name("kept"), dialect="duckdb"))


if __name__ == "__main__":
    place = Path(sys.argv[1])
    bootstrap_project(place)
    print(json.dumps(describe_catalog(place)))
