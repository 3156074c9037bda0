"""Keeps user names and passwords of addresses off the screen and out of logs."""

import logging
import re

# Up to the last @ of an address: a password may hold an unescaped one, or a slash.
USER_INFO = re.compile(r"(?<=://)\S*@")
PASSWORD = re.compile(r"(?<=password=)[^&\s'\"]+")


def mask_credentials(text: str) -> str:
    """Put `***` in the place of user and password in every address of a text.

    `postgresql://user:password@host/db` becomes `postgresql://***@host/db`.
    """
    return PASSWORD.sub("***", USER_INFO.sub("***@", text))


def mask_record(record: logging.LogRecord) -> bool:
    """Mask a log record and its traceback, as a filter of a handler that lets every record pass."""
    try:
        record.msg, record.args = mask_credentials(record.getMessage()), None
    except (TypeError, ValueError, KeyError):  # a call with wrong arguments: logging reports it
        return True
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        record.exc_text = mask_credentials(trace)
    return True


def mask_logs(*loggers: str) -> None:
    """Mask what the handlers of some loggers print; the empty name is the root.

    Kedro lets a `logging.yml` name no class of a project.
    """
    for name in loggers:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(mask_record)
