"""The starter is made from the files of the project, and says what it leaves out."""

import json
from pathlib import Path

import pytest
from jinja2 import Environment

from starter import build
from starter.entries import read_entries
from starter.left_out import ManifestError, find_lines, find_paths, find_replaced
from starter.names import as_template

ENTRIES = read_entries()
NAMES = {
    "project_name": "Acme Churn",
    "repo_name": "acme-churn",
    "python_package": "acme_churn",
    "__constant": "ACME_CHURN",
}


def render(template: str) -> str:
    made = Environment(keep_trailing_newline=True, autoescape=False)  # as cookiecutter makes it
    return made.from_string(template).render(cookiecutter=NAMES)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_names_files_and_lines_that_exist(name: str) -> None:
    files = build.read_tracked_files()
    entry = ENTRIES[name]
    found = find_lines(name, entry, files), find_replaced(name, entry, files)
    assert find_paths(name, entry, files) or any(found)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"paths": ["src/nowhere/*"]}, "no tracked file matches 'src/nowhere/\\*'"),
        ({"lines": {"Makefile": ["nothing:"]}}, "no line of Makefile contains 'nothing:'"),
        ({"lines": {"nowhere.md": ["x"]}}, "nowhere.md is not a tracked file"),
        ({"replace": {"Makefile": {"nothing": ""}}}, "Makefile does not contain 'nothing'"),
    ],
)
def test_an_entry_that_is_out_of_date_is_an_error(change: dict[str, object], expected: str) -> None:
    entry = ENTRIES["spark"].model_copy(update=change)
    files = build.read_tracked_files()
    with pytest.raises(ManifestError, match=expected):
        build.leave_out({"spark": entry}, files)


def test_only_names_change_from_a_file_to_the_file_of_a_new_project() -> None:
    for path, content in build.read_tracked_files().items():
        if path.endswith((".png", ".ico")):
            continue
        text = content.decode()
        expected = text
        for old, new in (
            ("Telco Churn", "Acme Churn"),
            ("telco-churn", "acme-churn"),
            ("telco_churn", "acme_churn"),
            ("TELCO_CHURN", "ACME_CHURN"),
        ):
            expected = expected.replace(old, new)
        assert render(as_template(text)) == expected, path


@pytest.mark.parametrize(
    "text", ["{{ x }}", "{% if %}", "{# note #}", "${{ secrets.A }}", "f'{{{telco_churn}}}'", "{}"]
)
def test_braces_survive(text: str) -> None:
    assert render(as_template(text)) == text.replace("telco_churn", "acme_churn")


def test_the_questions_list_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "cookiecutter.json").write_text("{}")
    source = Path(build.__file__).parent / "cookiecutter" / "prompts.yml"
    (tmp_path / "prompts.yml").write_text(source.read_text())
    build.write_questions(ENTRIES, tmp_path)
    choices = json.loads((tmp_path / "cookiecutter.json").read_text())["_choices"]
    assert {"all", "none", "own_table", "spark"} <= set(choices["capabilities"])
    assert choices["sample_operator"] == ["yes", "no"]
    assert choices["trackers"] == ["both", "wandb", "mlflow"]
