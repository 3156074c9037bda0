"""The JSON schemas of conf/ are up to date; they accept every file, and reject faults in it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker
from kedro.framework.project import settings
from kedro.framework.startup import bootstrap_project
from omegaconf import OmegaConf

from kedro_asof.config_loader import PinnedConfigLoader
from kedro_asof.sampling.environment import FACTS
from telco_churn.parameters import BLOCKS
from tests.conftest import PROJECT, ProjectCopy, copy_project

CONF = PROJECT / "conf"
SCHEMAS = CONF / "schemas"
# Files without a model: kinds of configuration of Kedro, Python's logging and W&B.
WITHOUT_MODEL = {"globals", "next_steps", "credentials", "logging", "sweep"}


def list_files() -> Iterator[Path]:
    """Yield each file of conf/ with a model."""
    samples = {file.parent for file in CONF.glob(f"*/{FACTS}")}
    for file in sorted(CONF.rglob("*.yml")):
        if (
            not samples & {*file.parents}
            and "catalog" not in file.parts
            and file.stem not in WITHOUT_MODEL
        ):
            yield file.relative_to(CONF)


FILES = list(list_files())


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    project = ProjectCopy(tmp_path_factory.mktemp("schemas") / "project")
    copy_project(project.path)
    bootstrap_project(project.path)
    return project


def test_the_committed_schemas_are_those_that_the_command_writes(
    small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from telco_churn.cli import cli  # noqa: PLC0415  (needs a bootstrapped project)

    monkeypatch.chdir(small_project.path)
    committed = {file.name: file.read_text() for file in SCHEMAS.iterdir()}
    shutil.rmtree("conf/schemas")
    result = CliRunner(catch_exceptions=False).invoke(cli, ["schemas"])
    assert result.output == f"Wrote {len(committed)} schemas to {Path('conf/schemas').resolve()}.\n"
    written = {file.name: file.read_text() for file in Path("conf/schemas").iterdir()}
    assert set(written) == set(committed) >= {f"{block}.json" for block in BLOCKS}
    assert not [name for name in written if written[name] != committed[name]], "make reference"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_names_its_schema_and_keeps_it(file: Path) -> None:
    first = (CONF / file).read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (CONF / file.parent / named).resolve() == SCHEMAS / f"{file.stem}.json"
    assert list_faults(file.stem, read(file)) == []


@pytest.mark.parametrize("file", FILES, ids=str)
def test_an_unknown_key_is_rejected(file: Path) -> None:
    content = read(file)
    assert list_faults(file.stem, content | {"no_such_key": 1})
    for block in content.values():
        if isinstance(block, dict) and file.stem != "wandb":
            assert list_faults(file.stem, content | {next(iter(content)): block | {"no_key": 1}})


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_value_of_a_wrong_type_is_rejected(file: Path) -> None:
    """Each text, number, null and list of the file is replaced by a map, in turn."""
    content = read(file)
    leaves = list(walk(content))
    assert leaves
    for holder, key in leaves:
        value, holder[key] = holder[key], {"no_such_key": 1}
        assert list_faults(file.stem, content), key
        holder[key] = value


@pytest.mark.parametrize(
    ("block", "value", "is_accepted"),
    [
        ("simulation", {"customers": "many"}, False),
        ("simulation", {"customers": 0}, False),
        ("simulation", {"customers": "${globals:customers}"}, True),
        ("simulation", {"first_day": "31.03.2025"}, False),
        ("simulation", "${globals:simulation}", True),
        ("simulation", {"mess": {"duplicate_fraction": 0}}, True),
        ("training", {"learner": "forest"}, False),
        ("features", {"tiles": False}, True),
        ("features", {"windows": {"usage": {"measures": {"sms_count": ["mean"]}}}}, True),
        ("features", {"windows": {"usage": {"measures": {"sms_count": {"sum": [7]}}}}}, True),
        ("features", {"windows": {"usage": {"measures": {"sms_count": ["median"]}}}}, False),
        ("version", "not given", True),
        ("version", 3, True),
        ("version", "latest", False),
    ],
)
def test_an_environment_overrides_single_keys_and_writes_references(
    block: str, value: object, is_accepted: bool
) -> None:
    assert (list_faults(block, {block: value}) == []) == is_accepted


def test_editors_show_what_a_key_means() -> None:
    for name in (
        "features",
        "evaluation",
        "wandb",
    ):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        fields = [
            field
            for part in schema["$defs"].values()
            for key, field in part.get("properties", {}).items()
            if key != "log"  # names the kind of the block
        ]
        assert fields
        assert all(field.get("description") for field in fields)
    tests = json.loads((SCHEMAS / "feature_tests.json").read_text())["$defs"]
    described = tests["ExpectedFeatures"]["properties"]["usage_dropped_calls_sum_7d"]["description"]
    assert described == "sum of dropped calls in the last 7 days; unit: calls"
    assert "dropped_calls" in tests["Row_of_usage"]["properties"]


@pytest.mark.parametrize(
    "env",
    [
        "local",
        "own_table",
        "test",
    ],
)
def test_configuration_is_the_same_without_schemas(
    env: str, small_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_project.path)
    shutil.copytree(SCHEMAS, "conf/schemas", dirs_exist_ok=True)
    expected = load_configuration(env)
    shutil.rmtree("conf/schemas")
    assert load_configuration(env) == expected


def load_configuration(env: str) -> dict[str, Any]:
    own_table = {"own_table": {"table": "table.csv", "target": "churned"}}
    loader = PinnedConfigLoader(
        "conf", env=env, runtime_params=own_table, **settings.CONFIG_LOADER_ARGS
    )
    names = (
        "parameters",
        "catalog",
        "globals",
        "wandb",
        "mlflow",
    )
    return {name: loader[name] for name in names}


def read(file: Path) -> Any:
    return OmegaConf.to_container(OmegaConf.load(CONF / file))


def list_faults(name: str, content: Any) -> list[str]:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(content)]


def walk(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each value that is not a map, by the map that holds it and its key."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from walk(value)
        else:
            yield content, key
