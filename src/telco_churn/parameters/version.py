"""Which version of the model to promote."""

from pydantic import ConfigDict, RootModel, field_validator

NOT_GIVEN = "not given"


class VersionParam(RootModel[int | None]):
    """The number of a registered version, or `not given`, which only promotion minds.

    The words stand for null, which Kedro refuses for a parameter that has a type.
    """

    model_config = ConfigDict(frozen=True)

    @field_validator("root", mode="before")
    @classmethod
    def _read_number(cls, value: object) -> int | None:
        if value is None or value == NOT_GIVEN:
            return None
        text = str(value)
        if not (text.isascii() and text.isdecimal() and int(text) > 0):
            raise ValueError(
                f"version must be the number of a registered version, found {value!r}. "
                "Say for example --params version=3; make mlflow lists them."
            )
        return int(text)

    @property
    def number(self) -> int | None:
        """The number itself."""
        return self.root
