"""Compares a result with its limit. In: a limit and a result. Out: a row of a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit and a result; the limit is an upper one unless `at_least` is set."""

    claim: str
    limit: float
    found: float
    unit: str = " x"
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the result is within the limit."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def row(self) -> str:
        """The target as a row of a Markdown table."""
        bound = "at least" if self.at_least else "at most"
        verdict = "met" if self.is_met else "**missed**"
        limit, found = f"{self.limit:g}{self.unit}", f"{self.found:.3g}{self.unit}"
        return f"| {self.claim} | {bound} {limit} | {found} | {verdict} |"
