"""A report is replaced as a whole: a reader never sees half of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from kedro.io import DatasetError

from kedro_asof.datasets.replaced_figure import FigureFile
from kedro_asof.datasets.replaced_files import CSVFile, JSONFile, TextFile

KILLED_HALFWAY = """
import os, signal, sys
import pandas as pd
from kedro_asof.datasets.replaced_files import CSVFile

class Frame(pd.DataFrame):
    def to_csv(self, path_or_buf, **_):
        path_or_buf.write("half")
        path_or_buf.flush()
        os.kill(os.getpid(), signal.SIGKILL)

CSVFile(filepath=sys.argv[1]).save(Frame({"a": [2]}))
"""


@pytest.mark.parametrize(
    ("dataset", "first", "second"),
    [(TextFile, "one", "two"), (JSONFile, {"a": 1}, {"a": 2})],
)
def test_the_last_save_is_loaded(tmp_path: Path, dataset: type, first: str, second: str) -> None:
    file = dataset(filepath=str(tmp_path / "reports" / "file"))
    for data in (first, second):
        file.save(data)
        assert file.load() == data
    assert [each.name for each in (tmp_path / "reports").iterdir()] == ["file"]


def test_a_figure_is_saved(tmp_path: Path) -> None:
    FigureFile(filepath=str(tmp_path / "plot.png")).save(plt.figure())
    assert [each.name for each in tmp_path.iterdir()] == ["plot.png"]
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_save_that_fails_leaves_the_file(tmp_path: Path) -> None:
    file = JSONFile(filepath=str(tmp_path / "report.json"))
    file.save({"a": 1})
    with pytest.raises(DatasetError, match="not JSON serializable"):
        file.save({"a": 1, "b": object()})
    assert file.load() == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_killed_save_leaves_the_file_and_the_next_save_removes_its_rest(tmp_path: Path) -> None:
    file = CSVFile(filepath=str(tmp_path / "report.csv"), save_args={"index": False})
    file.save(pd.DataFrame({"a": [1]}))
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALFWAY, str(tmp_path / "report.csv")],
        env=os.environ,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    assert list(file.load()["a"]) == [1]
    file.save(pd.DataFrame({"a": [3]}))
    assert list(file.load()["a"]) == [3]
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
