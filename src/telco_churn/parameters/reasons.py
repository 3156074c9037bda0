"""Who gets reasons, and in which words."""

from string import Formatter
from typing import Literal

from pydantic import Field, model_validator

from kedro_asof.params import Block

# What a text may say of a value, and what each would be of a trend of -0.5.
SAMPLE = {"value": -0.5, "magnitude": 0.5, "percent": 50.0, "days": "1 day", "change": 66.7}


class ReasonTemplate(Block):
    """What to say of a feature, by its value.

    Attributes:
        text: For any value that is there, when there is no text of its kind.
        positive: For numbers above zero.
        zero: For zero, and for numbers that would read as zero.
        negative: For numbers below zero.
        missing: For a value that is not known; without placeholders.
    """

    text: str | None = None
    positive: str | None = None
    zero: str | None = None
    negative: str | None = None
    missing: str | None = None

    def list_texts(self) -> dict[str, str]:
        """Return the texts that are given, by kind."""
        return {kind: text for kind, text in self.model_dump().items() if text is not None}


class ReasonParams(Block):
    """Who gets reasons, and a template by feature or by pattern, as `usage_*_trend_*`.

    A feature's own template wins, then the first pattern in the order of the file.
    """

    give_to: Literal["contacted", "all"]
    templates: dict[str, str | ReasonTemplate] = Field(default_factory=dict)

    def as_plain(self) -> dict[str, dict[str, str]]:
        """Return every template as texts by kind: what a model is fitted with."""
        return {
            name: {"text": template} if isinstance(template, str) else template.list_texts()
            for name, template in self.templates.items()
        }

    @model_validator(mode="after")
    def _check_texts(self) -> "ReasonParams":
        for name, texts in self.as_plain().items():
            if not texts:
                raise ValueError(
                    f"the template {name} has no text; give one, or some of "
                    f"{list(ReasonTemplate.model_fields)}"
                )
            for kind, text in texts.items():
                allowed = [] if kind == "missing" else list(SAMPLE)
                fault = _find_fault(text, allowed)
                if fault:
                    raise ValueError(
                        f"the template {name} ({kind}: {text!r}) {fault}; allowed here are "
                        f"{['{' + placeholder + '}' for placeholder in allowed]}, with a format "
                        "as in {value:.0f}"
                    )
        return self


def _find_fault(text: str, allowed: list[str]) -> str | None:
    """Say what is wrong with a text: it must do for numbers or for categories."""
    try:
        used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        return f"cannot be read ({error})"
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
