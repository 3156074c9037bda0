"""Modes, and errors in wandb.yml and in metadata."""

import pytest
from kedro.validation import ParameterValidationError

from kedro_wandb.config import choose_mode, read_config
from kedro_wandb.log_specs import LogTable, find_spec, read_spec


@pytest.mark.parametrize(
    ("configured", "has_key", "variable", "chosen"),
    [
        ("auto", False, None, "offline"),
        ("auto", True, None, "online"),
        ("offline", True, None, "offline"),
        ("online", False, None, "online"),
        ("online", True, "disabled", "disabled"),
        ("disabled", False, "offline", "offline"),
        ("auto", True, "dryrun", "offline"),
        ("auto", False, "run", "online"),
    ],
)
def test_a_key_turns_auto_online_and_the_variable_overrides_it(
    configured: str,
    has_key: bool,
    variable: str | None,
    chosen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if variable:
        monkeypatch.setenv("WANDB_MODE", variable)
    assert choose_mode(read_config({"project": "p", "mode": configured}), has_key) == chosen


def test_an_unknown_mode_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(ParameterValidationError, match=r"'sometimes': .*offline, online, disabled"):
        choose_mode(read_config({"project": "p"}), has_key=False)


def test_w_and_b_may_be_disabled_by_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_DISABLED", "true")
    monkeypatch.setenv("WANDB_MODE", "online")
    assert choose_mode(read_config({"project": "p"}), has_key=True) == "disabled"


def test_datasets_that_are_a_list_are_an_error() -> None:
    with pytest.raises(ParameterValidationError, match=r"datasets \['a'\] in .*expected a glob"):
        read_config({"project": "p", "datasets": ["a"]})


def test_a_missing_project_is_an_error() -> None:
    with pytest.raises(ParameterValidationError, match="missing key 'project'"):
        read_config({})


def test_metadata_in_the_catalog_override_a_glob() -> None:
    globs = {"a*": read_spec({"log": "metrics"}, "here")}
    assert find_spec("about", {"wandb": {"log": "table"}}, globs) == LogTable(log="table")
    assert find_spec("about", None, globs) == globs["a*"]
    assert find_spec("other", {"kedro-viz": {}}, globs) is None


def test_a_mistake_of_an_entry_names_dataset_and_keys() -> None:
    with pytest.raises(ParameterValidationError, match=r"of about in the catalog.*log, rows"):
        find_spec("about", {"wandb": {"log": "table", "row": 3}}, {})
