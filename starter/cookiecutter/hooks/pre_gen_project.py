"""Checks the answers before a file is written. Python's standard library is all it needs."""

from __future__ import annotations

import json
import re
import sys

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
CHOICES = json.loads(r"""{{ cookiecutter._choices | tojson }}""")
NEEDS = json.loads(r"""{{ cookiecutter._needs | tojson }}""")
ASKED = json.loads(r"""{{ cookiecutter._asked | tojson }}""")
LONGEST = 24
WORDS = {"True": "yes", "False": "no"}  # as YAML reads them without quotes
ALL = ("all", "both", "yes")
TAKEN = json.loads(r"""{{ cookiecutter._taken_names | tojson }}""")


def check_name(name: str, package: str) -> str | None:
    """Return what is wrong with the name of the project, None if nothing is."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z0-9]+)*", name):
        return (
            f"Invalid project name {name!r}: expected ASCII letters and digits, in words that one "
            "space, hyphen or underscore separates, with a letter first. For example: Acme Churn."
        )
    if len(name) > LONGEST:
        return (
            f"Invalid project name {name!r}: expected at most {LONGEST} characters, because lines "
            "of code contain it."
        )
    if package in TAKEN:
        return (
            f"Invalid project name {name!r}: its package {package!r} would hide another package or "
            "folder of this name. Choose another name, for example: Acme Churn."
        )
    return None


def check_choice(question: str, given: object, allowed: list[str]) -> str | None:
    """Return what is wrong with an answer, one value or several with commas; None if nothing is."""
    unknown = sorted(split(given) - set(allowed))
    if not unknown:
        return None
    return f"Invalid {question} {', '.join(unknown)!r}: expected {', '.join(allowed)}."


def check_needs(name: str, question: str, needed: list[str]) -> str | None:
    """Return what an entry lacks that the answers name, None if nothing."""
    if name not in split(ANSWERS[question]):
        return None
    lacking = [each for each in needed if not split(ANSWERS[ASKED[each]]) & {each, *ALL}]
    return f"{name} needs {', '.join(lacking)}: include this, or leave {name} out." * bool(lacking)


def split(answer: object) -> set[str]:
    """Return the parts of an answer that commas separate."""
    given = str(answer)
    return {each.strip() for each in WORDS.get(given, given).split(",")}


faults = [check_name(ANSWERS["project_name"], ANSWERS["python_package"])]
faults += [check_choice(name, ANSWERS[name], allowed) for name, allowed in CHOICES.items()]
faults += [check_needs(name, *entry) for name, entry in NEEDS.items()]
if found := [fault for fault in faults if fault]:
    sys.exit("\n".join(["No project was made.", *found]))
