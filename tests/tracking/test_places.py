"""What is told of where a dataset lies says nothing of who may read it."""

from types import SimpleNamespace

import pytest

from telco_churn.tracking.places import find_place


@pytest.mark.parametrize(
    ("filepath", "told"),
    [
        ("https://host/raw.csv?sig=SECRET", "https://host/raw.csv"),
        ("https://user:secret@host:8080/a/raw.csv", "https://host:8080/a/raw.csv"),
        ("s3://bucket/raw.parquet", "s3://bucket/raw.parquet"),
        ("data/01_raw/what?.csv", "data/01_raw/what?.csv"),
        ("/home/me@work/raw.csv", "/home/me@work/raw.csv"),
    ],
)
def test_an_address_is_told_without_secrets(filepath: str, told: str) -> None:
    place = find_place(SimpleNamespace(_filepath=filepath))
    assert place is not None
    assert place.path == told
