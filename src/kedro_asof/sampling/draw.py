"""Draw keys at random: the same ones in every run and on every engine.

In: the distinct keys of a table, and those with an event. Out: the keys of the sample.

The engine orders keys by the MD5 of seed and key and returns the first ones. Memory depends on the
number of keys to draw, not on the table. A larger draw contains a smaller one of the same seed.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from kedro_asof.engines import find_engine_of

KEY, RANK = "sample_key", "sample_rank"


@dataclass(frozen=True)
class Draw:
    """Drawn keys.

    Attributes:
        keys: The drawn keys.
        with_event: How many of them have an event.
        all_keys: The number of keys that could be drawn.
        all_with_event: How many of those have an event.
    """

    keys: tuple[str, ...]
    with_event: int
    all_keys: int
    all_with_event: int


def list_keys(rows: ir.Table, column: str) -> ir.Table:
    """Return the key of each row as text, as the one column `KEY`; not distinct, maybe null."""
    return rows.select(rows[column].cast("string").name(KEY))


def bring(keys: ir.Table, table: ir.Table) -> ir.Table:
    """Return keys in the engine of a table; those of another engine come through memory."""
    is_there = keys.get_backend() is table.get_backend()
    return keys if is_there else ibis.memtable(keys.to_pyarrow())


def draw_keys(keys: ir.Table, events: ir.Table, count: int, minimum: int, seed: int) -> Draw:
    """Draw keys, and replace the last ones if too few of them have an event.

    Args:
        keys: Distinct keys, the column `KEY`.
        events: Keys with an event, the column `KEY`; also others, and repeated ones.
        count: The number of keys to draw, 1 or more; all keys if there are fewer.
        minimum: The smallest number of keys with an event, or all of these if there are fewer.
        seed: Another seed draws other keys.
    """
    with_event, without = keys.semi_join(events, KEY), keys.anti_join(events, KEY)
    chosen, others = (_list_first(each, count, seed) for each in (with_event, without))
    ranked = sorted([*((rank, True) for rank, _ in chosen), *((rank, False) for rank, _ in others)])
    by_chance = sum(is_event for _, is_event in ranked[:count])
    kept = min(len(chosen), count, max(by_chance, minimum))
    drawn = [*chosen[:kept], *others[: count - kept]]
    return Draw(
        tuple(key for _, key in drawn),
        kept,
        keys.count().to_pyarrow().as_py(),
        with_event.count().to_pyarrow().as_py(),
    )


def _list_first(keys: ir.Table, count: int, seed: int) -> list[tuple[str, str]]:
    """Return rank and key of the first keys, in the order of their ranks."""
    rank = find_engine_of(keys).digest(ibis.literal(f"{seed}:") + keys[KEY])
    first = keys.mutate(**{RANK: rank}).order_by(RANK).limit(count).to_pyarrow()
    pairs = zip(first[RANK].to_pylist(), first[KEY].to_pylist(), strict=True)
    return sorted(pairs)  # a step between may not keep the order
