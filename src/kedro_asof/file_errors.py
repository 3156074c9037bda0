"""The error of a file that cannot be read; apart from `errors`, which imports no Kedro."""

import re

from kedro.io import DatasetError

from kedro_asof.errors import InvalidDataError, take_first_line


class UnreadableFileError(InvalidDataError, DatasetError):
    """A file is missing, damaged or not a table: its format, columns or rows are broken."""


def find_reason(error: object, file: object) -> str:
    """Return the reason why a file cannot be read, without DuckDB's kind of error and the path."""
    line = re.sub(r"^[A-Z][\w ]*Error: ", "", take_first_line(error))
    return re.sub(rf"( (at|in|at end of))?( file)? '{re.escape(str(file))}'", "", line).rstrip(".?")
