"""A user's flat table: where it is and what its columns are."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from kedro_asof.params import Block, split_list
from telco_churn.parameters.label import LabelParams


class OwnTableParams(Block):
    """What `make own-table` asks for, each option under the name that it has here.

    Attributes:
        table: A CSV or Parquet file.
        target: The column to predict.
        positive: The value of `target` that means churn.
        id: The column that names a customer; None numbers the rows.
        drop: Columns to leave out.
        time: The column with the date of each row, by which it is split; None splits into folds.
        folds: Number of folds of the cross-validation.
        seed: Orders rows of one size when they are dealt into folds.
        calibration_fraction: With `time`, the share of the rows used to calibrate.
        test_fraction: With `time`, the share of the rows used to test, the latest.
        gap_days: Days from a row's date until its target is known; None takes the label's horizon.
    """

    table: str = Field(min_length=1)
    target: str = Field(min_length=1)
    positive: str
    id: str | None = None
    drop: tuple[str, ...] = ()
    time: str | None = None
    folds: int = Field(ge=2, default=5)
    seed: int = Field(ge=0, default=42)
    calibration_fraction: float = Field(gt=0, lt=1, default=0.2)
    test_fraction: float = Field(gt=0, lt=1, default=0.2)
    gap_days: int | None = Field(ge=0, default=None)

    def find_gap(self, label: LabelParams) -> int:
        """Days from a row's date until its target is known: none where rows have no date."""
        if self.time is None:
            return 0
        return label.horizon_days if self.gap_days is None else self.gap_days

    @field_validator("positive", mode="before")
    @classmethod
    def _read_as_text(cls, value: object) -> str:
        """`--params` are YAML: 1 arrives as a number, and Yes as True, which says too little."""
        if isinstance(value, bool):
            raise ValueError(
                f"own_table.positive arrived as {value}, a YAML boolean: Yes, No, true and on "
                "are read so. Quote it: own_table.positive='\"Yes\"', or use make own-table."
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
                f"calibration_fraction and test_fraction add up to {held_out:g}: below 1 is "
                "allowed, or no row is left to train on"
            )
        return self
