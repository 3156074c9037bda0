"""A page of the report. Each section writes its own, so one can be measured again alone.

In: what a section found. Out: a Markdown file, in docs/reference/benchmarks by default.
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


def section_parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all sections have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--small", action="store_true", help=f"a try, reported in {TRIES}")
    parser.add_argument("--out", type=Path, help=f"folder of the page; {DOCS} by default")
    return parser


def report_folder(asked: argparse.Namespace) -> Path:
    """Where the pages go: what a small try says is kept out of the docs."""
    return asked.out or (TRIES if asked.small else DOCS)


@dataclass(frozen=True)
class Page:
    """What a section has to say.

    Attributes:
        section: Its name, and that of its file.
        title: Its heading.
        compared: What is compared and how, in Markdown.
        libraries: Whose versions matter.
        tables: What was found, in Markdown.
        commands: What was run, as typed.
        targets: Limits, each with what was found.
        remark: What stands below the targets.
    """

    section: str
    title: str
    compared: str
    libraries: tuple[str, ...]
    tables: list[str]
    commands: list[str]
    targets: list[Target] = field(default_factory=list)
    remark: str = ""

    def write(self, folder: Path) -> None:
        """Write the page, and leave those of other sections as they are."""
        again = f"make bench SECTIONS={self.section}"
        parts = [
            f"# {self.title}",
            f"Written by `{again}`: do not edit.",
            self.compared,
            describe_machine(self.libraries),
            *self.tables,
            *self._list_targets(),
            self.remark,
            "## Commands",
            f"`{again}` measures this page again. With `SMALL=yes` it is a small try,\n"
            f"reported in {TRIES}. What it ran:",
            "```\n" + "\n".join(self.commands) + "\n```",
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
    """Put names above rows; a name that ends with a colon is that of a column of numbers."""
    head = " | ".join(name.removesuffix(":") for name in names)
    rules = "|".join("--:" if name.endswith(":") else "---" for name in names)
    return "\n".join([f"| {head} |", f"|{rules}|", *rows])


def describe_machine(libraries: tuple[str, ...]) -> str:
    """Say on what it was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"Measured on {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB,\nwith Python {platform.python_version()}, {versions}."
    )
