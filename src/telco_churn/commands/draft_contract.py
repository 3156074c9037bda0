"""Draft a contract from a file: in, a CSV or Parquet file; out, Python source and a catalog entry."""

import keyword
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from kedro_asof.contracts.execution import count_repeats
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.errors import InputError, WrongCallError
from kedro_asof.progress import watch_queries
from telco_churn.contracts.operator_tables import EARLIEST, LATEST, LoadedTable

FEW_VALUES = 20  # a text column with at most this many values, each in many rows, is a category
ROWS_PER_VALUE = 10
NEARLY_ALL = 0.9  # share of distinct rows from which a column may be a key; counts are estimates
MOST_KEYS = 6  # candidates that are counted exactly
PERSONAL = re.compile(
    r"(^|_)(name|(first|last|full|sur|family)_?name|e?_?mail|phone|mobile_number|msisdn|street"
    r"|address|iban|birth\w*|date_of_birth|dob|postcode|zip|passport|ssn)(_|$)"
)
EMAIL = r"^[^@\s]+@[^@\s]+\.\w+$"

SOURCE = '''"""Contract of `{table}`, drafted from {file}: correct each bound and list of values."""

from datetime import date, datetime

import pandera.ibis as pa

from kedro_asof.contracts.contract import DeliveredTable
from telco_churn.contracts.operator_tables import EARLIEST, ID_LENGTH, LATEST, LoadedTable


class {model}(LoadedTable):
    """One row per {key_words}."""

{fields}

    class Config:
        unique = {key}{key_comment}


class Raw{model}(DeliveredTable, {model}):
    """`{model}` as delivered."""
{personal}

# conf/base/catalog/{table}.yml, with this file as src/telco_churn/contracts/{table}.py:
#
# raw_{table}: &{table}
#   type: kedro_asof.datasets.engine_table.EngineTable
#   connection: ${{globals:engine}}
#   filepath: {place}
#   file_format: {file_format}{renames}
#   validator: {{class: telco_churn.contracts.{table}.Raw{model}, on: [load]}}
#
# {table}:
#   type: kedro_asof.datasets.engine_table.EngineTable
#   connection: ${{globals:engine}}
#   filepath: ${{globals:data}}/03_primary/{table}.parquet
#   validator: {{class: telco_churn.contracts.{table}.{model}, on: [load]}}
#
# conf/base/parameters/ingestion.yml, under `tables`:
#
# {table}: {{contract: telco_churn.contracts.{table}.{model}}}'''


@dataclass(frozen=True)
class Column:
    """What a file has in a column.

    Attributes:
        name: The name in the contract, a Python identifier.
        source: The name in the file.
        kind: The type of the annotation.
        filled: The number of values.
        distinct: The estimated number of distinct values.
        low: The smallest number or date.
        high: The largest number or date.
        values: All values of a category.
        is_personal: Whether name or content say that it is a direct identifier.
    """

    name: str
    source: str
    kind: str
    filled: int
    distinct: int
    low: Any = None
    high: Any = None
    values: tuple[str, ...] = ()
    is_personal: bool = False


def draft_contract(file: Path, name: str) -> str:
    """Return Python source of a contract that the file satisfies, with its catalog entry below.

    The file is read in a few scans, in bounded memory.

    Raises:
        WrongCallError: When the file is neither CSV nor Parquet.
        InputError: When the file has no rows.
    """
    file_format = _find_format(file)
    table = _snake(name)
    load_args = {"all_varchar": False, "sample_size": -1} if file_format == "csv" else {}
    dataset = EngineTable(
        filepath=str(file),
        file_format=file_format,
        connection={"backend": "duckdb"},
        load_args=load_args,
        missing="Name a CSV or Parquet file.",
    )
    delivered = dataset.load()
    with watch_queries(delivered.get_backend(), f"Reading {file}"):
        rows, columns = _profile(delivered, file)
        key, comment = _find_key(delivered, rows, columns)
    trusted = [
        column for column in columns if not column.is_personal and column.name != "loaded_at"
    ]
    personal = [column for column in columns if column.is_personal]
    renamed = {column.name: column.source for column in columns if column.name != column.source}
    listed = ", ".join(f"{new}: {_quote(old)}" for new, old in renamed.items())
    return SOURCE.format(
        table=table,
        file=file.name,
        model="".join(word.title() for word in table.split("_")),
        fields="\n".join(line for column in trusted for line in _write_field(column, rows)),
        key=key,
        key_words=" and ".join(key) or "...",
        key_comment=comment,
        personal="".join(
            f"\n    {each.name}: {each.kind}  # direct identifier, ends at ingestion"
            for each in personal
        ),
        place=_shorten(file),
        file_format=file_format,
        renames=f"\n#   columns: {{{listed}}}" if renamed else "",
    )


