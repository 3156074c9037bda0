"""Draft a contract from a file: in, a CSV or Parquet file; out, Python source and a catalog entry.

Pandera's `infer_schema` loads the whole table into memory and finds no keys or allowed values.
"""

import json
import keyword
import math
import re
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.column_names import find_free_name
from kedro_asof.contracts.execution import count_repeats
from kedro_asof.contracts.suggestions import (
    find_date_formats,
    find_number_notation,
    write_entries,
)
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.errors import InputError, WrongCallError
from kedro_asof.progress import watch_queries
from telco_churn.contracts.direct_identifiers import EMAIL, is_person_named
from telco_churn.contracts.operator_tables import EARLIEST, LATEST, LoadedTable

MOST_CATEGORIES = 20  # distinct texts of a column with a list of allowed values
ROWS_PER_CATEGORY = 10
MOST_REPEATS = 0.01  # share of rows that may repeat a key: deliveries have copies of rows
NEARLY_DISTINCT = 0.8  # of the rows; the number of distinct values is an estimate
INT64_DIGITS = 18  # a rule cannot compare with a larger whole number
SAMPLED = 10_000  # rows of a CSV whose texts show how it writes dates and numbers
KINDS = {"boolean": "bool", "integer": "int", "numeric": "float", "date": "date"}
KINDS |= {"timestamp": "datetime"}

SOURCE = '''"""Contract of `{table}`, drafted from {file}. Correct it, then run `make format`."""

from datetime import date, datetime

import pandera.ibis as pa

from kedro_asof.contracts.contract import DeliveredTable
from telco_churn.contracts.operator_tables import EARLIEST, ID_LENGTH, LATEST, LoadedTable


class {model}(LoadedTable):
    """One row per {key_words}."""

{fields}

    class Config:
        unique = {key}  # {key_comment}


class Raw{model}(DeliveredTable, {model}):
    """`{model}` as delivered."""

{personal}

# In conf/base/catalog/; a trusted table also needs the entries of docs/how-to/add-a-table.md.
#
{entry}'''


@dataclass
class Column:
    """A column of a file.

    Attributes:
        name: Its name in the contract, a Python identifier.
        source: Its name in the file.
        kind: The type of its annotation.
        distinct: The estimated number of distinct values.
        is_personal: Whether its name or content is that of a direct identifier.
        options: The options of its field.
        comment: Range and empty values in the file.
        cast: How a CSV writes its dates or numbers, if not as a program would.
    """

    name: str
    source: str
    kind: str
    distinct: int
    is_personal: bool
    options: dict[str, Any] = field(default_factory=dict)
    comment: list[str] = field(default_factory=list)
    cast: dict[str, str] = field(default_factory=dict)

    @property
    def is_id(self) -> bool:
        """Whether the name is that of an id, which is text even if it has digits only."""
        return self.name == "id" or self.name.endswith("_id")


def draft_contract(file: Path, name: str) -> str:
    """Return Python source of a contract that the file satisfies, with its catalog entry below.

    Raises:
        WrongCallError: When the file is neither CSV nor Parquet.
        InputError: When the file has no rows, or cannot be read.
    """
    table, file_format = _snake(name), _find_format(file)
    delivered = _read(file, file_format)
    with TemporaryDirectory() as folder, watch_queries(delivered.get_backend(), f"Reading {file}"):
        typed = _find_types(delivered, folder) if file_format == "csv" else delivered
        columns, rows = _profile(typed)
        key, key_comment = _find_key(typed, columns, rows)
    if file_format == "csv":
        texts = delivered.limit(SAMPLED).to_pandas()
        columns = [_add_notation(each, texts[each.source]) for each in columns]
    model = "".join(word.title() for word in table.split("_"))
    entry = {
        "type": "kedro_asof.datasets.engine_table.EngineTable",
        "connection": "${globals:engine}",
        "filepath": str(file.resolve()),
        "file_format": file_format,
        "columns": {each.name: each.source for each in columns if each.name != each.source},
        "cast": {each.name: each.cast for each in columns if each.cast},
        "validator": {
            "class": f"telco_churn.contracts.{table}.Raw{model}",
            "on": ["load"],
        },
    }
    lines = write_entries({f"raw_{table}": {key: entry[key] for key in entry if entry[key]}})
    personal = [
        f"    {each.name}: {each.kind}  # direct identifier: ends at ingestion"
        for each in columns
        if each.is_personal
    ]
    trusted = [each for each in columns if not each.is_personal and each.name != "loaded_at"]
    return SOURCE.format(
        table=table,
        model=model,
        file=file.name,
        fields="\n".join(_write_field(column) for column in trusted),
        key=json.dumps(key),
        key_words=" and ".join(key) or "...",
        key_comment=key_comment,
        personal="\n".join(personal),
        entry="\n".join(f"# {line}" for line in lines.splitlines()),
    )


def _find_format(file: Path) -> str:
    name = next(file.glob("*.parquet"), file).name if file.is_dir() else file.name
    formats = [each for each in ("csv", "parquet") if f".{each}" in name.lower()]
    if not formats:
        raise WrongCallError(f"Invalid file type of {file}: expected .csv or .parquet. Convert it.")
    return formats[0]


def _read(file: Path, file_format: str) -> ir.Table:
    return EngineTable(
        filepath=str(file),
        file_format=file_format,
        connection={"backend": "duckdb"},
        missing="Name a CSV or Parquet file.",
    ).load()


def _find_types(texts: ir.Table, folder: str) -> ir.Table:
    """Return a table of texts with the types that DuckDB finds in all rows."""
    copy = f"{folder}/texts.csv"
    texts.to_csv(copy)
    return texts.get_backend().read_csv(copy, sample_size=-1, comment="", delim=",", header=True)


