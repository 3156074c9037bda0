"""The check of prose reads comments, messages and pages, and not code."""

from pathlib import Path

import nbformat

from tests.docs.prose import lint, list_files, read_prose

NOTEBOOK = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("# Rates\n\nNobody reads this."),
        nbformat.v4.new_code_cell("1"),
    ]
)


def test_the_word_list_finds_a_phrase_in_each_kind_of_file(tmp_path: Path) -> None:
    texts = {
        "page.md": "A page.\n\nOf the result.\n",
        "code.py": '"""A file."""\n\nx = 1  # nobody reads this\n',
        "message.py": 'raise ValueError(\n    "the table says so twice"\n)\n',
        "keys.yml": "key: 1 # whoever needs it\n",
        "notebook.ipynb": nbformat.writes(NOTEBOOK, indent=1),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    lines = {name: [line for line, _ in lint(read_prose(tmp_path / name))] for name in texts}
    assert lines == {
        "page.md": [3],
        "code.py": [3],
        "message.py": [2],
        "keys.yml": [1],
        "notebook.ipynb": [10],
    }


def test_code_in_a_page_is_not_read_as_prose(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Set `nobody`.\n\n```python\n# nobody\n```\n")
    assert not list(lint(read_prose(page)))


def test_messages_pages_and_templates_are_among_the_files() -> None:
    names = {file.name for file in list_files()}
    assert {"README.md", "gate.py", "gate.yml", "model_card.md.jinja", "Makefile"} <= names
