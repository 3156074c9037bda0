"""`kedro schemas`: write the JSON schemas of the files of conf/."""

import json
from pathlib import Path
from typing import Any

import click
from kedro.utils import load_obj
from pydantic import create_model

from kedro_asof.json_schemas import write_partial_schema, write_schema
from kedro_asof.params import Block
from kedro_asof.preflight import SCHEMAS
from kedro_asof.project import find_project, open_session
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.commands.features import read_settings
from telco_churn.parameters import BLOCKS
from telco_churn.pipelines.features.feature_test_model import make_model

# The models of files that hold no parameters, if conf/base has the file.
OTHER_FILES = {
    "mlflow": "kedro_mlflow.config.kedro_mlflow_config.KedroMlflowConfig",
    "wandb": "kedro_wandb.config.WandbConfig",
}


@click.command()
@explain_errors
def schemas() -> None:
    """Write the JSON schemas of conf/ into conf/schemas.

    Editors with a YAML language server complete and check the files that name a schema in their
    first line. Run it after a change of a parameter model, of a contract, or of features.yml:
    `make reference` does. The tables, columns and features are those of conf/base.
    """
    folder = find_project() / "conf" / SCHEMAS
    click.echo(f"Wrote {write_schemas(folder)} schemas to {folder}.")


def write_schemas(folder: Path) -> int:
    """Write the schema of each file with a model, remove all others, and return their number."""
    folder.mkdir(exist_ok=True)
    written = {f"{name}.json": schema for name, schema in make_schemas().items()}
    for file in folder.glob("*.json"):
        if file.name not in written:
            file.unlink()
    for name, schema in written.items():
        (folder / name).write_text(json.dumps(schema, indent=1) + "\n")
    return len(written)


def make_schemas() -> dict[str, dict[str, Any]]:
    """Make the schema of each file of conf/ that has a model, by name of the file."""
    made = {
        name: write_partial_schema(create_model(name, __base__=Block, **{name: (model, ...)}))  # type: ignore[call-overload]
        for name, model in BLOCKS.items()
    }
    base = find_project() / "conf" / "base"
    made |= {
        name: write_partial_schema(load_obj(model))
        for name, model in OTHER_FILES.items()
        if (base / f"{name}.yml").exists()
    }
    with open_session("base") as session:
        settings = read_settings(session.load_context())
    made["feature_tests"] = write_schema(make_model(settings))
    return made
