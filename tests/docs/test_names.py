"""Every path, parameter, dataset and node that a page or a message names exists."""

import re
from pathlib import Path

import pytest

from telco_churn.parameters import BLOCKS
from tests.conftest import PROJECT, ProjectCopy
from tests.docs.names import (
    EXAMPLES,
    PATH,
    SHORTENED,
    SOFTWARE,
    WORD,
    exists,
    list_configured_keys,
    list_messages,
    list_nodes,
    list_parameters,
    list_words_of_code,
)
from tests.docs.pages import LIBRARY_PAGES, LINK, PAGES, list_code_spans, name_page
from tests.docs.test_commands import list_recipes

MODULES = sorted((PROJECT / "src").rglob("*.py"))
FILE_TYPES = (".json", ".yml")
SET_PARAMETER = re.compile(r"--params[ =](?:[\w.]+=[^,\s`]+,)*([a-z_][\w.]*)=")


@pytest.fixture(scope="module")
def data(finished_project: ProjectCopy) -> frozenset[str]:
    """The files that a full run leaves, as the base environment names them."""
    files = finished_project.data.rglob("*")
    return frozenset(f"data/{file.relative_to(finished_project.data)}" for file in files)


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_every_path_of_a_page_exists(page: Path, data: frozenset[str]) -> None:
    paths = PATH.findall(LINK.sub("]", page.read_text()))
    assert not [path for path in paths if not exists(path, data)]


@pytest.mark.parametrize("page", PAGES + LIBRARY_PAGES, ids=name_page)
def test_every_name_in_backticks_exists(page: Path) -> None:
    spans = list(list_code_spans(page))
    dotted = [span for span in spans if re.fullmatch(r"[a-z_]+(\.[a-z_<>]+)+", span)]
    known = list_parameters() | list_nodes() | list_configured_keys()
    words = list_words_of_code() | SOFTWARE | EXAMPLES
    unknown = [
        name
        for name in dotted
        if name.partition(".")[0] in BLOCKS
        and name not in known
        and name.split(".")[-1] not in {"json", "yml"}
    ]
    unknown += [
        word for span in spans for word in WORD.findall(span) if not words & {word, word.strip("_")}
    ]
    assert not unknown


@pytest.mark.parametrize("module", MODULES, ids=name_page)
def test_every_path_parameter_and_recipe_of_a_message_exists(
    module: Path, data: frozenset[str]
) -> None:
    for line, message in list_messages(module):
        for path in PATH.findall(message):
            assert exists(path, data), f"line {line}: {path}"
        for name in SET_PARAMETER.findall(message):
            assert name in list_parameters(), f"line {line}: {name}"
        for recipe in re.findall(r"(?:`make|Run: make) ([a-z-]+)", message):
            assert recipe in list_recipes(), f"line {line}: make {recipe}"


def test_a_name_that_is_gone_is_found(data: frozenset[str]) -> None:
    assert not exists("conf/base/parameters/gone.yml", data)
    assert exists("data/07_model_output/contact_list/as_of=.../contact_list.csv", data)
    assert exists("conf/base/parameters/<name>.yml", data)
    assert SHORTENED.sub("*", "as_of=<date>") == "as_of=*"
    assert "gate.required_gain" in list_parameters()
    assert "gate.gone" not in list_parameters() | list_nodes()
