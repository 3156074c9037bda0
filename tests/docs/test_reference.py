"""Generated pages and drawings follow the present code and configuration."""

import inspect

import pytest

import kedro_asof.errors
import telco_churn.errors
from docs.write_reference import draw_errors, write_pages
from tests.conftest import PROJECT


def test_the_generated_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    for name, page in write_pages().items():
        written = (PROJECT / "docs" / "reference" / name).read_text()
        assert written == page, f"docs/reference/{name} is out of date. Run: make reference"


def test_the_docstrings_of_the_errors_draw_their_hierarchy() -> None:
    assert draw_errors(kedro_asof.errors) in inspect.getdoc(kedro_asof.errors)
    drawn = draw_errors(kedro_asof.errors, telco_churn.errors)
    assert drawn in inspect.getdoc(telco_churn.errors)
