"""The size of the sample operator, and the errors in its tables."""

from datetime import date
from typing import Annotated

from pydantic import Field

from kedro_asof.params import Block

Fraction = Annotated[float, Field(ge=0, le=1)]


class MessParams(Block):
    """Errors to add to the raw tables, as a share of each table's rows."""

    duplicate_fraction: Fraction
    """Share of rows that are delivered twice, 0 to 1."""
    impossible_fraction: Fraction
    """Share of rows to add with an impossible value, 0 to 1."""
    unknown_customer_fraction: Fraction
    """Share of rows to add with an unknown `customer_id`, 0 to 1; none in `customers`."""
    missing_columns: dict[str, list[str]] = Field(default_factory=dict)
    """Columns to leave out, by table without the prefix `raw_`."""


class SimulationParams(Block):
    """The sample operator: customers, days and seed."""

    customers: int = Field(gt=0)
    """Number of customers; 1 or more."""
    first_day: date
    """First simulated day, YYYY-MM-DD."""
    weeks: int = Field(ge=20)
    """Number of simulated weeks; 20 or more."""
    seed: int = Field(ge=0)
    """Seed of the simulation, 0 or more; the same seed gives the same tables."""
    block_customers: int = Field(gt=0)
    """Customers to simulate at a time, 1 or more; memory follows this number."""
    monthly_churn_rate: float = Field(gt=0, lt=0.5)
    """Average share of customers who cancel in 30 days; above 0, below 0.5."""
    hidden_strength: float = Field(ge=0)
    """Standard deviation, in log hazard, of a churn driver that no table shows; 0 or more."""
    mess: MessParams
    """Errors to add to the raw tables."""

    @property
    def days(self) -> int:
        """Length of the simulated time, in days."""
        return 7 * self.weeks

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
