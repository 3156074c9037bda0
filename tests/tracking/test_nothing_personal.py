"""No file that W&B and MLflow write in a full run contains an identifier of a customer."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from telco_churn.contracts import IDENTIFIERS
from tests.conftest import ProjectCopy
from tests.wandb_files import WrittenRun

KEYS = {"customers": "customer_id", "invoices": "invoice_id", "contacts": "contact_id"}
# Patterns of the sample operator's identifiers.
SHAPES = re.compile(
    r"[\w.]+@example\.org|\+00 555 \d{9}|PC-\d{7}|\b[A-Z][a-z]+ [A-Z][a-z]+\b|[CIK]\d{9,13}"
    r"|\b\d{4}-\d\d-\d\d\b"
)


@pytest.fixture(scope="module")
def identifiers(finished_project: ProjectCopy) -> set[str]:
    """Values that identify a customer, except birthdays that are also other dates."""
    raw = finished_project.data / "01_raw"
    tables = {name: pq.read_table(raw / name) for name in (*KEYS, "subscriptions", "cancellations")}
    personal = {
        str(value) for name in IDENTIFIERS for value in tables["customers"][name].to_pylist()
    }
    keys = {str(value) for name, key in KEYS.items() for value in tables[name][key].to_pylist()}
    days = {
        str(value)
        for table in tables.values()
        for name in table.column_names
        if name not in IDENTIFIERS
        for value in table[name].to_pylist()
    }
    return (personal - days) | keys


def find_files(project: ProjectCopy) -> list[Path]:
    places = [project.path / "wandb", project.path / "mlruns", project.path / "mlflow.db"]
    files = [file for place in places for file in [place, *place.rglob("*")] if file.is_file()]
    return [file for file in files if file.suffix != ".png"]


def read_texts(file: Path) -> set[str]:
    content = file.read_bytes()
    if file.suffix == ".parquet":
        table = pq.read_table(file, partitioning=None)
        return {str(value) for column in table.columns for value in column.to_pylist()}
    return set(SHAPES.findall(content.decode("utf-8", errors="ignore")))


def test_no_identifier_is_in_what_wandb_and_mlflow_wrote(
    finished_project: ProjectCopy, identifiers: set[str]
) -> None:
    files = find_files(finished_project)
    names = {file.name for file in files}
    assert {"mlflow.db", "input_example.json", "parameters.json"} <= names
    assert any(file.suffix == ".wandb" for file in files)
    assert len(identifiers) > 10_000
    found = {str(file): leaked for file in files if (leaked := read_texts(file) & identifiers)}
    assert found == {}


def test_the_search_finds_each_kind_of_identifier(
    finished_project: ProjectCopy, identifiers: set[str], tmp_path: Path
) -> None:
    raw = pq.read_table(finished_project.data / "01_raw" / "customers").slice(3, 1).to_pylist()[0]
    for name in ("customer_id", "full_name", "email", "phone", "postcode"):
        (tmp_path / "file.txt").write_text(f'{{"{name}": "{raw[name]}"}}')
        assert read_texts(tmp_path / "file.txt") & identifiers == {raw[name]}


def test_rejected_rows_are_in_the_lineage_and_their_content_nowhere(
    finished_project: ProjectCopy,
) -> None:
    (folder,) = finished_project.path.glob("wandb/offline-run-*")
    written = WrittenRun(folder)
    assert "rejected_rows" in written.artifacts()
    assert "rejected_rows" not in written.tables()
    assert "features.label_churn" in {row[0] for row in written.tables()["nodes"]["data"]}
