"""Finds the prose of every file, and the phrases in it that this project does not use.

`make check` runs this file. The engine and most checks are proselint's; our own word list follows.
"""

import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.registry.checks import Check, Padding
from proselint.registry.checks.engine import Fancy, RegexOptions
from proselint.registry.checks.types import PreferredForms

PROJECT = Path(__file__).parents[2]
READ_BY_PEOPLE = (".md", ".py", ".ipynb", ".yml", ".yaml", ".toml", ".sh", ".jinja", "Makefile")

# Each phrase with what to write in its place.
WORD_LIST = {
    r"(?:is|are|was|were) said": "name who says it, or state it",
    r"(?:is|are|was|were) told": "name who reports it",
    r"says so": "logs a warning, or reports it",
    r"somebody|nobody|whoever|everybody": "the role: data scientist, operator, caller, scheduler",
    r"the way out": "the fix",
    r"(?<!here )is no (?!longer|more|further)\w+": "is not a ...",
    r"goes on|go on": "continues",
    r"mends?|mended": "fixes",
    r"held against|holds? \w+ against": "compared with",
    r"set beside": "compared with",
    r"is to be \w+ed": "must be, or is",
    r"lies? (?:in|with|beside|under)|lay in": "is in",
    r"what is not met": "missed targets",
    r"rivals?": "baselines",
    r"data set": "dataset",
}
SENTENCE_WORD_LIST = {
    r"(?:^|(?<=[.:] ))Of (?!course)": "start with the subject",
    r"(?:^|(?<=[.:] ))(?:What|Who) [a-z][^.?:]*\.": "start with a noun, not with a clause",
}
# Topics of proselint that misread technical prose, or take longer than all others together.
UNUSED_TOPICS = ("restricted", "typography", "lexical_illusions", "dates_times", "uncomparables")
MESSAGE = "Write {!r} in place of {!r}."
CHECKS = (
    *(check for check in __register__ if not check.path.startswith(UNUSED_TOPICS)),
    Check(PreferredForms(WORD_LIST), Fancy(), "words", MESSAGE),
    Check(
        PreferredForms(SENTENCE_WORD_LIST, Padding.RAW),
        Fancy(RegexOptions(case_insensitive=False, multi_line=True)),
        "sentences",
        MESSAGE,
    ),
)


def lint(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the complaint of each phrase to replace."""
    for check in CHECKS:
        for result in check.check_with_flags(text):
            yield text.count("\n", 0, result.span[0]) + 1, result.message


def read_prose(file: Path) -> str:
    """Return the prose of a file, on the lines where it is; code is left out."""
    text = file.read_text()
    if {".md", ".jinja"}.intersection(file.suffixes):
        return _read_markdown(text)
    if file.suffix == ".py":
        return _read_python(text)
    if file.suffix == ".ipynb":
        return _read_notebook(text)
    return "\n".join(line.partition("#")[2].strip() for line in text.splitlines())


def _read_markdown(text: str) -> str:
    without_fences = re.sub(
        r"^```.*?^```$", lambda code: "\n" * code[0].count("\n"), text, flags=re.M | re.S
    )
    return re.sub(r"`[^`\n]+`", "`x`", without_fences)


def _read_notebook(text: str) -> str:
    """Keep the text cells; a line of a cell is a line of the file, as `make format` writes it."""
    lines, is_text_cell = [], False
    for line in text.splitlines():
        if '"cell_type":' in line:
            is_text_cell = "markdown" in line
        is_text = is_text_cell and line.startswith('    "')
        lines.append(json.loads(line.strip().removesuffix(",")).strip() if is_text else "")
    return _read_markdown("\n".join(lines))


def _read_python(text: str) -> str:
    """Keep comments, docstrings, and strings of three words and more."""
    lines = [""] * (text.count("\n") + 1)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_prose = token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and len(token.string.split()) > 2
        )
        if is_prose:
            for offset, line in enumerate(token.string.splitlines()):
                lines[token.start[0] - 1 + offset] += " " + re.sub(r"`[^`]+`", "`x`", line).strip(
                    " #\"'"
                )
    return "\n".join(line.strip() for line in lines)


def list_files() -> Iterator[Path]:
    """Yield the files of the project with prose, without the word list itself."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        file = PROJECT / name
        if name.endswith(READ_BY_PEOPLE) and file.exists() and file.parent != Path(__file__).parent:
            yield file


if __name__ == "__main__":
    found = [
        f"{file.relative_to(PROJECT)}:{line}: {complaint}"
        for file in list_files()
        for line, complaint in lint(read_prose(file))
    ]
    sys.exit("\n".join(found) or None)
