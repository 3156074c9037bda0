"""Pages say whom they are for, fit two screens, lead on, and link only to what exists."""

import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.docs.pages import ANY_FENCE, LIBRARY_PAGES, LINK, PAGES, name_page

TWO_SCREENS = 110  # lines
GUIDES = [page for page in PAGES if page.parent.name in {"tutorial", "how-to", "concepts"}]


@pytest.mark.parametrize("page", GUIDES, ids=name_page)
def test_a_guide_says_whom_it_is_for_and_where_to_go_next(page: Path) -> None:
    text = page.read_text()
    title, _, rest = text.partition("\n\n")
    assert title.startswith("# ")
    assert rest.startswith("For ")
    assert len(text.splitlines()) <= TWO_SCREENS
    last_heading = re.findall(r"^## .*$", ANY_FENCE.sub("", text), re.M)[-1]
    assert last_heading == "## Next"
    assert LINK.search(text.rpartition("## Next")[2])


@pytest.mark.parametrize("page", PAGES + LIBRARY_PAGES, ids=name_page)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in LINK.findall(ANY_FENCE.sub("", page.read_text())):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _list_anchors(target), link


def test_a_reader_reaches_every_page_from_the_first_one() -> None:
    reached: set[Path] = set()
    waiting = [PROJECT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = LINK.findall(ANY_FENCE.sub("", page.read_text()))
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links}
        waiting += [each for each in targets - reached if each.suffix == ".md" and each.exists()]
    assert not [name_page(page) for page in PAGES if page not in reached]


def test_the_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) < 150


def _list_anchors(page: Path) -> set[str]:
    """Name the headings as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", ANY_FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
