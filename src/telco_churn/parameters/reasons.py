"""The customers who get reasons, and the words of the reasons."""

from string import Formatter
from typing import Literal

from pydantic import Field, model_validator

from kedro_asof.params import Block

# The placeholders of a text, with their values for a trend of -0.5.
SAMPLE = {"value": -0.5, "magnitude": 0.5, "percent": 50.0, "days": "1 day", "change": 66.7}


class ReasonTemplate(Block):
    """The words for a feature, by its value; at least one text."""

    text: str | None = None
    """For every known value that none of the next three texts covers."""
    positive: str | None = None
    """For numbers above zero."""
    zero: str | None = None
    """For zero, and for numbers that round to zero in the text."""
    negative: str | None = None
    """For numbers below zero."""
    missing: str | None = None
    """For a missing value; it has no placeholders."""

    def list_texts(self) -> dict[str, str]:
        """Return the texts that are set, by kind."""
        return {kind: text for kind, text in self.model_dump().items() if text is not None}


class ReasonParams(Block):
    """The customers who get reasons, and the templates."""

    give_to: Literal["contacted", "all"]
    """`contacted`: customers on the contact list get reasons; `all`: every scored customer does."""
    templates: dict[str, str | ReasonTemplate] = Field(default_factory=dict)
    """A text, or texts by value, for each feature name or pattern such as `usage_*_trend_*`. A
    feature's name takes precedence, then the first pattern that matches."""

    def as_plain(self) -> dict[str, dict[str, str]]:
        """Return all templates as texts by kind, as a model is fitted with them."""
        return {
            name: {"text": template} if isinstance(template, str) else template.list_texts()
            for name, template in self.templates.items()
        }

    @model_validator(mode="after")
    def _check_texts(self) -> "ReasonParams":
        for name, texts in self.as_plain().items():
            if not texts:
                raise ValueError(
                    f"Missing text in the template {name}: expected at least one of "
                    f"{list(ReasonTemplate.model_fields)}."
                )
            for kind, text in texts.items():
                allowed = [] if kind == "missing" else list(SAMPLE)
                fault = _find_fault(text, allowed)
                if fault:
                    raise ValueError(
                        f"Invalid template {name} ({kind}: {text!r}): it {fault}. Allowed here are "
                        f"{['{' + placeholder + '}' for placeholder in allowed]}, with an optional "
                        "format such as {value:.0f}. Correct conf/base/parameters/reasons.yml."
                    )
        return self


def _find_fault(text: str, allowed: list[str]) -> str | None:
    """Return what is wrong with a text, which must fit numbers or categories."""
    try:
        used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        return f"cannot be parsed ({error})"
    unknown = sorted(used - set(allowed))
    if unknown:
        return f"has unknown placeholders {unknown}"
    try:
        text.format(**SAMPLE)
    except (IndexError, KeyError, ValueError) as error:
        try:
            text.format(value="text")
        except (IndexError, KeyError, ValueError):
            return f"cannot be filled in ({error})"
    return None
