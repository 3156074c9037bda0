"""A run of a whole pipeline is skipped if the last commit of its date has the same sources."""

from typing import Any

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from kedro_asof.delivery import deliver, list_deliveries
from kedro_asof.errors import NothingToDo, OnlyListMissing
from kedro_asof.hooks import SkipIfCommittedHook
from kedro_asof.skip import PARTS_OF_A_PIPELINE, SkipRule
from kedro_asof.tags import DELIVERY

WHOLE = {"pipeline_names": ["score"], **dict.fromkeys(PARTS_OF_A_PIPELINE)}
HISTORY = pd.DataFrame(
    {
        "as_of": ["2026-01-05", "2026-01-05", "2026-01-12"],
        "committed_at": ["Mon", "Tue", "Wed"],
        "model": ["1", "2", "1"],
        "fingerprint": ["old", "same", "old"],
    }
)


def read_model(catalog: DataCatalog) -> dict[str, str] | None:
    model = catalog.load("model")
    return {"model": model} if model else None


RULE = SkipRule(
    pipeline="score",
    history="history",
    fingerprint="fingerprint",
    lineage=read_model,
    made_by="scored by model {model}",
    again="score.again",
)
PIPELINE = Pipeline(
    [
        Node(lambda source: source, "source", "fingerprint", name="take_fingerprint"),
        Node(lambda: "scores", None, "scores", name="score"),
        Node(lambda scores: f"list of {scores}", "scores", "list", name="list", tags=DELIVERY),
    ]
)


def make_catalog(**changes: Any) -> DataCatalog:
    values = {
        "history": HISTORY,
        "model": "2",
        "source": "same",
        "scores": "committed scores",
        "params:as_of": "2026-01-05",
        "params:score.again": False,
    }
    datasets = {name: MemoryDataset(value) for name, value in (values | changes).items()}
    return DataCatalog(datasets | {"list": MemoryDataset()})


def find(run_params: dict[str, Any] = WHOLE, **changes: Any) -> dict[str, Any] | None:
    return RULE.find_commit(run_params, PIPELINE, make_catalog(**changes))


def test_the_last_commit_of_the_date_is_found() -> None:
    found = find()
    assert found == {
        "as_of": "2026-01-05",
        "committed_at": "Tue",
        "model": "2",
        "fingerprint": "same",
    }
    message = RULE.explain(found, PIPELINE)
    assert "as_of=2026-01-05 was scored by model 2 from the same data at Tue." in message
    assert message.startswith("Skipped: ")
    assert message.endswith("To run it again, pass --params score.again=true.")


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "other"},
        {"model": "1"},  # the model of an earlier commit of the date
        {"model": None},
        {"params:as_of": "2026-01-12"},
        {"params:as_of": "2026-01-19"},
        {"params:score.again": True},
    ],
)
def test_a_run_with_work_to_do_is_not_skipped(changes: dict[str, Any]) -> None:
    assert find(**changes) is None


@pytest.mark.parametrize("part", PARTS_OF_A_PIPELINE)
def test_a_part_of_a_pipeline_is_never_skipped(part: str) -> None:
    assert find({**WHOLE, part: ["x"]}) is None


@pytest.mark.parametrize("names", [["train"], ["score", "train"], ["__default__"]])
def test_another_pipeline_is_never_skipped(names: list[str]) -> None:
    assert find({**WHOLE, "pipeline_names": names}) is None


def test_a_skipped_run_delivers_from_the_commit() -> None:
    hook, catalog = SkipIfCommittedHook(RULE), make_catalog()
    with pytest.raises(OnlyListMissing, match="only wrote list, from that commit"):
        hook.before_pipeline_run(run_params=WHOLE, pipeline=PIPELINE, catalog=catalog)
    assert catalog.load("list") == "list of committed scores"
    with pytest.raises(NothingToDo) as ended:
        hook.before_pipeline_run(run_params=WHOLE, pipeline=PIPELINE, catalog=catalog)
    assert type(ended.value) is NothingToDo


def test_delivery_runs_its_own_nodes_alone() -> None:
    catalog = make_catalog(scores="restored scores")
    assert list_deliveries(PIPELINE) == ["list"]
    deliver(PIPELINE, catalog)
    assert catalog.load("list") == "list of restored scores"
    assert "fingerprint" not in catalog
