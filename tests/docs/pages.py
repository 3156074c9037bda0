"""The pages of the documentation, and the blocks and names in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT

FENCE = re.compile(r"(?:^<!-- (?P<mark>[^>]+) -->\n)?^```bash\n(?P<code>.*?)^```$", re.M | re.S)
ANY_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])
LIBRARY_PAGES = sorted((PROJECT / "src").rglob("README.md"))


@dataclass(frozen=True)
class Block:
    """A block of shell commands.

    Attributes:
        code: The commands, one a line.
        mark: The HTML comment above the block, such as `not run: needs an account`.
    """

    code: str
    mark: str

    @property
    def is_run(self) -> bool:
        return not self.mark.startswith("not run: ")

    @property
    def exit_code(self) -> int:
        code = re.fullmatch(r"exits with (\d+)", self.mark)
        return int(code[1]) if code else 0

    def list_commands(self) -> list[str]:
        joined = self.code.replace("\\\n", " ")
        return [line for line in joined.splitlines() if line and not line.startswith("#")]


def list_blocks(page: Path) -> list[Block]:
    """List the blocks of shell commands of a page."""
    found = FENCE.finditer(page.read_text())
    return [Block(block["code"], block["mark"] or "") for block in found]


def list_code_spans(page: Path) -> Iterator[str]:
    """Yield what stands in backticks, outside of blocks."""
    yield from re.findall(r"`([^`\n]+)`", ANY_FENCE.sub("", page.read_text()))


def name_page(page: Path) -> str:
    """Name a page by its path in the project, for the id of a test."""
    return str(page.relative_to(PROJECT))
