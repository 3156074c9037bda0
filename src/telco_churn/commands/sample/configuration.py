"""Write the configuration of an environment that holds a sample.

In: the configuration of the environment that was read. Out: the same choices over `conf/base`, with
tables in files that DuckDB reads.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from kedro.io import DataCatalog

from telco_churn.commands.sample.sources import Source

RAW = "01_raw"
ENGINE = ("engine", "steps")  # settings that the sample takes from conf/base
PIPELINES = ["ingestion", "features", "training", "scoring", "promote", "rollback"]
WRITTEN = "# `kedro sample` wrote this file, and writes it again with --overwrite.\n"

Tree = dict[str, Any]


def write_configuration(
    conf: Path, env: str, catalog: DataCatalog, sources: Iterable[Source], to: Path, name: str
) -> None:
    """Write globals, parameters and catalog entries.

    Settings and parameters are copied as the files have them, with their references. A table of
    ingestion that `conf/base` does not declare is delivered whole in the sample.

    Args:
        conf: The folder of all environments.
        env: The environment that was read.
        catalog: Its catalog, for contracts.
        sources: The tables of the sample.
        to: The folder to write to.
        name: The new environment.
    """
    settings = _read([conf / "base" / "globals.yml"])
    own = _read([conf / env / "globals.yml"]) if env != "base" else {}
    model = {**settings, **own}["model_name"]
    chosen = [each for each in own.get("pipelines", PIPELINES) if each in PIPELINES]
    kept = {key: value for key, value in own.items() if key not in ENGINE}
    _write(
        to / "globals.yml",
        kept | {"data": f"data/{name}", "model_name": f"{model}_{name}", "pipelines": chosen},
    )
    declared = _read_parameters(conf / "base")["ingestion"]["tables"]
    parameters = _read_parameters(conf / env) if env != "base" else {}
    for table, how in parameters.get("ingestion", {}).get("tables", {}).items():
        how.pop("event_date", None)
        if table not in declared:
            how.pop("loaded_at", None)
    _write(to / "parameters.yml", parameters)
    entries: Tree = {}
    for source in sources:
        date = declared.get(source.table, {}).get("event_date")
        kind = "delivery_folder.DeliveryFolder" if date else "engine_table.EngineTable"
        entries[source.entry] = _write_entry(kind, f"{RAW}/{source.table}", catalog, source.entry)
        if source.entry != source.table and source.table not in declared:
            file = f"03_primary/{source.table}.parquet"
            entries[source.table] = _write_entry(
                "engine_table.EngineTable", file, catalog, source.table
            )
    _write(to / "catalog.yml", entries)


def _write_entry(kind: str, place: str, catalog: DataCatalog, contract_of: str) -> Tree:
    entry: Tree = {
        "type": f"kedro_asof.datasets.{kind}",
        "filepath": f"${{globals:data}}/{place}",
        "connection": "${globals:engine}",
        "metadata": {"kedro-viz": {"layer": "raw", "preview": False}},
    }
    if spec := catalog.validator_specs.get(contract_of):
        options = {"options": spec.options} if spec.options else {}
        entry["validator"] = {"class": spec.class_path, "on": ["load"], **options}
    return entry


def _read_parameters(folder: Path) -> Tree:
    return _read([*folder.glob("parameters*.yml"), *folder.glob("parameters*/**/*.yml")])


def _read(files: Iterable[Path]) -> Tree:
    """Read YAML files that have no key in common, without resolving references."""
    read = (yaml.safe_load(file.read_text("utf-8")) for file in files if file.exists())
    return {key: value for each in read for key, value in (each or {}).items()}


def _write(file: Path, content: Tree) -> None:
    if content:
        file.write_text(WRITTEN + yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
