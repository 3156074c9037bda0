"""Draw customers in one environment, and write their rows and the configuration of another.

In: an environment to read, the sample to draw. Out: `conf/<name>`, `data/<name>`, and a `Report`.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import cast

import ibis.expr.types as ir
import pandas as pd
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog

from kedro_asof.datasets.database_table import DatabaseTable
from kedro_asof.deliveries.folder import Deliveries
from kedro_asof.engines.union import unite
from kedro_asof.errors import BrokenContractError, InvalidDataError, WrongCallError
from kedro_asof.progress import watch_queries
from kedro_asof.project import open_session
from kedro_asof.sampling.cut import Cut, Cutter, open_tables
from kedro_asof.sampling.draw import Draw, bring, draw_keys, list_keys
from kedro_asof.sampling.environment import SampleEnvironment, write_facts
from telco_churn.commands.sample.configuration import RAW, write_configuration
from telco_churn.commands.sample.sources import ID, Source, list_sources


@dataclass(frozen=True)
class Request:
    """The sample to draw.

    Attributes:
        customers: The number of customers.
        min_churners: The smallest number of customers with a cancellation.
        seed: Another seed draws other customers.
        keeps_identifiers: Whether direct identifiers, and columns of no contract, are kept.
    """

    customers: int
    min_churners: int
    seed: int
    keeps_identifiers: bool


@dataclass
class Report:
    """The sample as it was written.

    Attributes:
        tables: By catalog entry, its rows and the seconds that it took.
        notes: Facts that a data scientist needs, in sentences.
    """

    tables: dict[str, tuple[Cut, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def _describe_draw(draw: Draw, request: Request) -> Iterator[str]:
    drawn = len(draw.keys)
    yield (
        f"Drew {drawn:,} of {draw.all_keys:,} customers with seed {request.seed}: "
        f"{draw.with_event:,} have a cancellation, {draw.with_event / drawn:.1%}; of all "
        f"customers, {draw.all_with_event / draw.all_keys:.1%} have one."
    )
    if drawn < request.customers:
        yield f"There are fewer than {request.customers:,} customers: the sample has all of them."
    if draw.with_event < min(request.min_churners, drawn):
        yield (
            f"There are fewer than {request.min_churners:,} customers with a cancellation: the "
            "sample has all of them."
        )


def write_sample(
    environment: SampleEnvironment, from_env: str | None, request: Request, overwrite: bool
) -> Report:
    """Write a sample of the raw tables of an environment.

    Args:
        environment: The environment to write.
        from_env: The environment to read; None for the default one.
        request: The sample to draw.
        overwrite: Whether a sample is replaced.

    Raises:
        WrongCallError: When both environments are the same, or as `SampleEnvironment.check`.
        InvalidTableError: When a table lacks the column with the customer.
        InvalidDataError: When there are no customers, or a table has no row of the drawn ones.
    """
    with open_session(from_env) as session, environment.replace(overwrite) as (conf, data):
        context = session.load_context()
        loader = cast(OmegaConfigLoader, context.config_loader)
        catalog = cast(DataCatalog, context.catalog)
        read, to = loader.env or loader.default_run_env, environment.name
        if read == to:
            raise WrongCallError(f"Cannot sample {read} from itself: correct --from-env.")
        sources = list_sources(catalog, context.params)
        report = _cut_tables(catalog, sources, data, request)
        write_configuration(Path(loader.conf_source), read, catalog, sources, conf, to)
        facts = {"from_env": read, **asdict(request)}
        for place in (conf, data):
            write_facts(place, facts)
    return report


def _cut_tables(
    catalog: DataCatalog, sources: list[Source], data: Path, request: Request
) -> Report:
    copies, raw = data / ".copies", data / RAW
    raw.mkdir()
    log = catalog.load("delivery_log") if "delivery_log" in catalog else None
    withdrawn: list[str] = []
    load = cache(lambda source: _load(catalog, source, copies, log, withdrawn))
    by_name = {source.table: source for source in sources}
    known = _list_keys(load(by_name["customers"])).drop_null().distinct()
    cancelled = by_name.get("cancellations")
    events = bring(_list_keys(load(cancelled)), known) if cancelled else known.limit(0)
    with watch_queries(known.get_backend(), "Drawing customers"):
        cached = known.cache()
        draw = draw_keys(cached, events, request.customers, request.min_churners, request.seed)
    if not draw.keys:
        raise InvalidDataError("No customer in raw_customers: expected at least one.")
    report, cutter = Report(notes=list(_describe_draw(draw, request))), Cutter(draw, cached)
    for source in sources:
        started, tables = time.monotonic(), load(source)
        with watch_queries(tables[0].get_backend(), f"Sampling {source.entry}"):
            prepare = _keep if request.keeps_identifiers else source.hide_identifiers
            cut = cutter.cut(tables, source.key, raw / source.table, prepare)
        if not cut.written:
            raise InvalidDataError(
                f"No row of {source.entry} belongs to one of the {len(draw.keys):,} customers "
                "drawn, and a run needs at least one. Draw more with --customers."
            )
        report.tables[source.entry] = cut, time.monotonic() - started
        report.notes += source.describe(tables[0], request.keeps_identifiers)
        (copies / f"{source.table}.parquet").unlink(missing_ok=True)
    if withdrawn:
        report.notes.append(f"Left out {len(withdrawn):,} withdrawn files: {', '.join(withdrawn)}.")
    shutil.rmtree(copies, ignore_errors=True)
    return report


def _load(
    catalog: DataCatalog,
    source: Source,
    copies: Path,
    log: pd.DataFrame | None,
    withdrawn: list[str],
) -> list[ir.Table]:
    """Open a table; the copy of a table in a database goes to a folder of its own."""
    dataset = catalog.get(source.entry)
    if isinstance(dataset, DatabaseTable):
        copies.mkdir(exist_ok=True)
        dataset.copy_to(copies / f"{source.table}.parquet")
    try:
        raw = catalog.load(source.entry)
        if isinstance(raw, Deliveries) and log is not None:
            found, raw = raw.files, _apply_log(raw, log[log["table"] == source.table])
            kept = {file.name for file in raw.files}
            withdrawn += [f"{source.table}/{each.name}" for each in found if each.name not in kept]
        tables = open_tables(raw, source.is_stamped)
    except BrokenContractError as error:
        raise BrokenContractError(f"{source.entry}: {error}") from error
    if not tables:
        raise InvalidDataError(
            f"All files of {source.entry} are withdrawn: take one back with `kedro deliveries "
            "restore`."
        )
    for table in tables:
        source.check(table)
    return tables


def _apply_log(raw: Deliveries, log: pd.DataFrame) -> Deliveries:
    """Leave withdrawn files out, and date each other file by its log, as ingestion does."""
    is_withdrawn = log["status"] == "withdrawn"
    withdrawn = dict(log.loc[is_withdrawn, ["file", "digest"]].to_numpy())
    logged = log[~is_withdrawn].set_index(["file", "size_bytes"])["delivered_at"].to_dict()
    files = [
        replace(file, modified_ns=int(datetime.fromisoformat(at).timestamp() * 1e9)) if at else file
        for file in raw.files
        if file.name not in withdrawn or file.take_digest() != withdrawn[file.name]
        for at in [logged.get((file.name, file.size))]
    ]
    return replace(raw, files=files)


def _list_keys(tables: list[ir.Table]) -> ir.Table:
    return unite([list_keys(table, ID) for table in tables])


def _keep(rows: ir.Table) -> ir.Table:
    return rows
