"""A loader keeps its date and globals while its process creates other loaders."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kedro.config import MissingConfigException

from kedro_asof.config_loader import PinnedConfigLoader


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for env in ("base", "test"):
        (tmp_path / env).mkdir()
    (tmp_path / "base" / "globals.yml").write_text('as_of: "2026-01-05"\ndata: data\n')
    (tmp_path / "test" / "globals.yml").write_text("data: data/test\n")
    (tmp_path / "base" / "catalog.yml").write_text(
        "_as_of: ${runtime_params:as_of,${globals:as_of}}\n"
        "scores: {filepath: '${globals:data}/as_of=${_as_of}'}\n"
    )
    (tmp_path / "base" / "parameters.yml").write_text("as_of: ${globals:as_of}\n")
    return tmp_path


def load(conf: Path, env: str, as_of: str | None = None) -> PinnedConfigLoader:
    params = {"as_of": as_of} if as_of else {}
    return PinnedConfigLoader(
        str(conf), env=env, base_env="base", default_run_env="base", runtime_params=params
    )


def place(loader: PinnedConfigLoader) -> tuple[str, str]:
    return loader["parameters"]["as_of"], loader["catalog"]["scores"]["filepath"]


def test_a_loader_that_is_made_later_changes_nothing(conf: Path) -> None:
    first, second = load(conf, "test", "2026-01-12"), load(conf, "base")
    assert place(first) == ("2026-01-12", "data/test/as_of=2026-01-12")
    assert place(second) == ("2026-01-05", "data/as_of=2026-01-05")


def test_what_is_not_there_is_missing(conf: Path) -> None:
    with pytest.raises(MissingConfigException):
        load(conf, "test")["credentials"]


def test_loaders_of_many_threads_keep_their_dates(conf: Path) -> None:
    days = [f"2026-02-{day:02d}" for day in range(1, 29)]
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(lambda day: place(load(conf, "test", day)), days))
    assert places == [(day, f"data/test/as_of={day}") for day in days]
