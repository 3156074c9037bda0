"""How scoring runs."""

from pydantic import Field

from telco_churn.parameters.block import Block


class ScoringParams(Block):
    """How many customers are scored at a time."""

    batch_rows: int = Field(ge=1)


class SummaryParams(Block):
    """What the last lines of a run point to.

    Attributes:
        scores: Where the scores lie.
        currency: What money is counted in.
        next_steps: Lines that say what to type next.
    """

    scores: str
    currency: str
    next_steps: list[str]
