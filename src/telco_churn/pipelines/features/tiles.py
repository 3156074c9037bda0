"""Keep the aggregates of each week of an event table.

In: dates, the tiles that exist, and events. Out: the tiles that are missing or whose rows changed.
"""

import logging
from collections.abc import Callable
from datetime import date

import ibis.expr.types as ir

from kedro_asof.errors import WrongCallError
from kedro_asof.tiles.log import TileChange, TileRecord, Tiles
from kedro_asof.tiles.tile import digest_tiles, list_tile_weeks, summarize_weeks
from kedro_asof.windows.aggregate import TiledWeeks, check_columns
from telco_churn.parameters.features import FeatureParams

ENTITY = ["customer_id"]
WEEKS_AT_ONCE = 4  # about a month: fewer scans, and memory for four rows per customer

logger = logging.getLogger(__name__)


def update_tiles(
    table: str,
) -> Callable[[list[date], Tiles, ir.Table, FeatureParams], TileChange]:
    """Return the node function that makes the tiles of one event table."""

    def update(
        dates: list[date], tiles: Tiles, events: ir.Table, features: FeatureParams
    ) -> TileChange:
        """Make the tiles that dates need and that are missing or not of the current rows.

        Raises:
            WrongCallError: When the event table has no log that says which rows changed.
        """
        window = features.windows[table]
        check_columns(window, table, list(events.columns))
        if tiles.rows.version < 0:
            raise WrongCallError(
                f"Cannot keep tiles of {table}: it is not a Delta table that ingestion wrote, so "
                "changed rows would not be noticed. Set features.tiles: false in "
                f"conf/base/parameters/features.yml, or leave {table} out of features.tiles.tables "
                "if it lists other tables."
            )
        weekday = _weekday(features)
        needed = list_tile_weeks(dates, window, weekday)
        declaration = digest_tiles(events, window, ENTITY, weekday)
        current = tiles.select_current(declaration).weeks
        made = [week for week in needed if features.rebuild or week not in current]
        logger.info(
            "Tiles of %s: %s of %s weeks are kept, %s to make.",
            *(table, len(needed) - len(made), len(needed), len(made)),
        )
        made_of = tiles.rows
        return TileChange(
            {
                tuple(weeks): summarize_weeks(events, window, ENTITY, weeks)
                for start in range(0, len(made), WEEKS_AT_ONCE)
                if (weeks := made[start : start + WEEKS_AT_ONCE])
            },
            TileRecord(declaration, made_of.table, made_of.version, made_of.times[made_of.version]),
        )

    return update


def select_tiles(table: str, tiles: Tiles, events: ir.Table, features: FeatureParams) -> TiledWeeks:
    """Select the tiles of an event table that were made of its current rows."""
    window = features.windows[table]
    return tiles.select_current(digest_tiles(events, window, ENTITY, _weekday(features)))


def _weekday(features: FeatureParams) -> int:
    assert features.tiles, "the pipeline has these nodes only if tiles are configured"
    return features.tiles.weekday