def _add_notation(column: Column, texts: pd.Series) -> Column:
    """Add how a column of dates or text writes dates or numbers; text of numbers becomes float."""
    values = [value for value in texts.dropna().unique() if value.strip()]
    if column.kind in {"date", "datetime"} and (formats := find_date_formats(values)):
        return replace(column, cast={"format": " or ".join(formats)})
    if column.kind == "str" and (notation := find_number_notation(values)):
        options = {name: value for name, value in column.options.items() if name != "isin"}
        return replace(column, kind="float", options=options, cast=notation)
    return column


def _snake(name: str) -> str:
    """Return a name in snake case as a Python identifier that a contract can have."""
    snake = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()
    if not snake.isidentifier():
        snake = f"column_{snake}"
    is_taken = hasattr(LoadedTable, snake) and snake != "loaded_at"
    return f"{snake}_value" if is_taken or keyword.iskeyword(snake) else snake


def _profile(table: ir.Table) -> tuple[list[Column], int]:
    """Return the columns with their rules, and the number of rows: one scan, one per category."""
    measures = {
        f"{measure} {source}": value
        for source in table.columns
        for measure, value in _measure(table[source]).items()
    }
    (found,) = table.agg(rows=table.count(), **measures).to_pyarrow().to_pylist()
    if not found["rows"]:
        raise InputError("The file has no rows: expected at least one. Name another file.")
    columns: list[Column] = []
    for source in table.columns:
        of_column = {measure: found.get(f"{measure} {source}") for measure in MEASURES}
        column = _describe(table[source], of_column, found["rows"])
        name = find_free_name(column.name, {other.name for other in columns})
        columns.append(replace(column, name=name))
    return columns, found["rows"]


MEASURES = ("filled", "distinct", "low", "high", "midnight", "emails")


def _measure(column: ir.Column) -> dict[str, ir.Value]:
    kind = column.type()
    measures = {"filled": column.count(), "distinct": column.approx_nunique()}
    if kind.is_numeric() or kind.is_date() or kind.is_timestamp():
        finite = column
        if kind.is_floating():
            finite = ibis.ifelse(column.isnan() | column.isinf(), None, column)
        measures |= {"low": finite.min(), "high": finite.max()}
    if kind.is_timestamp():
        measures["midnight"] = (column == column.truncate("D")).all()
    if kind.is_string():
        measures["emails"] = column.re_search(f"^{EMAIL}$").sum()
    return measures


def _describe(values: ir.Column, found: dict[str, Any], rows: int) -> Column:
    name, is_text = _snake(values.get_name()), values.type().is_string()
    kind = next((KINDS[each] for each in KINDS if getattr(values.type(), f"is_{each}")()), "str")
    if kind == "datetime" and found["midnight"] and not values.type().timezone:
        kind = "date"
    is_personal = is_person_named(name) or (found["emails"] or 0) > rows / 2
    column = Column(name, values.get_name(), kind, found["distinct"], is_personal)
    if column.is_id:
        column.kind, column.options = "str", {"str_length": "ID_LENGTH"}
    elif is_text and 0 < found["distinct"] <= min(MOST_CATEGORIES, rows / ROWS_PER_CATEGORY):
        allowed = values.as_table().filter(values.notnull()).distinct().to_pyarrow()[0].to_pylist()
        column.options["isin"] = json.dumps(sorted(allowed), ensure_ascii=False)
    elif found["low"] is not None:
        column.options = _find_bounds(kind, found["low"], found["high"])
        column.comment = [f"found {found['low']} to {found['high']}"]
    if found["filled"] < rows:
        column.options["nullable"] = "True"
        column.comment.append(f"empty in {rows - found['filled']:,} of {rows:,} rows")
    return column


def _find_bounds(kind: str, low: Any, high: Any) -> dict[str, Any]:
    """Return plausible bounds around the values that were found."""
    if kind in {"int", "float"}:
        return {"ge": _widen(low, -1), "le": _widen(high, 1)}
    is_usual = str(EARLIEST) <= str(low) and str(high) < str(LATEST)
    return {"ge": "EARLIEST", "lt": "LATEST"} if kind == "date" and is_usual else {}


def _widen(bound: float, sign: int) -> str:
    """Return 0 or 1 if the bound is within, else the power of ten above twice the bound."""
    size = float(bound) * sign
    if size <= 1:
        return str(sign * math.ceil(max(size, 0)))
    power = math.ceil(math.log10(2 * size))
    return f"{sign * 10**power:_}" if power <= INT64_DIGITS else f"{sign}e{power}"


def _write_field(column: Column) -> str:
    comment = f"    # {', '.join(column.comment)}\n" if column.comment else ""
    options = ", ".join(f"{option}={value}" for option, value in column.options.items())
    rules = f" = pa.Field({options})" if options else ""
    return f"{comment}    {column.name}: {column.kind}{rules}"


def _find_key(table: ir.Table, columns: list[Column], rows: int) -> tuple[list[str], str]:
    """Return the first key that nearly all rows have once, and a comment: ids first, then pairs."""
    whole = [each for each in columns if "nullable" not in each.options and not each.is_personal]
    whole = sorted(whole, key=lambda each: not each.is_id)
    single = [(each,) for each in whole if each.kind in {"str", "int"}]
    days = [each for each in whole if each.kind in {"date", "datetime"}]
    pairs = product([each for each in whole if each.is_id], days)
    likely = [each for each in single if each[0].distinct >= NEARLY_DISTINCT * rows]
    for candidate in (*likely, *pairs):
        repeats = count_repeats(table, [each.source for each in candidate])
        if repeats <= MOST_REPEATS * rows:
            return [each.name for each in candidate], f"{repeats:,} duplicate rows in the file"
    return [], "no key found, and ingestion needs one"
