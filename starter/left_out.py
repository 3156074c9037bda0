"""Finds what each entry takes with it from the files of the project.

In: entries and the tracked files. Out: for each entry its files, ranges of lines and replaced
texts. A row or list item of a page that links to a file of the entry goes without being named.
"""

import posixpath
import re
from collections.abc import Mapping
from fnmatch import fnmatch

from starter.blocks import Range, find_blocks, is_prose, merge_blocks
from starter.entries import Entry

Files = Mapping[str, bytes]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
SEPARATOR = " · "  # between links in one cell


class ManifestError(Exception):
    """`starter/capabilities.yml` names something that the project does not have."""


def find_paths(name: str, entry: Entry, files: Files) -> list[str]:
    """Return the files of an entry."""
    found = set()
    for pattern in entry.paths:
        matches = {path for path in files if fnmatch(path, pattern)}
        if not matches:
            raise ManifestError(f"{name}: no tracked file matches {pattern!r}. Correct `paths`.")
        found |= matches
    return sorted(found)


def find_lines(name: str, entry: Entry, files: Files) -> dict[str, list[Range]]:
    """Return the ranges of lines of an entry by file."""
    gone = set(find_paths(name, entry, files))
    found: dict[str, list[Range]] = {}
    for path, texts in entry.lines.items():
        lines = _read_lines(name, path, files)
        for text in texts:
            blocks = find_blocks(lines, text, path.endswith(".md"))
            if not blocks:
                raise ManifestError(f"{name}: no line of {path} contains {text!r}.")
            found.setdefault(path, []).extend(blocks)
    for path in files.keys() - gone:
        if path.endswith(".md"):
            lines = files[path].decode().splitlines()
            linking = _find_linking_lines(path, lines, gone)
            if linking:
                found.setdefault(path, []).extend(linking)
    return {
        path: merge_blocks(files[path].decode().splitlines(), blocks)
        for path, blocks in found.items()
    }


def find_replaced(name: str, entry: Entry, files: Files) -> dict[str, dict[str, str]]:
    """Return the replaced texts of an entry by file, with links among others in one cell."""
    gone = set(find_paths(name, entry, files))
    found = {path: dict(replaced) for path, replaced in entry.replace.items()}
    for path, replaced in found.items():
        text = "\n".join(_read_lines(name, path, files))
        if missing := [old for old in replaced if old.rstrip("\n") not in text]:
            raise ManifestError(f"{name}: {path} does not contain {missing[0]!r}.")
    for path in files.keys() - gone:
        if path.endswith(".md") and (cuts := _cut_links(path, files[path].decode(), gone)):
            found.setdefault(path, {}).update(cuts)
    return found


def _cut_links(path: str, text: str, gone: set[str]) -> dict[str, str]:
    """Return what replaces links among others, and sentences with a link."""
    cuts: dict[str, str] = {}
    for link in LINK.finditer(text):
        if _resolve(path, link[1]) in gone:
            line = text[text.rfind("\n", 0, link.start()) + 1 : text.find("\n", link.end())]
            if SEPARATOR in line:
                cuts |= {link[0] + SEPARATOR: "", SEPARATOR + link[0]: "", link[0]: ""}
            elif is_prose(line):
                cuts |= _cut_sentence(text, link.start())
    return cuts


def _cut_sentence(text: str, place: int) -> dict[str, str]:
    """Return the sentence around a place, with the space before or after it."""
    start = text.rfind("\n\n", 0, place) + 2
    end = text.find("\n\n", place)
    parts = re.split(r"(?<=[.!?])(\s+)", text[start : end if end >= 0 else len(text)])
    for number, part in enumerate(parts):
        start += len(part)
        if start > place:
            before = parts[number - 1] if number else ""
            after = parts[number + 1] if not number and len(parts) > 1 else ""
            return {(before or "\n\n" * (len(parts) == 1)) + part + after: ""}
    return {}


def _read_lines(name: str, path: str, files: Files) -> list[str]:
    if path not in files:
        raise ManifestError(f"{name}: {path} is not a tracked file.")
    return files[path].decode().splitlines()


def _find_linking_lines(path: str, lines: list[str], gone: set[str]) -> list[Range]:
    found: list[Range] = []
    for line in lines:
        targets = [_resolve(path, link[1]) for link in LINK.finditer(line)]
        if gone & set(targets) and SEPARATOR not in line and not is_prose(line):
            found += find_blocks(lines, line, is_markdown=True)
    return found


def _resolve(page: str, target: str) -> str:
    """Return the path in the repository that a link of a page leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
