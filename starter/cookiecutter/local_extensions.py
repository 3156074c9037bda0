"""A filter for cookiecutter.json, because Kedro does not show why cookiecutter refuses a folder."""

import sys
from pathlib import Path

import click
import yaml
from cookiecutter.utils import simple_filter


@simple_filter
def refuse_existing(name: str) -> str:
    """Return the name of a folder that does not exist; end with a message otherwise."""
    folder = (find_output_dir() / name).resolve()
    if folder.exists():
        sys.exit(
            f"No project was made: {folder} exists. Choose another project name, or move or delete "
            "it."
        )
    return name


def find_output_dir() -> Path:
    """Return where Kedro makes the project: `output_dir` of the answers, or the current folder."""
    context = click.get_current_context(silent=True)
    answers = context.params.get("config_path") if context else None
    given = yaml.safe_load(Path(answers).read_text("utf-8")) if answers else {}
    return Path(given.get("output_dir", "."))
