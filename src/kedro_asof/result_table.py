"""Print the results of a command as a table."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH_OF_FILES = 160  # characters, when the output is not a terminal


def show_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table in the width of the terminal."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(escape, row))  # a name with brackets is not markup
    Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES).print(table)
