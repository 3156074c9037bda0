"""The names of this project, which a generated project replaces with its own."""

import re
from importlib.metadata import packages_distributions

NAMES = {
    "Telco Churn": "{{ cookiecutter.project_name }}",
    "telco-churn": "{{ cookiecutter.repo_name }}",
    "telco_churn": "{{ cookiecutter.python_package }}",
    "TELCO_CHURN": "{{ cookiecutter.__constant }}",
}
_ANY_NAME = "|".join(NAMES)
# Braces that Jinja would read, among them one before a name.
_SPECIAL = re.compile(rf"{_ANY_NAME}|\{{[{{%#]|\{{(?={_ANY_NAME})")
# Folders of the project, and a package that Kedro's own check lets pass.
FOLDERS = ("benchmarks", "build", "conf", "data", "deploy", "docs", "notebooks", "test", "tests")


def as_template(text: str) -> str:
    """Return text that cookiecutter turns into the same text with the names of a new project."""
    return _SPECIAL.sub(lambda found: NAMES.get(found[0], f'{{{{ "{found[0]}" }}}}'), text)


def list_taken_names() -> list[str]:
    """Return the names that a package of a new project would hide: installed modules, folders."""
    return sorted({*packages_distributions(), *FOLDERS} - {"telco_churn"})
