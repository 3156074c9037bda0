"""Every file that a person reads is in plain English; see tests/docs/prose.py for the word list."""

import subprocess
from pathlib import Path

from tests.conftest import PROJECT
from tests.docs.prose import lint, read_prose

READ_BY_PEOPLE = (".md", ".py", ".yml", ".yaml", ".toml", ".sh", ".jinja", "Makefile")


def test_no_file_has_a_phrase_of_the_word_list() -> None:
    found = [
        f"{file.relative_to(PROJECT)}:{line}: {complaint}"
        for file in _list_files()
        for line, complaint in lint(read_prose(file))
    ]
    assert not found, "\n" + "\n".join(found)


def test_the_word_list_finds_a_phrase_in_each_kind_of_file(tmp_path: Path) -> None:
    texts = {
        "page.md": "A page.\n\nOf the result.\n",
        "code.py": '"""A file."""\n\nx = 1  # nobody reads this\n',
        "message.py": 'raise ValueError(\n    "the table says so twice"\n)\n',
        "keys.yml": "key: 1 # whoever needs it\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    lines = {name: [line for line, _ in lint(read_prose(tmp_path / name))] for name in texts}
    assert lines == {"page.md": [3], "code.py": [3], "message.py": [2], "keys.yml": [1]}


def test_code_in_a_page_is_not_read_as_prose(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Set `nobody`.\n\n```python\n# nobody\n```\n")
    assert not list(lint(read_prose(page)))


def _list_files() -> list[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (PROJECT / name for name in tracked.stdout.splitlines())
    return [
        file
        for file in files
        if file.name.endswith(READ_BY_PEOPLE)
        and file.exists()
        and file.parent != PROJECT / "tests" / "docs"  # the word list itself
    ]
