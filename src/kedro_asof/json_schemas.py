"""Write JSON schemas of configuration files, with which editors complete and check them.

In: the pydantic model of a file. Out: a schema that accepts the files of every environment: any key
may be left out, and `${...}` may be written in place of any value.
"""

import ast
import inspect
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
REFERENCE = {"type": "string", "pattern": r"\$\{.+\}"}
NOTES = ("description", "default")  # keys of a schema that do not restrict values
ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.M)  # below `Attributes:`


class DescribedSchema(GenerateJsonSchema):
    """The schema of a model, with the documentation of its fields."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a model, with the docstrings of its fields."""
        made = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        if "description" in made:  # without the list of attributes
            made["description"] = made["description"].split("\n\nAttributes:")[0]
        for field in made.get("properties", {}).values():
            field.pop("title", None)  # it repeats the name
        for name, text in read_docstrings(model).items():
            key = model.model_fields[name].alias or name
            made["properties"][key].setdefault("description", text)
        return made


def write_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of complete files."""
    return DIALECT | model.model_json_schema(schema_generator=DescribedSchema)


def write_partial_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of files that an environment completes, and that have references."""
    return _loosen(write_schema(model))


def read_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the documentation of fields: a docstring below each, or the list `Attributes`.

    With pydantic's option for docstrings, every run would read the source of the models.
    """
    fields = model.__annotations__
    listed = ATTRIBUTE.findall(inspect.getdoc(model) or "")
    found = {name: " ".join(text.split()) for name, text in listed if name in fields}
    try:
        (written,) = ast.parse(inspect.getsource(model)).body
    except (OSError, TypeError):  # a model without source
        return found
    assert isinstance(written, ast.ClassDef)
    return found | {
        ast.unparse(field.target): inspect.cleandoc(below.value.value)
        for field, below in pairwise(written.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _loosen(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Let every key be left out, and every value inside be a reference."""
    loose = {key: value for key, value in schema.items() if key != "required"}
    for key in ("$defs", "properties"):
        if key in loose:
            accept = _loosen if key == "$defs" else _accept_reference
            loose[key] = {name: accept(value) for name, value in loose[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(loose.get(key), dict):
            loose[key] = _accept_reference(loose[key])
    if "anyOf" in loose:
        loose["anyOf"] = [_loosen(option) for option in loose["anyOf"]]
    return loose


def _accept_reference(schema: Mapping[str, Any]) -> dict[str, Any]:
    loose = _loosen(schema)
    notes = {key: loose.pop(key) for key in NOTES if key in loose}
    options = loose["anyOf"] if set(loose) == {"anyOf"} else [loose]
    if any(
        set(option) <= {"type", "minLength"} and option.get("type") == "string"
        for option in options
    ):
        return notes | loose
    return notes | {"anyOf": [*options, REFERENCE]}
