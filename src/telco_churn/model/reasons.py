"""Texts of reasons.

In: templates by feature, and values of features. Out: a text for each value. A template maps
`positive`, `zero`, `negative` and `missing` to texts for such values, and `text` to a text for all
other values that are not missing. A value that is displayed as 0 gets the text for `zero`.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.model_errors import ModelInputError

Texts = Mapping[str, str]
Words = npt.NDArray[np.object_]

LARGEST_CHANGE = 999.0  # percent; a rise from almost nothing would give an arbitrary number

FOR_NUMBERS = "{value}, {magnitude}, {percent}, {days}, {change}"

# `parameters` validates the syntax of a text; this module checks that it fits its feature's type.
FORMAT_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class TemplateError(ModelInputError):
    """A template does not match the type of its feature."""


def resolve_templates(
    templates: Mapping[str, Texts], numeric: Iterable[str], categories: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Find the template of each feature: by its name, else by the first matching pattern.

    Args:
        templates: Templates by feature, or by a pattern such as `usage_*_trend_*`.
        numeric: Names of numeric features.
        categories: Names of text features.

    Returns:
        Templates by feature; a feature without a template is left out.

    Raises:
        TemplateError: If a template does not match the type of its feature.
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
    """Fill in the placeholders of a text.

    `magnitude` is the value without its sign, `percent` is 100 times the magnitude, and `days` is
    the magnitude with its unit, as in `1 day`. `change` reads the value as a trend between -1 and
    1, and gives the change from the previous window in percent.
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
    """Return reasons and values as text, both of shape `(rows,)`; a missing value is None."""
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
    """Return reasons and values as text, both of shape `(rows,)`; a missing value is None."""
    places, known = pd.factorize(values.astype("str").to_numpy(object), use_na_sentinel=True)
    full = _complete_texts(feature, texts or {}, "{value}")
    words = [full["text"].format(value=value.replace("_", " ")) for value in known]
    words.append(full["missing"])  # `factorize` gives missing categories the position -1
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
                f"Invalid template {pattern} ({kind}: {text!r}) for {feature}, which is "
                f"{'a number' if is_number else 'text'}: {error!r}. Allowed are {allowed}. Correct "
                "reasons.templates in conf/base/parameters/reasons.yml, or add a template for "
                f"{feature} there."
            ) from error


def _complete_texts(feature: str, texts: Texts, value: str) -> dict[str, str]:
    """Add a default text, with the placeholder `value`, for each kind of value without a text."""
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
