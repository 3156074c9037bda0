"""What a number must be, and whether it is. In: a limit and what was found. Out: a row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit and what was found; at most, unless it says at least."""

    claim: str
    limit: float
    found: float
    unit: str = " x"
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether what was found is within the limit."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def row(self) -> str:
        """As a row of a table."""
        bound = "at least" if self.at_least else "at most"
        verdict = "met" if self.is_met else "**missed**"
        limit, found = f"{self.limit:g}{self.unit}", f"{self.found:.3g}{self.unit}"
        return f"| {self.claim} | {bound} {limit} | {found} | {verdict} |"
