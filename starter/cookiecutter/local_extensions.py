"""A filter for cookiecutter.json, because Kedro does not show why cookiecutter refuses a folder."""

import sys
from pathlib import Path

from cookiecutter.utils import simple_filter


@simple_filter
def refuse_existing(name: str) -> str:
    """Return the name of a folder that does not exist; end with a message otherwise."""
    if Path(name).exists():
        sys.exit(
            f"No project was made: {Path(name).resolve()} exists. Choose another project name, or "
            "move or delete it."
        )
    return name
