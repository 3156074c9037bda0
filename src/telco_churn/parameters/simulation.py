"""How large the sample operator is, and how much trouble its tables make."""

from datetime import date
from typing import Annotated

from pydantic import Field

from kedro_asof.params import Block

Fraction = Annotated[float, Field(ge=0, le=1)]


class MessParams(Block):
    """Trouble to put into the raw tables, as a share of each table's rows."""

    duplicate_fraction: Fraction
    impossible_fraction: Fraction
    unknown_customer_fraction: Fraction
    missing_columns: dict[str, list[str]] = Field(default_factory=dict)


class SimulationParams(Block):
    """The sample operator: how many customers, which days, which seed."""

    customers: int = Field(gt=0)
    first_day: date
    weeks: int = Field(ge=20)
    seed: int = Field(ge=0)
    block_customers: int = Field(gt=0)
    monthly_churn_rate: float = Field(gt=0, lt=0.5)
    hidden_strength: float = Field(ge=0)
    mess: MessParams

    @property
    def days(self) -> int:
        """Length of the simulated time, in days."""
        return 7 * self.weeks

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
