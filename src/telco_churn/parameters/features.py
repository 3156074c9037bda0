"""Windowed features, by event table."""

from collections import Counter
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import WindowFeature, WindowParams

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class TileParams(Block):
    """Weekly aggregates of event tables that are kept on disk."""

    tables: list[str] = Field(min_length=1)
    """Event tables whose aggregates are kept."""
    week_starts_on: Weekday
    """First day of a week: the weekday of the dates that you score."""

    @property
    def weekday(self) -> int:
        """The number of the first day of a week: 0 is Monday."""
        return WEEKDAYS.index(self.week_starts_on)


class FeatureParams(Block):
    """Windowed features."""

    # Not part of a dump: scores depend on the features that are left.
    absent: list[str] = Field(default_factory=list, exclude=True)
    """Tables that the operator does not have; their features are left out."""
    # Neither changes a feature, so they are not part of a dump.
    tiles: TileParams | Literal[False] = Field(default=False, exclude=True)
    """Weekly aggregates that are kept; false reads the rows of each window for each date."""
    rebuild: bool = Field(default=False, exclude=True)
    """Whether this run makes the tiles anew that it needs."""
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

    @model_validator(mode="after")
    def _refuse_unknown_tables(self) -> "FeatureParams":
        if self.tiles and (unknown := set(self.tiles.tables) - {*self.windows, *self.absent}):
            raise ValueError(
                f"Unknown tables {sorted(unknown)} in tiles.tables: expected some of "
                f"{sorted(self.windows)}"
            )
        return self

    @property
    def tiled_tables(self) -> list[str]:
        """The tables with tiles."""
        return [name for name in self.windows if self.tiles and name in self.tiles.tables]

    def list_features(self) -> list[WindowFeature]:
        """List the features of all tables, in the order of the file."""
        return [
            feature
            for table, window in self.windows.items()
            for feature in window.list_features(table)
        ]
