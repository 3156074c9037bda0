"""A packaged model takes the rows that a user has, and refuses others in one line."""

import json
import warnings
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.scoring_server import invocations

from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.model.churn_model import DESCRIPTION_FILE, ChurnModel
from telco_churn.model.encoding import FeatureMismatchError
from telco_churn.registry.model_package import describe_package
from telco_churn.registry.registry_types import ModelPackage, Promotion
from tests.model.examples import DECISION, SETTINGS, make_rows

ROWS = make_rows(4, 20).features.assign(is_new=[True, False] * 10)
COLUMNS = {"plan": "Plan type", "tenure_days": "Tenure"}


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    rows = [make_rows(seed) for seed in (1, 2)]
    for part in rows:
        part.features["is_new"] = part.features["tenure_days"] < 90
    fitted = fit_churn_model(*rows, LightGBMLearner(SETTINGS, 20), DECISION).model
    return fitted.with_source_columns(COLUMNS | {"unused": "Unused"})


@pytest.fixture(scope="module")
def folder(model: ChurnModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = model.encoding.as_model_input(ROWS.head(5))
    package = ModelPackage(model, example, {}, Promotion("champion", ()), {})
    folder = tmp_path_factory.mktemp("saved") / "model"
    with describe_package(package) as described:
        mlflow.pyfunc.save_model(folder, **described)
    return folder


@pytest.fixture
def loaded(folder: Path) -> PyFuncModel:
    return mlflow.pyfunc.load_model(str(folder))


@pytest.mark.parametrize(
    "types",
    [
        {"tenure_days": "int64", "is_new": "bool"},
        {"tenure_days": "Int64", "is_new": "boolean", "plan": "category"},
        {"tenure_days": "float32", "is_new": "int8", "plan": "object"},
        {"tenure_days": "object", "is_new": "object"},
    ],
)
def test_numbers_of_every_type_score_equally(
    types: dict[str, str], loaded: PyFuncModel, model: ChurnModel
) -> None:
    expected = model.score(model.encoding.as_model_input(ROWS))
    pd.testing.assert_frame_equal(loaded.predict(ROWS.astype(types)), expected)


def test_the_columns_of_the_file_and_any_order_score_equally(
    loaded: PyFuncModel, model: ChurnModel
) -> None:
    expected = model.score(ROWS)
    pd.testing.assert_frame_equal(loaded.predict(ROWS.rename(columns=COLUMNS)), expected)
    turned = ROWS.rename(columns={"plan": "Plan type"})[
        ["Plan type", *ROWS.columns[2::-1][1:], "is_new"]
    ]
    pd.testing.assert_frame_equal(loaded.predict(turned), expected)


def test_further_columns_are_named_in_one_warning(loaded: PyFuncModel, model: ChurnModel) -> None:
    keyed = ROWS.assign(customer_id="C1", note=None)
    with pytest.warns(UserWarning, match=r"Ignored columns \['customer_id', 'note'\]") as caught:
        scores = loaded.predict(keyed)
    assert len(caught) == 1
    pd.testing.assert_frame_equal(scores, model.score(ROWS))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded.predict(keyed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop(columns="plan"), r"^Missing columns \['Plan type'\]: the model"),
        (lambda rows: rows.assign(tenure_days="long"), r"not numbers \['tenure_days \(str\)'\]"),
        (lambda rows: rows.assign(plan=1), r"not text \['plan \(int64\)'\]"),
    ],
)
def test_rows_that_do_not_fit_are_refused_in_one_line(
    change: Any, message: str, loaded: PyFuncModel
) -> None:
    with pytest.raises(FeatureMismatchError, match=message) as raised:
        loaded.predict(change(ROWS))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("orient", ["split", "records"])
def test_a_server_takes_whole_numbers_and_null_as_json(
    orient: str, loaded: PyFuncModel, model: ChurnModel
) -> None:
    rows = ROWS.astype({"plan": "object"}).rename(columns=COLUMNS)
    body = {f"dataframe_{orient}": json.loads(rows.to_json(orient=orient, double_precision=15))}
    answer = invocations(json.dumps(body), "application/json", loaded, None)
    assert answer.status == 200
    scores = pd.DataFrame(json.loads(answer.response)["predictions"])
    expected = model.score(ROWS)["churn_probability"]
    pd.testing.assert_series_equal(scores["churn_probability"], expected)


def test_an_older_package_has_no_columns_of_a_file(model: ChurnModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    description = json.loads((tmp_path / DESCRIPTION_FILE).read_text("utf-8"))
    assert description.pop("source_columns") == COLUMNS
    (tmp_path / DESCRIPTION_FILE).write_text(json.dumps(description))
    older = ChurnModel.load(tmp_path)
    assert older.source_columns == {}
    pd.testing.assert_frame_equal(older.score(ROWS), model.score(ROWS))
