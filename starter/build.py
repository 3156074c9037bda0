"""Makes the starter for `kedro new` from the tracked files of this project: `make starter`.

In: the files that git tracks, and `starter/capabilities.yml`. Out: `build/starter/`, a template of
cookiecutter. Its hooks leave out what the answers of a user refuse.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from starter.entries import Entry, read_entries
from starter.left_out import ManifestError, find_lines, find_paths, find_replaced
from starter.names import as_template, list_taken_names
from starter.packages import LOCKS, PACKAGE, list_packages

PROJECT = Path(__file__).parents[1]
OUTPUT = PROJECT / "build" / "starter"
TEMPLATE = "{{ cookiecutter.repo_name }}"
PYPROJECT = "pyproject.toml"
# The default answers: the small project.
DEFAULTS = {"capabilities": "none", "sample_operator": "yes", "trackers": "both", "ci": "github"}
WORDS = {"capabilities": ["all", "none"], "sample_operator": ["yes", "no"], "trackers": ["both"]}
WORDS["ci"] = ["all", "none"]


def main() -> None:
    """Write the starter, and say how to use it."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    try:
        write_starter(OUTPUT)
    except ManifestError as error:
        sys.exit(f"starter/capabilities.yml: {error}")
    print(f"The starter is ready. Make a project:\n  kedro new --starter={OUTPUT}")


def write_starter(output: Path) -> None:
    """Write the starter into a folder that does not exist.

    Raises:
        ManifestError: When an entry names a file or a text that the project does not have.
    """
    entries = read_entries()
    files = leave_out({"template": entries.pop("template")}, read_tracked_files())
    files |= {lock: _keep_needed(lock, files) for lock in LOCKS}
    shutil.copytree(Path(__file__).parent / "cookiecutter", output)
    write_questions(entries, output)
    for path, content in files.items():
        write_file(output / TEMPLATE, path, content)
    left_out = json.dumps(describe_left_out(entries, files), indent=1)
    (output / TEMPLATE / ".left_out.json").write_text(as_template(left_out))


def read_tracked_files() -> dict[str, bytes]:
    """Return the content of each file that git tracks, as it is in the working tree."""
    command = ["git", "-C", str(PROJECT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    paths = [path for path in listed.split("\0") if path and (PROJECT / path).exists()]
    return {path: (PROJECT / path).read_bytes() for path in paths}


def leave_out(entries: Mapping[str, Entry], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a project without some entries."""
    dropped: dict[str, set[int]] = defaultdict(set)
    for name, entry in entries.items():
        for path, ranges in find_lines(name, entry, files).items():
            dropped[path].update(number for each in ranges for number in range(*each))
    kept = dict(files)
    for path, numbers in dropped.items():
        lines = enumerate(files[path].decode().splitlines(keepends=True))
        kept[path] = "".join(line for number, line in lines if number not in numbers).encode()
    for name, entry in entries.items():
        for path, replaced in find_replaced(name, entry, files).items():
            for old, new in replaced.items():
                kept[path] = kept[path].replace(old.encode(), new.encode())
        for path in find_paths(name, entry, files):
            del kept[path]
    return kept


def _keep_needed(lock: str, files: Mapping[str, bytes]) -> bytes:
    """Return a lock file without the packages that only the starter itself needs."""
    needed = set(list_packages(files[PYPROJECT].decode(), lock))
    return PACKAGE.sub(
        lambda found: found[0] if found[1] in needed else "", files[lock].decode()
    ).encode()


def describe_left_out(
    entries: Mapping[str, Entry], files: Mapping[str, bytes]
) -> dict[str, dict[str, Any]]:
    """Return what each entry takes with it, for the hook that runs in a new project."""
    needed = find_packages(entries, files)
    return {
        name: {
            "asked": entry.asked,
            "needs": entry.needs,
            "paths": find_paths(name, entry, files),
            "lines": find_lines(name, entry, files),
            "replace": find_replaced(name, entry, files),
            "packages": needed[name],
        }
        for name, entry in entries.items()
    }


def find_packages(
    entries: Mapping[str, Entry], files: Mapping[str, bytes]
) -> dict[str, dict[str, list[str]]]:
    """Return the packages of each lock file that an entry needs beyond the smallest project."""
    smallest = {lock: _resolve(entries, files, lock) for lock in LOCKS}
    return {
        name: {
            lock: sorted(
                set(_resolve(_without(entries, name), files, lock)) - set(smallest[lock])
                if PYPROJECT in {*entry.lines, *entry.replace}
                else ()
            )
            for lock in LOCKS
        }
        for name, entry in entries.items()
    }


def _without(entries: Mapping[str, Entry], name: str) -> dict[str, Entry]:
    return {other: entry for other, entry in entries.items() if other != name}


def _resolve(left_out: Mapping[str, Entry], files: Mapping[str, bytes], lock: str) -> list[str]:
    touching = {
        name: Entry(
            asked=entry.asked,
            description=entry.description,
            lines={PYPROJECT: entry.lines[PYPROJECT]},
        )
        for name, entry in left_out.items()
        if PYPROJECT in entry.lines
    }
    pyproject = leave_out(touching, {PYPROJECT: files[PYPROJECT]})[PYPROJECT]
    return list_packages(pyproject.decode(), lock)


def write_questions(entries: Mapping[str, Entry], output: Path) -> None:
    """Write the questions, their default answers and their allowed answers."""
    questions = yaml.safe_load((output / "prompts.yml").read_text())
    defaults = json.loads((output / "cookiecutter.json").read_text())
    choices = {question: list_choices(question, entries) for question in DEFAULTS}
    for question, allowed in choices.items():
        described = [
            f"  {name}: {entry.description}"
            for name, entry in entries.items()
            if entry.asked == question and name in allowed
        ]
        prompt = questions[question]
        prompt["text"] = "\n".join([prompt["text"].strip(), *described])
        one = "|".join(allowed)
        prompt["regex_validator"] = rf"^({one})( *, *({one}))*$"
        prompt["error_message"] = f"Expected {', '.join(allowed)}."
    needs = {name: [entry.asked, entry.needs] for name, entry in entries.items() if entry.needs}
    asked = {name: entry.asked for name, entry in entries.items()}
    defaults |= DEFAULTS | {"_choices": choices, "_needs": needs, "_asked": asked}
    defaults |= {"_taken_names": list_taken_names(), "_version": read_version()}
    (output / "prompts.yml").write_text(yaml.safe_dump(questions, sort_keys=False))
    (output / "cookiecutter.json").write_text(json.dumps(defaults, indent=2))


def read_version() -> str:
    """Return the version of this project."""
    project = tomllib.loads((PROJECT / PYPROJECT).read_text())["project"]
    return str(project["version"])


def list_choices(question: str, entries: Mapping[str, Entry]) -> list[str]:
    """Return the allowed answers to a question."""
    named = [name for name, entry in entries.items() if entry.asked == question]
    return WORDS[question] + (named if question != "sample_operator" else [])


def write_file(folder: Path, path: str, content: bytes) -> None:
    """Write a file of the template, with its name and text made for any project."""
    target = folder / as_template(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(UnicodeDecodeError):  # a picture
        content = as_template(content.decode()).encode()
    target.write_bytes(content)
    shutil.copymode(PROJECT / path, target)


if __name__ == "__main__":
    main()
