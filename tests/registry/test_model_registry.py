"""The registry saves and loads a model, and explains why it cannot."""

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError
from mlflow import MlflowClient

from kedro_asof.errors import InvalidDataError, NotReadyError, WrongCallError
from telco_churn.errors import ChampionChangedError, ChangedPackageError
from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.registry.model_registry import (
    AliasNumber,
    ModelAlias,
    ModelRegistration,
    RegisteredVersions,
)
from telco_churn.registry.registry_errors import UnreachableRegistryError
from telco_churn.registry.registry_types import (
    Appointment,
    ModelPackage,
    ModelVersion,
    Promotion,
    VersionNumber,
)
from tests.model.examples import DECISION, SETTINGS, make_rows

pytestmark = pytest.mark.xdist_group("model_registry")  # its fixtures are made once

NAME = "churn"
METRICS = {"roc_auc": 0.8}
TEMPLATES = {"plan": {"text": "on the plan {value}"}}


@pytest.fixture(scope="module")
def package() -> ModelPackage:
    model = fit_churn_model(
        make_rows(1), make_rows(2), LightGBMLearner(SETTINGS, 30), DECISION, TEMPLATES
    ).model
    return ModelPackage(
        model=model,
        example=model.encoding.as_model_input(make_rows(3, 5).features),
        metrics=METRICS,
        promotion=Promotion("challenger", ("It may win less.", "See both."), {"difference": -1.25}),
        facts={
            "as_of": "2026-09-28",
            "learnt_from": "3000",
            "features_digest": "f1",
            "data_fingerprint": "d1",
        },
        files={"model_card.md": "# Ünser model", "features.json": "[]"},
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty registry in a file."""
    folder, before = tmp_path_factory.mktemp("registry"), mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("test", str(folder / "files")))
    yield folder
    mlflow.set_tracking_uri(before)


@pytest.fixture
def register(registry: Path) -> Callable[[ModelPackage, str], ModelRegistration]:
    assert registry.exists()

    def save(package: ModelPackage, name: str) -> ModelRegistration:
        dataset = ModelRegistration(name=name, filepath=str(registry / ".claims" / name))
        with mlflow.start_run():
            dataset.save(package)
        return dataset

    return save


Register = Callable[[ModelPackage, str], ModelRegistration]


def appoint(version: ModelVersion) -> None:
    champion = ModelAlias(name=version.name, alias="champion")
    champion.save(Appointment(version, champion.load()))


def tags_of(name: str, version: int) -> dict[str, str]:
    return dict(MlflowClient().get_model_version(name, str(version)).tags)


def test_a_version_is_what_was_packaged(register: Register, package: ModelPackage) -> None:
    version = register(package, "whole").load()
    features = make_rows(4, 100).features
    assert version.model == package.model
    assert (version.version, version.metrics, version.facts) == (1, package.metrics, package.facts)
    assert version.columns == package.model.encoding.columns
    assert version.held_out is None
    assert np.array_equal(
        version.predict_probability(features), package.model.predict_probability(features)
    )


def test_a_version_travels_and_is_not_copied(register: Register, package: ModelPackage) -> None:
    version = register(package, "travels").load()
    assert deepcopy(version) is version
    travelled = pickle.loads(pickle.dumps(version))
    features = make_rows(4, 20).features
    pd.testing.assert_frame_equal(travelled.model.score(features), package.model.score(features))


def test_out_of_fold_probabilities_are_kept(register: Register, package: ModelPackage) -> None:
    held_out = pd.DataFrame({"churn_probability": np.random.default_rng(1).random(3000)})
    version = register(replace(package, held_out=held_out), "folds").load()
    assert version.held_out is not None
    pd.testing.assert_frame_equal(version.held_out, held_out, check_exact=True)


def test_the_decision_of_the_gate_is_written_on_the_version(
    register: Register, package: ModelPackage
) -> None:
    register(package, "tagged")
    entry = MlflowClient().get_model_version("tagged", "1")
    assert entry.tags.pop("mlflow_run_id") == entry.run_id
    assert json.loads(entry.tags.pop("reasons")) == ["It may win less.", "See both."]
    assert "artifacts/model/booster.txt" in json.loads(entry.tags.pop("files"))
    assert entry.tags == {
        "status": "challenger",
        "gate": "challenger",
        "difference": "-1.25",
        "features_digest": "f1",
        "data_fingerprint": "d1",
    }
    assert entry.description == "Decision of the gate: challenger\n- It may win less.\n- See both."


def test_only_a_challenger_moves_the_alias_of_that_name(
    register: Register, package: ModelPackage
) -> None:
    for status, expected in (("rejected", None), ("challenger", 2), ("champion", 2)):
        register(replace(package, promotion=Promotion(status, ("Why.",))), "aliases")
        found = ModelAlias(name="aliases", alias="challenger").load()
        assert (found and found.version) == expected


def test_what_tells_of_a_model_lies_beside_it(register: Register, package: ModelPackage) -> None:
    register(package, "told")
    folder = Path(mlflow.artifacts.download_artifacts("models:/told/1"))
    about = folder / "artifacts" / "about"
    assert {file.name: file.read_text("utf-8") for file in about.iterdir()} == package.files
    requirements = (folder / "requirements.txt").read_text().split()
    assert all("==" in requirement for requirement in requirements)
    assert not any("scikit-learn" in requirement for requirement in requirements)
    assert not list(folder.rglob("fitting.py"))
    assert not list(folder.rglob("*.pkl"))
    assert list(folder.rglob("*example*"))


def test_the_signature_says_what_comes_out_and_takes_who_gets_reasons(
    register: Register, package: ModelPackage
) -> None:
    register(package, "signed")
    loaded = mlflow.pyfunc.load_model("models:/signed/1")
    features, model = make_rows(5, 50).features, package.model
    pd.testing.assert_frame_equal(
        loaded.predict(features, params={"reasons": "none"}), model.score(features, "none")
    )
    assert loaded.metadata.get_input_schema() is None
    assert loaded.metadata.get_output_schema().input_names() == list(model.score(features).columns)


def test_an_alias_that_nobody_set_is_none(register: Register, package: ModelPackage) -> None:
    assert ModelAlias(name="no such model", alias="champion").load() is None
    version = register(package, "moved").load()
    assert ModelAlias(name="moved", alias="champion").load() is None
    appoint(version)
    found = ModelAlias(name="moved", alias="champion").load()
    assert found is not None
    assert found.version == 1


def test_a_version_that_becomes_champion_is_told_so_and_challenges_no_more(
    register: Register, package: ModelPackage
) -> None:
    register(package, "rising")
    versions = RegisteredVersions(name="rising").load()
    appoint(versions.get(1))
    register(package, "rising")
    appoint(versions.get(1))
    found = ModelAlias(name="rising", alias="challenger").load()
    assert found is not None
    assert found.version == 2
    appoint(versions.get(2))
    assert ModelAlias(name="rising", alias="challenger").load() is None
    tags = [tags_of("rising", number) for number in (1, 2)]
    assert [tag["status"] for tag in tags] == ["replaced", "champion"]
    assert [tag["gate"] for tag in tags] == ["challenger", "challenger"]


def test_the_number_under_an_alias_is_known_where_the_version_cannot_be_loaded(
    register: Register, package: ModelPackage
) -> None:
    champion = AliasNumber(name="numbered", alias="champion")
    assert champion.load() is None
    version = register(package, "numbered").load()
    appoint(version)
    shutil.rmtree(mlflow.artifacts.download_artifacts("models:/numbered/1"))
    assert champion.load() == VersionNumber("numbered", 1)
    with pytest.raises(DatasetError, match=r"Cannot read .* from .*promote --params version=N"):
        ModelAlias(name="numbered", alias="champion").load()


@pytest.mark.parametrize("lacking", ["as_of", "learnt_from"])
def test_a_version_that_does_not_say_what_is_needed_is_named(
    lacking: str, register: Register, package: ModelPackage
) -> None:
    known = {name: value for name, value in package.facts.items() if name != lacking}
    older = register(replace(package, facts=known), f"without_{lacking}")
    with pytest.raises(
        DatasetError, match=r"packaged by another version .*its facts lack"
    ) as raised:
        older.load()
    assert f"['{lacking}']" in str(raised.value)
    assert "or `--pipelines rollback`" in str(raised.value)


def test_any_version_can_be_taken_by_its_number(register: Register, package: ModelPackage) -> None:
    register(package, "many")
    register(replace(package, metrics=METRICS | {"roc_auc": 0.9}), "many")
    versions = RegisteredVersions(name="many").load()
    assert [versions.get(number).metrics["roc_auc"] for number in (1, 2)] == [0.8, 0.9]
    with pytest.raises(WrongCallError, match=r"version 7 of many: expected one of \[1, 2\]"):
        versions.get(7)


@pytest.mark.usefixtures("registry")
def test_a_version_that_other_code_packaged_is_named() -> None:
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="other",
            python_model=lambda model_input: model_input,
            registered_model_name="packaged_elsewhere",
            input_example=["text"],
            pip_requirements=["mlflow"],  # otherwise MLflow loads the model to infer them
        )
    MlflowClient().set_model_version_tag("packaged_elsewhere", "1", "gate", "champion")
    message = "version 1 of packaged_elsewhere, which was packaged by another version"
    with pytest.raises(DatasetError, match=message):
        RegisteredVersions(name="packaged_elsewhere").load().get(1)


@pytest.mark.usefixtures("registry")
def test_a_model_that_was_never_trained_is_missed() -> None:
    with pytest.raises(WrongCallError, match=r"version 1 of never: expected one of \[\]"):
        RegisteredVersions(name="never").load().get(1)


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9", "sqlite:////dev/null/m.db", "sqlite:////tmp"]
)
def test_a_registry_that_does_not_answer_is_named(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        for ask in (
            ModelAlias(name=NAME, alias="champion").load,
            AliasNumber(name=NAME, alias="champion").load,
            lambda: RegisteredVersions(name=NAME).load().get(1),
        ):
            with pytest.raises(UnreachableRegistryError, match=f"registry at {uri} does not"):
                ask()
    finally:
        mlflow.set_tracking_uri(before)


def test_a_run_loads_the_version_that_it_registered_and_no_newer_one(
    register: Register, package: ModelPackage, registry: Path
) -> None:
    ours = register(package, "own")
    register(package, "own")
    assert ours.load().version == 1
    other = ModelRegistration(name="own", filepath=str(registry / "own"))
    with pytest.raises(
        DatasetError, match=r"Cannot load own: this run registered no version.*promote"
    ):
        other.load()


def test_one_run_at_a_time_trains_a_model(registry: Path) -> None:
    one, two, other = (
        ModelRegistration(name=name, filepath=str(registry / name))
        for name in ("kept", "kept", "free")
    )
    with one.lock(), other.lock():
        busy = pytest.raises(NotReadyError, match="Another run is training kept")
        with busy, two.lock():
            pass
    with two.lock():
        pass


def test_a_version_holds_the_decision_of_its_own_gate(
    register: Register, package: ModelPackage
) -> None:
    rejected = Promotion("rejected", ("A look back.",), {"gain": -3.0})
    ours = register(replace(package, promotion=rejected), "decided")
    register(package, "decided")
    assert ours.load().promotion == rejected


def test_a_version_is_a_challenger_until_the_alias_is_its(
    register: Register, package: ModelPackage
) -> None:
    """A run that is killed between registration and promotion leaves no second champion."""
    chosen = register(replace(package, promotion=Promotion("champion", ("Why.",))), "chosen")
    before = tags_of("chosen", 1)
    assert (before["status"], before["gate"]) == ("challenger", "champion")
    appoint(chosen.load())
    assert tags_of("chosen", 1)["status"] == "champion"


def test_an_alias_moves_only_from_the_version_that_was_compared(
    register: Register, package: ModelPackage
) -> None:
    versions = [register(package, "raced").load() for _ in range(3)]
    champion = ModelAlias(name="raced", alias="champion")
    champion.save(Appointment(versions[0], None))
    champion.save(Appointment(versions[1], versions[0]))
    with pytest.raises(DatasetError, match="changed from version 1 to 2 ") as refused:
        champion.save(Appointment(versions[2], versions[0]))
    assert isinstance(refused.value.__cause__, ChampionChangedError)
    champion.save(Appointment(None, versions[0]))
    found = champion.load()
    assert found is not None
    assert found.version == 2


def test_a_run_keeps_the_version_that_it_loaded_first(
    register: Register, package: ModelPackage
) -> None:
    for has_champion in (False, True):
        version = register(package, "first").load()
        at_start = ModelAlias(name="first", alias="champion")
        before = at_start.load()
        assert (before is not None) == has_champion
        appoint(version)
        assert at_start.load() is before


@pytest.mark.parametrize("mend", ["training", "promotion"])
def test_tags_that_a_killed_run_left_are_mended_by_the_next(
    mend: str, register: Register, package: ModelPackage
) -> None:
    name = f"mended_by_{mend}"
    versions = [register(package, name).load() for _ in range(3)]
    appoint(versions[0])
    client = MlflowClient()
    client.set_registered_model_alias(name, "champion", "2")  # killed before it set the tags
    client.set_registered_model_alias(name, "challenger", "2")
    client.delete_model_version_tag(name, "3", "gate")
    if mend == "training":
        register(replace(package, promotion=Promotion("rejected", ("Why.",))), name)
        assert client.get_registered_model(name).aliases == {"champion": 2}
    else:
        appoint(versions[1])
    standings = [tags_of(name, number)["status"] for number in (1, 2, 3)]
    assert standings == ["replaced", "champion", "incomplete"]


def test_a_version_without_the_decision_of_the_gate_cannot_be_promoted(
    register: Register, package: ModelPackage
) -> None:
    register(package, "cut_off")
    MlflowClient().delete_model_version_tag("cut_off", "1", "gate")
    with pytest.raises(InvalidDataError, match=r"Version 1 of cut_off is incomplete.*Train again"):
        RegisteredVersions(name="cut_off").load().get(1)


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "booster": (
        r"artifacts/model/booster\.txt was changed",
        lambda folder: _change(folder / "artifacts" / "model" / "booster.txt"),
    ),
    "code": (
        r"code/telco_churn/model/decision\.py was changed",
        lambda folder: _change(folder / "code/telco_churn/model/decision.py"),
    ),
    "added": (
        r"code/numpy\.py was added",
        lambda folder: (folder / "code" / "numpy.py").write_text("raise SystemExit"),
    ),
    "removed": (
        r"artifacts/about/features\.json was removed",
        lambda folder: (folder / "artifacts" / "about" / "features.json").unlink(),
    ),
}


def _change(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("how", CHANGES)
def test_a_package_of_which_a_file_was_changed_is_refused(
    how: str, register: Register, package: ModelPackage
) -> None:
    name = f"changed_{how}"
    version = register(package, name).load()
    appoint(version)
    fault, change = CHANGES[how]
    change(Path(mlflow.artifacts.download_artifacts(f"models:/{name}/1")))
    for load in (
        ModelAlias(name=name, alias="champion").load,
        lambda: RegisteredVersions(name=name).load().get(1),
    ):
        with pytest.raises((DatasetError, ChangedPackageError), match=f"registered files: {fault}"):
            load()


def test_a_package_without_digests_is_loaded_with_a_warning(
    register: Register, package: ModelPackage, caplog: pytest.LogCaptureFixture
) -> None:
    registration = register(package, "older")
    MlflowClient().delete_model_version_tag("older", "1", "files")
    assert registration.load().version == 1
    assert "Version 1 of older was registered without digests" in caplog.text


def test_other_packages_than_those_of_training_are_one_warning(
    register: Register, package: ModelPackage, caplog: pytest.LogCaptureFixture
) -> None:
    registration = register(package, "elsewhere")
    MlflowClient().delete_model_version_tag("elsewhere", "1", "files")
    registration.load()
    assert "other packages" not in caplog.text
    folder = Path(mlflow.artifacts.download_artifacts("models:/elsewhere/1"))
    pinned = (folder / "requirements.txt").read_text()
    (folder / "requirements.txt").write_text(pinned.replace(np.__version__, "1.0") + "\ngone==2.0")
    registration.load()
    found = f"numpy {np.__version__}, not 1.0; gone missing, not 2.0."
    assert f"than it was trained with: {found}" in caplog.text
