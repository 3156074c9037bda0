"""How a date is scored."""

from pydantic import Field

from kedro_asof.params import Block


class ScoringParams(Block):
    """Batch size, and whether to score a date again."""

    batch_rows: int = Field(ge=1)
    """Customers to score at a time, 1 or more; memory follows this number."""
    rescore: bool
    """Whether to score a date again that has scores of the same model and data."""
