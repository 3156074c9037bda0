"""How much trouble ingestion bears, and when a day is whole."""

from pydantic import Field

from kedro_asof.params import Block


class IngestionParams(Block):
    """What is let pass, and what counts as a day.

    Attributes:
        max_rejected_fraction: Share of the rows of any one table, beyond which the run stops.
        max_blanked_fraction: Share of the delivered values of any one column that is filled in
            later, beyond which the run stops, if it blanked ten values or more.
        full_day_share: Share of the rows that a usual day of usage has around then, from which a
            day counts as delivered.
    """

    max_rejected_fraction: float = Field(ge=0, le=1)
    max_blanked_fraction: float = Field(ge=0, le=1)
    full_day_share: float = Field(gt=0, le=1)
