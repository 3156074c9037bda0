"""Finds the block of lines that a line of a text file begins.

In: the lines of a file, and a text that the first line of the block contains. Out: ranges of lines,
which the starter leaves out together.
"""

import re
from collections.abc import Iterable, Sequence

Range = tuple[int, int]  # of line numbers from 0; the second is excluded

CLOSING = re.compile(r"[)\]}]+[,:;)]*$|[)\]}]+ -> .*:$")
LIST_ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")
HEADING = re.compile(r"(#+) ")


def find_blocks(lines: Sequence[str], text: str, is_markdown: bool) -> list[Range]:
    """Return the blocks whose first line contains a text.

    A text that begins with `^` finds the block around the line instead, such as a call over several
    lines. A block of Markdown is a section, a list item, a row of a table or a paragraph. Another
    block is a line with the comments and decorators above it, and the deeper indented lines below.
    """
    find = _find_markdown if is_markdown else _find_indented
    found: list[Range] = []
    for number, line in enumerate(lines):
        if text.removeprefix("^") in line and not (found and number < found[-1][1]):
            first = _find_head(lines, number) if text.startswith("^") else number
            found.append(find(lines, first))
    return found


def _find_head(lines: Sequence[str], number: int) -> int:
    """Return the last line above a line that is indented less."""
    indent = indent_of(lines[number])
    above = [each for each in range(number) if lines[each] and indent_of(lines[each]) < indent]
    return above[-1]


def _find_markdown(lines: Sequence[str], number: int) -> Range:
    line = lines[number]
    if heading := HEADING.match(line):
        return number, _find_end_of_section(lines, number, len(heading[1]))
    if line.startswith("|"):
        return number, number + 1
    if LIST_ITEM.match(line):
        return number, _find_end(lines, number, indent_of(line))
    start = number
    while start and lines[start - 1].strip() and not LIST_ITEM.match(lines[start]):
        start -= 1
    end = number
    while end < len(lines) and lines[end].strip():
        end += 1
    return start, end


def _find_end_of_section(lines: Sequence[str], number: int, level: int) -> int:
    is_code = False
    for following in range(number + 1, len(lines)):
        is_code ^= lines[following].startswith("```")
        heading = None if is_code else HEADING.match(lines[following])
        if heading and len(heading[1]) <= level:
            return following
    return len(lines)


def _find_indented(lines: Sequence[str], number: int) -> Range:
    indent = indent_of(lines[number])
    start = _find_start(lines, number, indent)
    end = _find_end(lines, number, indent)
    while end < len(lines) and _closes(lines[end], indent):
        end = _find_end(lines, end, indent)
    return start, end


def _find_start(lines: Sequence[str], number: int, indent: int) -> int:
    """Return the first of the comments and decorators right above a line."""
    start = number
    while start and lines[start - 1].strip():
        above = start - 1
        if _closes(lines[above], indent):  # perhaps of a decorator over several lines
            above = max(each for each in range(above) if _is_head(lines[each], indent))
        if not lines[above].lstrip().startswith(("#", "@")) or indent_of(lines[above]) != indent:
            break
        start = above
    return start


def _is_head(line: str, indent: int) -> bool:
    return bool(line.strip()) and indent_of(line) <= indent and not _closes(line, indent)


def _closes(line: str, indent: int) -> bool:
    return indent_of(line) == indent and bool(CLOSING.fullmatch(line.strip()))


def _find_end(lines: Sequence[str], number: int, indent: int) -> int:
    """Return the end of the lines below a line that are indented deeper than `indent`."""
    end = number + 1
    for following in range(number + 1, len(lines)):
        if lines[following].strip():
            if indent_of(lines[following]) <= indent:
                break
            end = following + 1
    return end


def indent_of(line: str) -> int:
    """Return the number of white spaces before the text of a line."""
    return len(line) - len(line.lstrip())


def is_prose(line: str) -> bool:
    """Return whether a line of Markdown belongs to a paragraph."""
    return not (HEADING.match(line) or LIST_ITEM.match(line) or line.startswith(("|", "  ")))


def merge_blocks(lines: Sequence[str], blocks: Iterable[Range]) -> list[Range]:
    """Join blocks that touch, and add the blank lines below to those that have one above."""
    merged: list[Range] = []
    for start, end in sorted(blocks):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return [_add_blank_lines(lines, *block) for block in merged]


def _add_blank_lines(lines: Sequence[str], start: int, end: int) -> Range:
    if start == 0 or not lines[start - 1].strip():
        while end < len(lines) and not lines[end].strip():
            end += 1
    return start, end
