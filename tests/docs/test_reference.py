"""The generated pages are those of the present code and configuration."""

from docs.write_reference import write_pages
from tests.conftest import PROJECT


def test_the_generated_pages_are_up_to_date(monkeypatch) -> None:
    monkeypatch.chdir(PROJECT)
    for name, page in write_pages().items():
        written = (PROJECT / "docs" / "reference" / name).read_text()
        assert written == page, f"docs/reference/{name} is out of date. Run: make reference"
