"""Mask user names and passwords in addresses, on the screen and in logs."""

import logging
import re

# Matches up to the last @ of an address, because a password may contain an @ or a slash.
USER_INFO = re.compile(r"(?<=://)\S*@")
PASSWORD = re.compile(r"(?<=password=)[^&\s'\"]+")


def mask_credentials(text: str) -> str:
    """Replace user and password with `***` in every address of a text.

    `postgresql://user:password@host/db` becomes `postgresql://***@host/db`.
    """
    return PASSWORD.sub("***", USER_INFO.sub("***@", text))


def mask_record(record: logging.LogRecord) -> bool:
    """Mask a log record and its traceback; a handler filter that keeps every record."""
    try:
        record.msg, record.args = mask_credentials(record.getMessage()), None
    except (TypeError, ValueError, KeyError):  # logging itself reports a call with wrong arguments
        return True
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        record.exc_text = mask_credentials(trace)
    return True


def mask_logs(*loggers: str) -> None:
    """Mask the output of all handlers of some loggers; the empty name is the root logger.

    This is code because Kedro's `logging.yml` cannot name a class of the project.
    """
    for name in loggers:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(mask_record)
