"""A text in a file finds the block of lines that the starter leaves out with it."""

import pytest

from starter.blocks import find_blocks, merge_blocks

PYTHON = '''\
from package import (
    first,
    second,
)

LIST = [
    Fault(
        "title",
        "command",
    ),
    Fault("other"),
]


def keep() -> None:
    """Stay."""


# About the test.
@parametrize(
    "name",
    ["a"],
)
@slow
def leave(
    one: int,
) -> None:
    """Go."""

    pass


def last() -> None:
    """Stay, too."""
'''
MARKDOWN = """\
# Title

A paragraph
of two lines.

- an item
  that continues
- another item

## Section

```bash
# no heading
```

### Part

| a | b |
|---|---|
| c | d |

## Next
"""


def leave_out(text: str, name: str, is_markdown: bool = False) -> str:
    lines = text.splitlines()
    blocks = merge_blocks(lines, find_blocks(lines, name, is_markdown))
    dropped = {number for start, end in blocks for number in range(start, end)}
    return "\n".join(line for number, line in enumerate(lines) if number not in dropped) + "\n"


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("    second,", "    second,\n"),
        ('    Fault("other")', '    Fault("other"),\n'),
        ('^"command"', '    Fault(\n        "title",\n        "command",\n    ),\n'),
        ("LIST = [", PYTHON[PYTHON.index("LIST") : PYTHON.index("def keep")]),
        ("def leave", PYTHON[PYTHON.index("# About") : PYTHON.index("def last")]),
    ],
)
def test_a_block_of_code_goes_whole(name: str, gone: str) -> None:
    assert leave_out(PYTHON, name) == PYTHON.replace(gone, "")


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("two lines", "A paragraph\nof two lines.\n\n"),
        ("an item", "- an item\n  that continues\n"),
        ("| c", "| c | d |\n"),
        ("### Part", MARKDOWN[MARKDOWN.index("### Part") : MARKDOWN.index("## Next")]),
        ("## Section", MARKDOWN[MARKDOWN.index("## Section") : MARKDOWN.index("## Next")]),
    ],
)
def test_a_block_of_a_page_goes_whole(name: str, gone: str) -> None:
    assert leave_out(MARKDOWN, name, is_markdown=True) == MARKDOWN.replace(gone, "")
