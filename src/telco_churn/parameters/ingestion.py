"""How much trouble ingestion bears."""

from pydantic import Field

from telco_churn.parameters.block import Block


class IngestionParams(Block):
    """How large a share of a table may be rejected before the run stops."""

    max_rejected_fraction: float = Field(ge=0, le=1)
