"""Check that all files name one version, and print what is new in it.

In: the project's files, and optionally a tag such as v0.2.0. Out: the section of the version in
CHANGELOG.md. The exit code is 65 if a file names another version.
"""

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
RELEASED = r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$"
# Each file names the version in the first match.
VERSIONS = {
    "CHANGELOG.md": RELEASED,
    "CITATION.cff": r"^version: (.+)$",
    "deploy/kubernetes/cronjob.yaml": r"image: \S+:(.+)$",
    "pyproject.toml": r'^version = "(.+)"$',
    "src/kedro_asof/pyproject.toml": r'^version = "(.+)"$',
    "src/kedro_wandb/pyproject.toml": r'^version = "(.+)"$',
    "src/telco_churn/__init__.py": r'^__version__ = "(.+)"$',
}


def find_versions(project: Path) -> dict[str, str]:
    """Return the version by file, and an empty text where there is none."""
    found = {
        name: re.search(pattern, (project / name).read_text(), re.MULTILINE)
        for name, pattern in VERSIONS.items()
    }
    return {name: match[1] if match else "" for name, match in found.items()}


def read_notes(project: Path) -> str:
    """Return the newest released section of CHANGELOG.md, without its heading."""
    text = (project / "CHANGELOG.md").read_text()
    sections = re.split(RELEASED, text, flags=re.MULTILINE)
    return re.split(r"^## ", sections[3], flags=re.MULTILINE)[0].strip()


def main(tag: str = "") -> int:
    """Print the notes of the version, or how the files disagree."""
    versions = find_versions(PROJECT) | ({"the tag": tag.removeprefix("v")} if tag else {})
    if len(set(versions.values())) > 1:
        listed = ", ".join(f"{version or 'none'} in {name}" for name, version in versions.items())
        print(f"Error: Conflicting versions: {listed}. Correct the files.", file=sys.stderr)
        return 65
    print(read_notes(PROJECT))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
