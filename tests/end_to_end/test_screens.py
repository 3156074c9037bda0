"""Screens stay as a reviewer last read them; `write_screens` records them again."""

from pathlib import Path

import pytest

from tests.end_to_end.write_screens import COMMANDS, SCREENS, WIDTHS, record_screens


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_screens_are_those_that_were_reviewed(width: str, tmp_path: Path) -> None:
    for name, screen in record_screens(tmp_path / "project", width):
        assert screen == (SCREENS / name).read_text(), (
            f"{name} differs. Read it as a user would, then run: "
            "python -m tests.end_to_end.write_screens"
        )


def test_every_command_has_a_screen_of_each_width() -> None:
    names = {f"{command}_{width}.txt" for command in COMMANDS for width in WIDTHS}
    assert {file.name for file in SCREENS.iterdir()} == names
