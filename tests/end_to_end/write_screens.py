"""Record the screens that users see, as text in tests/end_to_end/screens/.

Run: python -m tests.end_to_end.write_screens. A slow test compares the files with new recordings. A
reviewer reads the difference as a user would read the screen.
"""

import contextlib
import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conftest import copy_project

SCREENS = Path(__file__).parent / "screens"
WIDTHS = {"80": 80, "120": 120, "file": None}  # columns; None writes to a file, not to a terminal

# In this order in one new project: each command starts from the results of those before.
COMMANDS: Mapping[str, str] = {
    "run": "kedro run --env test",
    "training": "kedro run --env test --pipelines training",
    "backfill": "kedro backfill --env test --from 2026-09-14 --to 2026-09-28",
    "own_table": "kedro own-table churn.csv --target left --id account --as-of 2026-01-01",
    "error": "kedro run --env test --pipelines scoring --params as_of=2020-01-01",
}
# Parts that differ from run to run, or from machine to machine.
CHANGING = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "<time>"),
    (r"\d+\.\d (seconds|s\b)", r"<n> \1"),
    (r"│ \d+\.\d +│", "│ <s>     │"),
    (r"about \d+ min \d\d s", "about <n> min <n> s"),
    (r"offline-run-\d+_\d+-\w+", "offline-run-<id>"),
)


def record_screens(folder: Path, width: str) -> Iterator[tuple[str, str]]:
    """Run each command in a new project; yield the name of the file and its text."""
    copy_project(folder)
    write_table(folder / "churn.csv")
    columns = WIDTHS[width]
    for name, command in COMMANDS.items():
        code, text = type_at_width(command, folder, columns)
        screen = f"$ {command}\n{hide_changing(text, folder)}\n[exit code {code}]\n"
        yield f"{name}_{width}.txt", wrap(screen, columns)


def type_at_width(command: str, folder: Path, columns: int | None) -> tuple[int, str]:
    """Run a command in a terminal with that many columns, or into a file; return code and text."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "dumb",  # no colors
    }
    environment.pop("COLUMNS", None)
    if columns is None:
        done = subprocess.run(
            shlex.split(command),
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    running = subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    text = b"".join(iter(lambda: _read(master), b"")).decode()
    os.close(master)
    return running.wait(), text.replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Read what a terminal shows; nothing when its command has ended."""
    with contextlib.suppress(OSError):  # Linux ends a terminal with an error
        return os.read(terminal, 65536)
    return b""


def hide_changing(text: str, folder: Path) -> str:
    """Replace times, durations, ids and the path of the project."""
    shown = text.replace(str(folder), "<project>").strip("\n")
    for pattern, mark in CHANGING:
        shown = re.sub(pattern, mark, shown, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in shown.splitlines())


def wrap(text: str, columns: int | None) -> str:
    """Break lines where a terminal does."""
    if columns is None:
        return text
    parts = (
        line[start : start + columns].rstrip()
        for line in text.splitlines()
        for start in range(0, max(len(line), 1), columns)
    )
    return "\n".join(parts) + "\n"


def write_table(file: Path) -> None:
    """Write a small table in which customers with few visits leave."""
    rows = [
        f"A-{number},{number * 7 % 11},{number % 3},{'yes' if number * 7 % 11 < 3 else 'no'}"
        if number % 10
        else f"A-{number},{number * 7 % 11},{number % 3},{'no' if number * 7 % 11 < 3 else 'yes'}"
        for number in range(400)
    ]
    file.write_text("\n".join(["account,visits,calls,left", *rows, ""]))


def main() -> None:
    """Record all screens again."""
    for width in WIDTHS:
        with tempfile.TemporaryDirectory() as folder:
            for name, screen in record_screens(Path(folder) / "project", width):
                (SCREENS / name).write_text(screen)
                print(name)


if __name__ == "__main__":
    main()
