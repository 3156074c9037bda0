"""Write logs as the project configures them, or as one JSON object per line.

In: `conf/logging.yml`, and the environment variable `LOG_FORMAT`, `text` or `json`.
"""

import logging
import os
import sys
from pathlib import Path

import click
import yaml
from kedro.framework.project import LOGGING
from pythonjsonlogger.json import JsonFormatter

logger = logging.getLogger(__name__)

LOG_FORMAT = "LOG_FORMAT"
FIELDS = ["asctime", "levelname", "name", "message"]
NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}


def configure_logs(project: Path) -> None:
    """Use the logging configuration of the project in all of its folders.

    Kedro looks for it in the working directory alone.

    Args:
        project: The folder of the project.
    """
    file = project / "conf" / "logging.yml"
    is_chosen = bool(os.environ.get("KEDRO_LOGGING_CONFIG"))
    if project != Path.cwd() and file.exists() and not is_chosen:
        LOGGING.configure(yaml.safe_load(file.read_text("utf-8")))
    if writes_json():
        _format_as_json()
    elif os.environ.get(LOG_FORMAT, "text") not in {"", "text"}:
        logger.warning("Unknown LOG_FORMAT %r: expected text or json.", os.environ[LOG_FORMAT])


def writes_json() -> bool:
    """Return whether the log is one JSON object per line."""
    return os.environ.get(LOG_FORMAT) == "json"


def show(text: str) -> None:
    """Print a text for people; as an entry of the log if it is JSON."""
    if writes_json():
        logger.info(text.strip("\n"))
    else:
        click.echo(text)


def log_error(message: str, exit_code: int) -> None:
    """Log the error that ends a command, with its exit code as a field."""
    logger.error(message, extra={"exit_code": exit_code})


def _format_as_json() -> None:
    """Give every handler, also those of libraries, the same format and stream."""
    logging.captureWarnings(True)
    formatter = JsonFormatter(FIELDS, rename_fields=NAMES, datefmt="%Y-%m-%dT%H:%M:%S%z")
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for handler in {each for owner in [logging.root, *known] for each in owner.handlers}:
        handler.setFormatter(formatter)
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stdout)
