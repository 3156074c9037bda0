"""Writes the page of a section. Each section has its own, so one can be measured again alone.

In: the results of a section. Out: a Markdown file, in docs/reference/benchmarks by default.
"""

import argparse
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.targets import Target

DOCS = Path("docs/reference/benchmarks")
TRIES = Path("data/benchmark/report")
NOT_RUN = "<!-- not run: measures for minutes to hours -->"


def section_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all sections have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--small", action="store_true", help=f"small trial run, reported in {TRIES}"
    )
    parser.add_argument("--out", type=Path, help=f"folder of the page, default {DOCS}")
    return parser


def report_folder(asked: argparse.Namespace) -> Path:
    """Return the folder of the pages; those of a small trial run stay out of the docs."""
    return asked.out or (TRIES if asked.small else DOCS)


@dataclass(frozen=True)
class Page:
    """The results of a section.

    Attributes:
        section: Name of the section and of its file.
        title: Heading of the page.
        compared: The comparison and its method, in Markdown.
        libraries: Libraries whose versions the page names.
        tables: Results, in Markdown.
        commands: Commands that were run, as typed.
        targets: Limits with their results.
        remark: Markdown below the targets.
        links: Pages to read next, in Markdown.
    """

    section: str
    title: str
    compared: str
    libraries: tuple[str, ...]
    tables: list[str]
    commands: list[str]
    targets: list[Target] = field(default_factory=list)
    remark: str = ""
    links: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the page; the pages of other sections stay as they are."""
        again = f"make bench SECTIONS={self.section}"
        parts = [
            f"# {self.title}",
            f"<!-- Written by `{again}`. Do not edit. -->",
            self.compared,
            describe_machine(self.libraries),
            *self.tables,
            *self._list_targets(),
            self.remark,
            "## Commands",
            f"`{again}` measures again and replaces this page. Add `SMALL=yes` for a\n"
            f"small trial run, which writes to `{TRIES}`. The figures come from these commands:",
            "\n".join((NOT_RUN, "```bash", *self.commands, "```")),
            "## Next",
            "\n".join(f"- {link}" for link in (*self.links, "[All benchmarks](README.md)")),
        ]
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n\n".join(part for part in parts if part) + "\n"
        (folder / f"{self.section}.md").write_text(text)
        print(text, flush=True)

    def _list_targets(self) -> list[str]:
        if not self.targets:
            return []
        rows = [target.row for target in self.targets]
        return ["## Targets", tabulate(("target", "limit:", "found:", ""), rows)]


def tabulate(names: tuple[str, ...], rows: list[str]) -> str:
    """Write a Markdown table; a name that ends with a colon aligns its column right."""
    head = " | ".join(name.removesuffix(":") for name in names)
    rules = "|".join("--:" if name.endswith(":") else "---" for name in names)
    return "\n".join([f"| {head} |", f"|{rules}|", *rows])


def describe_machine(libraries: tuple[str, ...]) -> str:
    """Describe the machine and the versions of libraries."""
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"Measured on {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB,\nwith Python {platform.python_version()}, {versions}."
    )
