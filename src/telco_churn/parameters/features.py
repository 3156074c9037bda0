"""Windowed features, by event table."""

from collections import Counter

from pydantic import Field, ValidationInfo, field_validator, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import WindowFeature, WindowParams


class FeatureParams(Block):
    """Windowed features."""

    # Not part of a dump: scores depend on the features that are left.
    absent: list[str] = Field(default_factory=list, exclude=True)
    """Tables that the operator does not have; their features are left out."""
    windows: dict[str, WindowParams] = Field(min_length=1)
    """Windows and statistics by name of the event table in the catalog; at least one table."""

    @field_validator("windows")
    @classmethod
    def _leave_out(
        cls, windows: dict[str, WindowParams], info: ValidationInfo
    ) -> dict[str, WindowParams]:
        absent = info.data.get("absent", [])
        return {table: window for table, window in windows.items() if table not in absent}

    @model_validator(mode="after")
    def _refuse_repeated_names(self) -> "FeatureParams":
        names = Counter(feature.name for feature in self.list_features())
        repeated = sorted(name for name, count in names.items() if count > 1)
        if repeated:
            raise ValueError(f"Duplicate feature names {repeated}: expected one feature per name")
        return self

    def list_features(self) -> list[WindowFeature]:
        """List the features of all tables, in the order of the file."""
        return [
            feature
            for table, window in self.windows.items()
            for feature in window.list_features(table)
        ]
