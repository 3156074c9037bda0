"""The user of a run comes from the system and cannot be changed."""

import pytest
from kedro.io import DatasetError

from kedro_asof.datasets.run_inputs import UserName


def test_the_user_of_the_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert UserName().load() == "ada"


def test_a_name_cannot_be_saved() -> None:
    with pytest.raises(DatasetError, match="UserName is read-only"):
        UserName().save("ada")  # type: ignore[arg-type]
