"""The model version to promote."""

from typing import Literal

from pydantic import ConfigDict, RootModel, field_validator

NOT_GIVEN = "not given"


class VersionParam(RootModel[int | None]):
    """The number of the registered version to promote, 1 or more; only promotion reads it.

    `not given` stands for null, which Kedro rejects for a parameter that has a type.
    """

    model_config = ConfigDict(frozen=True)

    @field_validator(
        "root", mode="before", json_schema_input_type=int | Literal["not given"] | None
    )
    @classmethod
    def _read_number(cls, value: object) -> int | None:
        if value is None or value == NOT_GIVEN:
            return None
        text = str(value)
        if not (text.isascii() and text.isdecimal() and int(text) > 0):
            raise ValueError(
                "expected the number of a registered version, which `make mlflow` lists. Example: "
                "--params version=3"
            )
        return int(text)

    @property
    def number(self) -> int | None:
        """The version number; None if it is not given."""
        return self.root
