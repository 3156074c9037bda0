"""How scoring runs."""

from pydantic import Field

from kedro_asof.params import Block


class ScoringParams(Block):
    """How a date is scored.

    Attributes:
        batch_rows: Customers that are scored at a time.
        rescore: Whether to score a date again that has scores of the same model and data.
    """

    batch_rows: int = Field(ge=1)
    rescore: bool
