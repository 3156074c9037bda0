"""The first lines of a run are about the run: no warnings from libraries, none of their paths."""

import pytest

from tests.conftest import ProjectCopy
from tests.processes import read_until, start_run


@pytest.mark.slow
def test_the_first_lines_are_those_of_the_run(project: ProjectCopy) -> None:
    with start_run(project, "--pipelines", "rollback") as run:
        lines = list(read_until(run, ": release.roll_back"))
        run.communicate()
    assert "Kedro project" in lines[0], lines
    assert all(" INFO " in line for line in lines), lines
    shown = "".join(lines)
    assert "site-packages" not in shown
    assert "type hint" not in shown
    assert "Warning" not in shown
