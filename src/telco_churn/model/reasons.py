"""Says in words what raises a score.

In: templates by feature; then values of features. Out: a sentence for each. A template is a
mapping with texts for a value that is `positive`, `zero`, `negative` or `missing`, and `text` for
all but the missing ones. A value that would read as 0 takes the text for zero.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.model_errors import ModelInputError

Texts = Mapping[str, str]
Words = npt.NDArray[np.object_]

LARGEST_CHANGE = 999.0  # per cent; what was next to nothing before has risen by any number

FOR_NUMBERS = "{value}, {magnitude}, {percent}, {days}, {change}"

# What is wrong with a text is the business of `parameters`; here, whether it fits the feature.
FORMAT_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class TemplateError(ModelInputError):
    """A template of a reason cannot be put into words."""


def resolve_templates(
    templates: Mapping[str, Texts], numeric: Iterable[str], categories: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Find the template of each feature: its own, else the first pattern that fits its name.

    Args:
        templates: By feature, or by a pattern with `*`, as in `usage_*_trend_*`.
        numeric: Features that are numbers.
        categories: Features that are text.

    Returns:
        Templates by feature; features without one are not in it.

    Raises:
        TemplateError: When a text does not fit the type of its feature.
    """
    found: dict[str, dict[str, str]] = {}
    for features, is_number in ((numeric, True), (categories, False)):
        for feature in features:
            pattern = _find_template(feature, templates)
            if pattern is not None:
                found[feature] = dict(templates[pattern])
                _check_texts(feature, pattern, found[feature], is_number)
    return found


def format_number(text: str, value: float) -> str:
    """Fill in a text: value, magnitude (without its sign), percent (100 times that), days, change.

    `days` is the magnitude with its unit, as in `1 day`. `change` reads the value as a trend, -1
    to 1: how many per cent it is off the window before.
    """
    magnitude = abs(value)
    change = 200 * magnitude / (1 - value) if value < 1 else np.inf
    return text.format(
        value=value,
        magnitude=magnitude,
        percent=100 * magnitude,
        days="1 day" if round(magnitude) == 1 else f"{magnitude:.0f} days",
        change=min(change, LARGEST_CHANGE),
    )


def describe_numbers(
    feature: str, values: npt.NDArray[np.float64], texts: Texts | None
) -> tuple[Words, Words]:
    """Put numbers into words, and into text; both of shape `(rows,)`, a missing value is None."""
    known, places = np.unique(values, return_inverse=True)
    full = _complete_texts(feature, texts or {}, "{value:g}")
    as_zero = {
        kind: format_number(full[kind], 0.0)
        for kind in ("positive", "negative")
        if "{" in full[kind] and texts and "zero" in texts
    }
    words = [_say_number(value, full, as_zero) for value in known.tolist()]
    numbers = [None if np.isnan(value) else format(value, ".12g") for value in known.tolist()]
    return np.array(words, object)[places], np.array(numbers, object)[places]


def describe_categories(
    feature: str, values: pd.Series, texts: Texts | None
) -> tuple[Words, Words]:
    """Put categories into words, and into text; both of shape `(rows,)`, a missing one is None."""
    places, known = pd.factorize(values.astype("str").to_numpy(object), use_na_sentinel=True)
    full = _complete_texts(feature, texts or {}, "{value}")
    words = [full["text"].format(value=value.replace("_", " ")) for value in known]
    words.append(full["missing"])  # at place -1
    return np.array(words, object)[places], np.array([*known, None], object)[places]


def _find_template(feature: str, templates: Mapping[str, Texts]) -> str | None:
    if feature in templates:
        return feature
    return next((pattern for pattern in templates if fnmatchcase(feature, pattern)), None)


def _check_texts(feature: str, pattern: str, texts: Texts, is_number: bool) -> None:
    for kind, text in texts.items():
        try:
            format_number(text, 1.0) if is_number else text.format(value="x")
        except FORMAT_ERRORS as error:
            allowed = FOR_NUMBERS if is_number else "{value}"
            raise TemplateError(
                f"The template {pattern} ({kind}: {text!r}) does not fit {feature}, which is "
                f"{'a number' if is_number else 'text'}: {error!r}. It may use {allowed}. Correct "
                "reasons.templates in conf/base/parameters/reasons.yml, or give the feature its "
                "own template there."
            ) from error


def _complete_texts(feature: str, texts: Texts, value: str) -> dict[str, str]:
    """Give every kind of value its text; `value` is the placeholder of those not given."""
    name = feature.replace("_", " ").strip()
    name = name[:1].upper() + name[1:]
    escaped = name.replace("{", "{{").replace("}", "}}")
    text = texts.get("text", f"{escaped} is {value}")
    kinds = dict.fromkeys(("text", "positive", "zero", "negative"), text)
    return kinds | {"missing": f"{name} is not known"} | dict(texts)


def _say_number(value: float, texts: Texts, as_zero: Texts) -> str:
    if np.isnan(value):
        return texts["missing"]
    kind = "positive" if value > 0 else "negative" if value < 0 else "zero"
    said = format_number(texts[kind], value)
    return format_number(texts["zero"], 0.0) if said == as_zero.get(kind) else said
