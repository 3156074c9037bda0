"""Windowed features, declared by event table."""

from collections import Counter

from pydantic import Field, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import WindowFeature, WindowParams


class FeatureParams(Block):
    """Windowed features, by event table."""

    windows: dict[str, WindowParams] = Field(min_length=1)

    @model_validator(mode="after")
    def _refuse_repeated_names(self) -> "FeatureParams":
        names = Counter(feature.name for feature in self.list_features())
        repeated = sorted(name for name, count in names.items() if count > 1)
        if repeated:
            raise ValueError(
                f"makes {repeated} more than once: each feature needs a name of its own"
            )
        return self

    def list_features(self) -> list[WindowFeature]:
        """List the features of all tables, in order."""
        return [
            feature
            for table, window in self.windows.items()
            for feature in window.list_features(table)
        ]
