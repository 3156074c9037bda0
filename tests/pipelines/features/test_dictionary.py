"""The data dictionary describes every feature, and nothing else."""

import pandas as pd

from telco_churn.contracts import DataDictionary
from telco_churn.pipelines.features.nodes import describe_features, title_features
from telco_churn.plots.groups import wrap_title
from tests.conftest import ProjectCopy, feature_params

NO_FEATURES = ["customer_id", "as_of"]


def test_the_dictionary_lists_the_columns_of_the_features(finished_project: ProjectCopy) -> None:
    folder = finished_project.data / "04_feature" / "customer_features" / "as_of=2026-09-28"
    columns = pd.read_parquet(folder / "features.parquet").columns.drop(NO_FEATURES)
    listed = pd.read_csv(finished_project.data / "08_reporting" / "data_dictionary.csv")
    assert sorted(listed["name"]) == sorted(columns)


def test_the_dictionary_gives_meaning_unit_source_and_window() -> None:
    dictionary = DataDictionary.validate(describe_features(feature_params())).set_index("name")
    assert dictionary.loc["usage_data_mb_mean_28d"].to_dict() == {
        "meaning": "mean of data mb in the last 28 days",
        "unit": "MB",
        "source_table": "usage",
        "window": "28 days",
    }
    assert dictionary.loc["tenure_days", "source_table"] == "customers"
    assert (dictionary[["meaning", "unit", "source_table"]] != "").all(axis=None)


def test_every_feature_has_a_title_of_its_own_that_fits_a_plot() -> None:
    titles = title_features(describe_features(feature_params()))
    assert titles["segment"] == "Segment of the customer"  # without what follows the colon
    assert titles["usage_call_minutes_trend_28d"] == (
        "Change of call minutes in the last 28 days against the 28 days before"
    )
    assert len(set(titles.values())) == len(titles)
    assert not any(wrap_title(title).endswith("…") for title in titles.values())
    assert not any("_" in title for title in titles.values())
