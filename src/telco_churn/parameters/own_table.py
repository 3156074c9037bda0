"""A user's flat table: its file, and the roles of its columns."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from kedro_asof.params import Block, split_list
from telco_churn.parameters.label import LabelParams


class OwnTableParams(Block):
    """The options of `make own-table`, under the same names, and the split."""

    table: str = Field(min_length=1)
    """Path of a CSV, Parquet or Excel file or a folder; one row per customer, or also per date."""
    target: str = Field(min_length=1)
    """Column to predict; it holds two values."""
    positive: str
    """Value of `target` that means churn; case does not matter."""
    id: str | None = None
    """Column that identifies the customer; null numbers the rows."""
    drop: tuple[str, ...] = ()
    """Columns to leave out."""
    time: str | None = None
    """Column with the date of each row, YYYY-MM-DD, to split rows by; null splits into folds."""
    folds: int = Field(ge=2, default=5)
    """Number of cross-validation folds, 2 or more; not used with `time`."""
    seed: int = Field(ge=0, default=42)
    """Seed for the assignment of rows to folds; 0 or more."""
    calibration_fraction: float = Field(gt=0, lt=1, default=0.2)
    """With `time`, share of the rows that calibrate; above 0. Together with `test_fraction` it must
    be below 1."""
    test_fraction: float = Field(gt=0, lt=1, default=0.2)
    """With `time`, share of the rows, the latest, that test; above 0, below 1."""
    gap_days: int | None = Field(ge=0, default=None)
    """Days from a row's date until its target is known, 0 or more; null: `label.horizon_days`."""

    def find_gap(self, label: LabelParams) -> int:
        """Return the days from a row's date until its target is known: 0 without `time`."""
        if self.time is None:
            return 0
        return label.horizon_days if self.gap_days is None else self.gap_days

    @field_validator("positive", mode="before")
    @classmethod
    def _read_as_text(cls, value: object) -> str:
        """Read the value as text: YAML turns 1 into a number, and both Yes and on into True."""
        if isinstance(value, bool):
            raise ValueError(
                "expected text, not a YAML boolean like Yes or No. Quote it: "
                "own_table.positive='\"Yes\"', or use make own-table"
            )
        return str(value)

    @field_validator("table", "target", mode="before")
    @classmethod
    def _read_name_as_text(cls, value: object) -> str:
        return str(value)

    @field_validator("id", "time", mode="before")
    @classmethod
    def _read_empty_as_none(cls, value: object) -> str | None:
        return None if value in (None, "") else str(value)

    @field_validator("drop", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return split_list(value)

    @model_validator(mode="after")
    def _leave_rows_to_train_on(self) -> Self:
        held_out = self.calibration_fraction + self.test_fraction
        if held_out >= 1:
            raise ValueError(
                f"Invalid calibration_fraction and test_fraction: they add up to {held_out:g}, "
                "expected less than 1 so that rows are left to train on. Lower one of them."
            )
        return self
