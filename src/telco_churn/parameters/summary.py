"""The last lines that a run prints."""

from kedro_asof.params import Block


class SummaryParams(Block):
    """Texts for the last lines that a run prints."""

    scores: str
    """Location of the scores, as text."""
    currency: str
    """Currency of all amounts."""
    promote: str
    """Command that makes a version champion by hand."""
