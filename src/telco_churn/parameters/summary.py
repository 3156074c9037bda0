"""The last lines of a run."""

from kedro_asof.params import Block


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
