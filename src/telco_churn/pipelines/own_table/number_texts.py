"""Read numbers in text as people write them.

In: distinct texts and how often each occurs. Out: the form of a column, and its numbers: with
decimal comma or point, thousands separators, a currency, a percent sign, a sign at either end.

No library reads a column by its bulk: pandas takes one `decimal` for a file, Babel one locale,
price-parser decides each cell alone. See docs/decisions/0023-a-column-is-read-by-its-bulk.md.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

BLANKS = r"[\s\u00a0\u2007\u2009\u202f]"
CODES = "USD|EUR|GBP|CHF|JPY|CNY|INR|BRL|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|ZAR|MXN|KRW"
CURRENCY = rf"R\$|[$£¤¥€\u20a0-\u20cf]|{CODES}|kr|zł|Kč|Ft|Rs"
UNIT = rf"%|{CURRENCY}"
SIGN = r"[+\-\u2212]"
CELL = re.compile(
    rf"^(?P<open>\()?(?P<sign>{SIGN})?(?P<before>{UNIT})?\.?(?P<sign2>{SIGN})?"
    rf"(?P<digits>\d[\d.,'\u2019]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"(?P<sign3>[\-\u2212])?(?P<after>{UNIT})?\.?(?P<close>\))?$"
)
PERCENT = "%"
PLAIN = {
    ".": r"(?:[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}|\d+)?(?:\.\d*)?",
    ",": r"(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)?(?:,\d*)?",
}
SIMPLE = r"-?\d+(?:\.\d+)?"
THOUSANDS = {".": ",", ",": "."}


@dataclass(frozen=True)
class NumberForm:
    """How a column writes its numbers.

    Attributes:
        decimal: The decimal separator, `.` or `,`.
        unit: The currency or percent sign, as written; empty without one.
        is_sure: Whether the values leave no doubt about the separator: `1,234` alone does.
        shows_decimal: Whether some value can be read with this separator only.
    """

    decimal: str = "."
    unit: str = ""
    is_sure: bool = True
    shows_decimal: bool = False

    @property
    def code(self) -> str:
        """Return the form as text, which `from_code` reads."""
        return self.decimal + self.unit

    @classmethod
    def from_code(cls, code: str) -> "NumberForm":
        """Read the text that `code` returns."""
        return cls(code[:1] or ".", code[1:])


def find_number_form(texts: pd.Series, counts: pd.Series, usual_decimal: str | None) -> NumberForm:
    """Find the decimal separator and the unit that most values have.

    Args:
        texts: Distinct texts, shape `(values,)`.
        counts: Rows of each text, shape `(values,)`.
        usual_decimal: The separator of other columns of the file, for a column that fits both.
    """
    cells = _split(texts)
    readable = cells["digits"].notna()
    by_unit = counts[readable].groupby(cells.loc[readable, "unit"]).sum()
    named = by_unit.drop("", errors="ignore")
    unit = str(named.idxmax()) if len(named) else ""
    if unit == PERCENT and by_unit.get("", 0) > named.max():
        unit = ""
    fits = {decimal: _fits(cells["digits"], decimal) for decimal in PLAIN}
    only = {
        decimal: int(counts[fits[decimal] & ~fits[THOUSANDS[decimal]]].sum()) for decimal in PLAIN
    }
    has_separator = cells["digits"].str.contains(r"[.,]", na=False)
    if only[","] != only["."]:
        return NumberForm("," if only[","] > only["."] else ".", unit, shows_decimal=True)
    if not (has_separator & fits["."] & fits[","]).any():
        return NumberForm(unit=unit)
    return NumberForm(usual_decimal or ".", unit, is_sure=usual_decimal is not None)


def read_numbers(texts: pd.Series, form: NumberForm) -> pd.Series:
    """Read texts as numbers of one form; texts of another form become missing.

    A percentage keeps its number: `95%` is 95. A value without the currency of its column counts;
    one with another currency, or without the percent sign of its column, does not.

    Returns:
        float64, shape `(values,)`.
    """
    numbers = pd.to_numeric(texts, errors="coerce").astype("float64")
    if form.code == "." and numbers.notna().all():
        return numbers
    cells = _split(texts)
    units = {form.unit} if form.unit == PERCENT else {form.unit, ""}
    is_read = cells["digits"].notna() & cells["unit"].isin(units)
    is_read &= _fits(cells["digits"], form.decimal)
    digits = cells["digits"].where(is_read, "")
    digits = digits.str.replace(THOUSANDS[form.decimal], "", regex=False)
    plain = digits.str.replace(form.decimal, ".", regex=False) + cells["exponent"].fillna("")
    read = pd.to_numeric(plain, errors="coerce").astype("float64")
    read = read.where(~cells["is_negative"], -read)
    infinite = np.isinf(numbers)
    return read.mask(infinite, numbers)


def _split(texts: pd.Series) -> pd.DataFrame:
    """Split each text into digits, exponent, unit and sign; all missing if it is not a number."""
    is_simple = texts.str.fullmatch(SIMPLE).fillna(False).astype(bool)  # most, and fast to split
    simple = texts[is_simple]
    cells = pd.DataFrame({"digits": simple.str.lstrip("-"), "exponent": None, "unit": ""})
    cells["is_negative"] = simple.str.startswith("-").astype(bool)
    if is_simple.all():
        return cells
    return pd.concat([cells, _split_notation(texts[~is_simple])]).reindex(texts.index)


def _split_notation(texts: pd.Series) -> pd.DataFrame:
    dense = texts.str.replace(BLANKS, "", regex=True)
    cells = dense.str.extract(CELL)
    has_two = cells["before"].notna() & cells["after"].notna()
    is_closed = cells["open"].notna() == cells["close"].notna()
    sign, sign2, sign3 = (cells[name].fillna("") for name in ("sign", "sign2", "sign3"))
    signs = sign + sign2 + sign3
    cells.loc[has_two | ~is_closed | (signs.str.len() > 1), "digits"] = pd.NA
    return pd.DataFrame(
        {
            "digits": cells["digits"].str.replace(r"['\u2019](?=\d{3})", "", regex=True),
            "exponent": cells["exponent"],
            "unit": cells["before"].fillna(cells["after"]).fillna(""),
            "is_negative": signs.isin(["-", "\u2212"]) | cells["open"].notna(),
        },
        index=texts.index,
    )


def _fits(digits: pd.Series, decimal: str) -> pd.Series:
    return digits.str.fullmatch(PLAIN[decimal]).fillna(False).astype(bool)
