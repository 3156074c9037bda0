"""Make the sample operator's raw tables, block by block.

In: the simulation parameters. Out: `Blocks`, streams of Arrow tables with one block of customers
each. Memory follows the size of a block, not the number of customers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from telco_churn.parameters.simulation import SimulationParams
from telco_churn.pipelines.simulation import customer_tables, event_tables
from telco_churn.pipelines.simulation.corruption import add_mess
from telco_churn.pipelines.simulation.hazard import Lives, count_blocks, simulate_lives

MakeTable = Callable[[SimulationParams, Lives], pa.Table]


@dataclass(frozen=True)
class Blocks:
    """A stream of Arrow tables that gives the same tables each time it is read."""

    params: SimulationParams
    make: MakeTable
    messy_table: str | None = None

    def __iter__(self) -> Iterator[pa.Table]:
        for block in range(count_blocks(self.params)):
            table = self.make(self.params, simulate_lives(self.params, block))
            if self.messy_table is not None:
                rng = np.random.default_rng([self.params.seed, 7, block])
                table = add_mess(table, self.messy_table, self.params.mess, rng)
            yield table


def simulate_operator(params: SimulationParams) -> dict[str, Blocks]:
    """Simulate the six raw tables of the sample operator, and its true churn hazard."""
    return {
        "raw_customers": Blocks(params, customer_tables.make_customers, "customers"),
        "raw_subscriptions": Blocks(params, customer_tables.make_subscriptions, "subscriptions"),
        "raw_usage": Blocks(params, event_tables.make_usage, "usage"),
        "raw_invoices": Blocks(params, event_tables.make_invoices, "invoices"),
        "raw_contacts": Blocks(params, event_tables.make_contacts, "contacts"),
        "raw_cancellations": Blocks(params, customer_tables.make_cancellations, "cancellations"),
        "true_hazard": Blocks(params, customer_tables.make_true_hazard),
    }