def _find_format(file: Path) -> str:
    name = next(file.glob("*.parquet"), file).name if file.is_dir() else file.name
    for file_format in ("csv", "parquet"):
        if f".{file_format}" in name.lower():
            return file_format
    raise WrongCallError(f"Invalid file type of {file}: expected .csv or .parquet. Convert it.")


def _shorten(file: Path) -> Path:
    whole, here = file.resolve(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def _quote(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z]\w*", name) else '"' + name.replace('"', '\\"') + '"'


def _snake(name: str) -> str:
    """Return a name as a Python identifier in snake case that no contract defines otherwise."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    snake = re.sub(r"\W+", "_", words).strip("_").lower() or "column"
    if not snake.isidentifier():
        snake = f"column_{snake}"
    is_taken = keyword.iskeyword(snake) or (hasattr(LoadedTable, snake) and snake != "loaded_at")
    return f"{snake}_" if is_taken else snake


def _profile(table: ir.Table, file: Path) -> tuple[int, list[Column]]:
    """Return the number of rows and what each column has: one scan, and one for its categories."""
    measures = {
        f"{measure}_{number}": expression
        for number, name in enumerate(table.columns)
        for measure, expression in _measure(table[name]).items()
    }
    (found,) = table.agg(rows=table.count(), **measures).to_pyarrow().to_pylist()
    if not found["rows"]:
        raise InputError(f"{file} has no rows: expected at least one. Name another file.")
    columns: list[Column] = []
    for number, source in enumerate(table.columns):
        of_column = {
            key.removesuffix(f"_{number}"): value
            for key, value in found.items()
            if key.endswith(f"_{number}")
        }
        name = _snake(source)
        while name in {column.name for column in columns}:
            name += "_2"
        columns.append(_describe(table[source], name, of_column, found["rows"]))
    return found["rows"], columns


def _measure(column: ir.Column) -> dict[str, ir.Value]:
    kind = column.type()
    measures = {"filled": column.count(), "distinct": column.approx_nunique()}
    if kind.is_floating():
        finite = ibis.ifelse(column.isnan() | column.isinf(), None, column)
        measures |= {"low": finite.min(), "high": finite.max()}
    elif kind.is_numeric() or kind.is_date() or kind.is_timestamp():
        measures |= {"low": column.min(), "high": column.max()}
    if kind.is_timestamp():
        measures["midnight"] = (column == column.truncate("D")).all()
    if kind.is_string():
        measures["emails"] = column.re_search(EMAIL).sum()
    return measures


def _describe(column: ir.Column, name: str, found: dict[str, Any], rows: int) -> Column:
    kind = _annotate(column.type(), name, bool(found.get("midnight")))
    emails = found.get("emails") or 0
    is_personal = bool(PERSONAL.search(name)) or emails > found["filled"] / 2 > 0
    values: tuple[str, ...] = ()
    is_few = found["distinct"] <= min(FEW_VALUES, rows / ROWS_PER_VALUE)
    if column.type().is_string() and kind == "str" and is_few and not is_personal:
        values = tuple(
            column.as_table().filter(column.notnull()).distinct().to_pyarrow()[0].to_pylist()
        )
    return Column(
        name=name,
        source=column.get_name(),
        kind=kind,
        filled=found["filled"],
        distinct=found["distinct"],
        low=found.get("low"),
        high=found.get("high"),
        values=tuple(sorted(values)),
        is_personal=is_personal,
    )


def _annotate(kind: dt.DataType, name: str, is_day: bool) -> str:
    if _is_id(name):
        return "str"
    if kind.is_timestamp():
        return "date" if is_day and not kind.timezone else "datetime"
    names = {"boolean": "bool", "integer": "int", "numeric": "float", "date": "date"}
    return next((text for test, text in names.items() if getattr(kind, f"is_{test}")()), "str")


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def _write_field(column: Column, rows: int) -> Iterator[str]:
    """Yield the line of a field, and above it a comment on what the file has."""
    options, comment = _find_rules(column)
    if column.filled < rows:
        options["nullable"] = "True"
        comment = [*comment, f"empty in {rows - column.filled:,} of {rows:,} rows"]
    if comment:
        yield f"    # {', '.join(comment)}"
    listed = ", ".join(f"{option}={value}" for option, value in options.items())
    yield f"    {column.name}: {column.kind}" + (f" = pa.Field({listed})" if options else "")


def _find_rules(column: Column) -> tuple[dict[str, str], list[str]]:
    """Return the options of a field, and what its comment says."""
    if _is_id(column.name):
        return {"str_length": "ID_LENGTH"}, []
    if column.values:
        return {"isin": str(list(column.values))}, []
    if column.low is None:
        return {}, [f"about {column.distinct:,} values"] if column.kind == "str" else []
    seen = [f"found {column.low} to {column.high}"]
    if column.kind == "date":
        low, high = (str(value)[:10] for value in (column.low, column.high))
        is_usual = str(EARLIEST) <= low and high < str(LATEST)
        return {"ge": "EARLIEST", "lt": "LATEST"} if is_usual else {}, [f"found {low} to {high}"]
    if column.kind in {"int", "float"}:
        return {"ge": _widen(column.low, -1), "le": _widen(column.high, 1)}, seen
    return {}, seen


def _widen(bound: float, sign: int) -> str:
    """Return 0 or 1 if the bound is within, else the power of ten above twice the bound."""
    size = float(bound) * sign
    if size <= 0:
        return "0"
    if size <= 1:
        return str(sign)
    return f"{sign * 10 ** math.ceil(math.log10(2 * size)):_}"


def _find_key(table: ir.Table, rows: int, columns: list[Column]) -> tuple[list[str], str]:
    """Return the first key without duplicates, and a comment on other candidates."""
    exact: list[list[str]] = []
    nearly: list[str] = []
    for names in _list_candidates(rows, columns)[:MOST_KEYS]:
        sources = [column.source for column in columns if column.name in names]
        repeats = count_repeats(table, sources)
        if not repeats:
            exact.append(names)
        elif repeats < (1 - NEARLY_ALL) * rows:
            nearly.append(f"{names} has {repeats:,} duplicate rows")
    others = [f"{names} is also unique" for names in exact[1:]] + nearly
    if not exact:
        others = ["no key found, ingestion needs one", *others]
    return (exact or [[]])[0], f"  # {'; '.join(others)}" if others else ""


def _list_candidates(rows: int, columns: list[Column]) -> list[list[str]]:
    """List single columns, ids first, then pairs of an id and a date."""
    whole = [each for each in columns if each.filled == rows and not each.is_personal]
    ids = [each for each in whole if _is_id(each.name)]
    single = [
        [each.name]
        for each in sorted(whole, key=lambda each: each not in ids)
        if each.distinct >= NEARLY_ALL * rows and each.kind in {"str", "int"}
    ]
    days = [each for each in whole if each.kind in {"date", "datetime"}]
    return single or [[one.name, day.name] for one, day in product(ids, days)]
