"""Leaves out what the answers refuse. Python's standard library is all it needs.

In: the whole project, and `.left_out.json`, which says what each refused entry takes with it. Out:
the project without it, its imports sorted for the new name.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
WORDS = {"True": "yes", "False": "no"}  # as YAML reads them without quotes
QUESTIONS = json.loads(r"""{{ cookiecutter._choices | tojson }}""")
PACKAGE = ANSWERS["python_package"]
LINE_LENGTH = 100
GONE = "\0"  # where an import was; a blank line after it goes, too
LOCKS = ("requirements.lock", "requirements-dev.lock")
IMPORT = re.compile(r"^(from|import) (\w+)[\w.]*(?: import \((?:\n    .*)+\n\)|.*)\n", re.MULTILINE)
IMPORTS = re.compile(rf"(?:{IMPORT.pattern})+", re.MULTILINE)


def main() -> None:
    """Remove files and lines of refused entries, then write the answers down."""
    entries = json.loads(take_file(".left_out.json"))
    wanted = {name for name, entry in entries.items() if is_wanted(name, entry["asked"])}
    refused = [name for name in entries if not {name, *entries[name]["needs"]} <= wanted]
    for name in refused:
        for path in entries[name]["paths"]:
            remove_path(Path(path))
    for path in {path for name in refused for path in entries[name]["lines"]}:
        ranges = [each for name in refused for each in entries[name]["lines"].get(path, [])]
        remove_lines(Path(path), ranges)
        remove_unused_imports(Path(path))
    for name in refused:
        for path, replaced in entries[name]["replace"].items():
            replace_texts(Path(path), replaced)
    kept = [entry for name, entry in entries.items() if name not in refused]
    for lock in LOCKS:
        only = {package for entry in kept for package in entry["packages"][lock]}
        every = {package for entry in entries.values() for package in entry["packages"][lock]}
        remove_packages(Path(lock), every - only)
    for file in Path().rglob("*.py"):
        file.write_text(sort_imports(file.read_text("utf-8")), "utf-8")
    write_answers()
    show_next_steps(make_repository())


def take_file(path: str) -> str:
    """Return the text of a file, and remove it."""
    text = Path(path).read_text("utf-8")
    Path(path).unlink()
    return text


def is_wanted(name: str, question: str) -> bool:
    """Return whether the answer to a question includes an entry."""
    answer = {each.strip() for each in read_answer(question).split(",")}
    return bool(answer & {name, "yes", "all", "both"})


def read_answer(question: str) -> str:
    """Return the answer to a question as text."""
    given = str(ANSWERS[question])
    return WORDS.get(given, given)


def remove_path(path: Path) -> None:
    """Remove a file or folder, and the folders above it that it leaves empty."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if path.parent.exists() and not any(path.parent.iterdir()):
        remove_path(path.parent)


def remove_lines(path: Path, ranges: "list[tuple[int, int]]") -> None:
    """Remove ranges of lines, counted from 0, from a file that is still there."""
    if path.exists():
        dropped = {number for start, end in ranges for number in range(start, end)}
        lines = path.read_text("utf-8").splitlines(keepends=True)
        kept = "".join(line for number, line in enumerate(lines) if number not in dropped)
        path.write_text(kept.rstrip("\n") + "\n", "utf-8")


def remove_unused_imports(path: Path) -> None:
    """Remove the imported names that only removed lines used; a package may export its own."""
    if path.suffix == ".py" and path.name != "__init__.py" and path.exists():
        text = path.read_text("utf-8")
        words = Counter(re.findall(r"\w+", text))
        marked = IMPORT.sub(lambda found: _keep_used(found[0], words) or GONE, text)
        path.write_text(re.sub(f"\n\n{GONE}+\n", "\n\n", marked).replace(GONE, ""), "utf-8")


def _keep_used(text: str, words: "Counter[str]") -> str:
    head, _, names = text.partition(" import ")
    listed = re.findall(r"[\w.]+(?: as \w+)?", names.replace("(", "").replace(")", ""))
    used = [name for name in listed if words[name.split()[-1]] > 1]
    if len(used) == len(listed) or "#" in text:
        return text
    return _split_long(f"{head} import {', '.join(used)}\n") if used else ""


def replace_texts(path: Path, replaced: "dict[str, str]") -> None:
    """Replace texts in a file that is still there."""
    if path.exists():
        text = path.read_text("utf-8")
        for old, new in replaced.items():
            text = text.replace(old, new)
        if path.suffix == ".md":  # a row whose links are all gone
            text = re.sub(r"^\|[^|]*\| *\|\n", "", text, flags=re.MULTILINE)
        path.write_text(text, "utf-8")


def remove_packages(lock: Path, packages: "set[str]") -> None:
    """Remove packages, each with its hashes, from a lock file."""
    if packages:
        names = "|".join(re.escape(package) for package in sorted(packages))
        block = re.compile(rf"^(?:{names})==.*\n(?:    --hash.*\n)+", re.MULTILINE)
        lock.write_text(block.sub("", lock.read_text("utf-8")), "utf-8")


def sort_imports(text: str) -> str:
    """Sort each block of imports by package, because the new name has another place in it."""
    return IMPORTS.sub(lambda found: _sort_block(found[0]), text)


def _sort_block(block: str) -> str:
    imports = [(found[1] == "from", found[2], found[0]) for found in IMPORT.finditer(block)]
    if PACKAGE not in {package for _, package, _ in imports}:
        return block
    return "".join(_split_long(text) for *_, text in sorted(imports, key=lambda each: each[:2]))


def _split_long(text: str) -> str:
    """Write an import that is too long with one name a line."""
    if "\n" in text[:-1] or len(text) <= LINE_LENGTH + 1 or "#" in text:
        return text
    head, _, names = text.strip().partition(" import ")
    listed = "".join(f"    {name},\n" for name in names.split(", "))
    return f"{head} import (\n{listed})\n"


def write_answers() -> None:
    """Write the answers down, for `make update`. A text in JSON is one in YAML."""
    lines = ["# `make update` makes the project again from these answers to `kedro new`."]
    lines.append(f"version: {json.dumps(ANSWERS['_version'])}")
    lines += [f"{name}: {json.dumps(read_answer(name))}" for name in ("project_name", *QUESTIONS)]
    Path(".starter.yml").write_text("\n".join(lines) + "\n", "utf-8")


def make_repository() -> bool:
    """Commit the files to a new repository, unless the folder is in one; return if there is git.

    The branch `starter` stays there. `make update` commits later versions of the starter to it, so
    that git merges them with what has changed here.
    """
    if not shutil.which("git"):
        return False
    if run_git("rev-parse"):
        return True
    who = ("user.name=kedro new", "user.email=kedro-new@localhost", "commit.gpgsign=false")
    message = f"--message=Start {ANSWERS['project_name']} from the starter"
    return (
        run_git("init")
        and run_git("symbolic-ref", "HEAD", "refs/heads/main")  # also an old git
        and run_git("add", "--all")
        and run_git(*[part for each in who for part in ("-c", each)], "commit", message)
        and run_git("branch", "starter")
    )


def run_git(*arguments: str) -> bool:
    """Run git in the new project; return whether it succeeded."""
    done = subprocess.run(["git", *arguments], check=False, capture_output=True)
    return done.returncode == 0


def show_next_steps(has_git: bool) -> None:
    """Print what to type next."""
    print(f"\nNext:\n  cd {ANSWERS['repo_name']}\n  make run")
    if not has_git:
        print("git made no repository. Run `git init` and commit: `make test` needs it.")


main()
