"""Read the target of a table.

In: its column. Out: whether each row churned, where that is known.
"""

import pandas as pd

from telco_churn.pipelines.own_table.columns import MISSING_WORDS, UNKNOWN_WORDS, write_as_text

LIKE_YES = frozenset(["yes", "y", "true", "t", "1", "on"])
LIKE_NO = frozenset(["no", "n", "false", "f", "0", "off"])
YES = LIKE_YES | {
    *("ja", "j", "oui", "si", "sí", "x"),
    *("churn", "churned", "churner", "left", "leaver", "exited", "gone", "lost", "cancelled"),
    *("attrited", "attrited customer"),
}
NO = LIKE_NO | {
    *("nein", "non", "-1"),
    *("stayed", "stays", "stay", "active", "retained", "existing", "current", "not churned"),
    *("no churn", "non-churn", "existing customer"),
}


def read_target(values: pd.Series) -> pd.Series:
    """Return one text per value: `Yes`, `yes` and `YES` are one, as are `1` and `1.0`.

    If all values are words for yes and no, such as `Yes`, `1` and `true`, they are `yes` and `no`.
    Words for missing are missing.
    """
    texts = write_as_text(values).str.strip().str.casefold()
    texts = texts.str.replace(r"^([+-]?\d+)\.0+$", r"\1", regex=True)
    texts = texts.mask(texts.isin(MISSING_WORDS | UNKNOWN_WORDS))
    present = texts.dropna()
    if present.nunique() > 2 and present.isin(LIKE_YES | LIKE_NO).all():
        return texts.map(lambda text: "yes" if text in LIKE_YES else "no", na_action="ignore")
    return texts


def find_positive(target: pd.Series, given: str | None) -> str | None:
    """Return which of two values means churn; None if that cannot be told.

    Args:
        target: As `read_target` returns it.
        given: The value that the user named; None to find a word for yes beside one for no.
    """
    found = list(target.dropna().unique())
    if given is not None:
        word = read_target(pd.Series([given]))[0]
        alike = [value for value in found if value in LIKE_YES and word in LIKE_YES]
        alike += [value for value in found if value in LIKE_NO and word in LIKE_NO]
        return word if word in found else alike[0] if alike else None
    yes = [value for value in found if value in YES]
    no = [value for value in found if value not in YES]
    return yes[0] if len(yes) == len(no) == 1 and no[0] in NO else None


def show_positive(values: pd.Series, target: pd.Series, positive: str) -> str:
    """Return the value that means churn as the file writes it, in its most frequent spelling."""
    return str(write_as_text(values[target == positive]).mode()[0])


def find_churned(target: pd.Series, positive: str | None) -> pd.Series:
    """Return whether each row churned; missing where the target is missing."""
    return (target == positive).astype("boolean").mask(target.isna())
