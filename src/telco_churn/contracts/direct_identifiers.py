"""Find columns that name a person directly: by their name, and by their content.

In: a column's name, its distinct texts, its days. Out: what the column holds, such as `e-mail`.

Presidio finds names inside sentences with language models; a column has a name, and most have a
form.
"""

import re
from collections.abc import Sequence

import pandas as pd

BULK = 0.8  # share of the values with the form of an e-mail address, phone number or IBAN
FEWEST_VALUES = 3  # a column with fewer distinct values holds an attribute: `phone: yes, no`
NAME_SHARE = 0.5  # distinct values per row from which a column called `name` names people
LEAST_AGE_YEARS, AGE_SPREAD_YEARS = 14, 15  # youngest customer; ages of the middle 80 % of rows
DAYS_PER_YEAR = 365.25

NAMES = {
    "surname": "surname lastname familyname nachname familienname apellido apellidos cognome "
    "achternaam nomdefamille sobrenome efternavn efternamn",
    "first name": "firstname forename givenname middlename vorname prenom prénom voornaam fornavn "
    "förnamn primeironome",
    "name": "fullname customername clientname subscribername username personname contactname "
    "kundenname nomcomplet nombrecompleto nomecompleto",
    "e-mail address": "email emailaddress emailid mail mailaddress mailadresse correo",
    "phone number": "phone phonenumber phoneno phonenr telephone telephonenumber telefon tel "
    "telefonnummer telefono teléfono mobile mobilenumber mobileno mobilephone cellphone handy "
    "handynummer msisdn fax",
    "street": "street streetname streetaddress address addressline addressline1 addressline2 "
    "postaladdress homeaddress strasse straße adresse anschrift hausnummer calle rue",
    "postal code": "postcode postalcode zip zipcode plz postleitzahl codepostal codigopostal",
    "bank account": "iban bankaccount bankaccountnumber kontonummer creditcard creditcardnumber "
    "cardnumber",
    "date of birth": "dateofbirth birthdate birthday dob birthdt geburtsdatum geburtstag "
    "datedenaissance fechadenacimiento datadinascita geboortedatum",
    "national id": "ssn socialsecuritynumber passport passportnumber nationalid taxid "
    "personalausweis nationalinsurancenumber",
}
KIND_BY_NAME = {name: kind for kind, names in NAMES.items() for name in names.split()}

EMAIL = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"
PHONE = r"(?:\+|00?)[1-9][\d\s()/.\-]{6,18}"
IBAN = r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"


def find_direct_identifier(
    name: str, texts: Sequence[str], rows: int, days_ago: pd.Series | None
) -> str | None:
    """Return what a column holds if it names a person directly, else None.

    Args:
        name: Name of the column, in any spelling.
        texts: Distinct values, as text.
        rows: Rows with a value.
        days_ago: For a column of dates, days from each to the day of the run.
    """
    plain = re.sub(r"[\W_]|\d+$", "", name.casefold())
    kind = KIND_BY_NAME.get(plain)
    if plain == "name" and len(texts) > NAME_SHARE * rows:
        kind = "name"
    if kind and len(texts) >= FEWEST_VALUES:
        return kind
    if days_ago is not None:
        return "date of birth" if _are_births(days_ago) else None
    return _find_by_content(pd.Series(texts, dtype="str"))


def is_person_named(name: str) -> bool:
    """Return whether some words of a column's name name a person, as in `primary_phone`."""
    words = re.findall(r"[^\W_]+", name.casefold())
    runs = ("".join(words[i:j]) for j in range(len(words) + 1) for i in range(j))
    return words == ["name"] or any(run in KIND_BY_NAME for run in runs)


def _find_by_content(texts: pd.Series) -> str | None:
    if len(texts) < FEWEST_VALUES:
        return None
    if texts.str.fullmatch(EMAIL).mean() >= BULK:
        return "e-mail address"
    if texts.str.fullmatch(PHONE).mean() >= BULK:
        return "phone number"
    dense = texts.str.replace(" ", "", regex=False).str.upper()
    if dense.str.fullmatch(IBAN).mean() >= BULK and dense.map(_is_iban).mean() >= BULK:
        return "bank account"
    return None


def _is_iban(text: str) -> bool:
    """Check the two check digits. Source: ISO 13616, ISO 7064 (MOD 97-10)."""
    if not re.fullmatch(IBAN, text):
        return False
    digits = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return int(digits) % 97 == 1


def _are_births(days_ago: pd.Series) -> bool:
    """Return whether days lie as far back, and as far apart, as dates of birth of adults."""
    years = days_ago.dropna() / DAYS_PER_YEAR
    if years.nunique() <= FEWEST_VALUES:
        return False
    youngest, tenth, ninetieth = years.quantile([0.01, 0.1, 0.9])
    return bool(youngest >= LEAST_AGE_YEARS and ninetieth - tenth >= AGE_SPREAD_YEARS)
