"""A user's flat table: its file, the roles of its columns, and how to read them."""

from datetime import datetime
from typing import Self

from pydantic import Field, field_validator, model_validator

from kedro_asof.params import Block, check_zone, split_list
from telco_churn.parameters.label import LabelParams


class OwnTableParams(Block):
    """The options of `kedro own-table`, under the same names, and the split."""

    table: str = Field(min_length=1)
    """Path of a CSV, Parquet or Excel file or a folder; one row per customer, or also per date."""
    sheet: str | None = None
    """Sheet of an Excel file; null reads the first."""
    encoding: str | None = None
    """Encoding of CSV files, such as cp1252; null finds it."""
    name: str | None = None
    """Name of the table: of its folder `data/own_table/<name>` and of its model; null takes it from
    the file."""
    target: str = Field(min_length=1)
    """Column to predict, with two values; a row without one is scored but not learned from."""
    positive: str | None = None
    """Value of `target` that means churn; case does not matter. Null finds a word for yes, such as
    `Yes`, `1` or `churned`, beside one for no."""
    id: str | None = None
    """Column that identifies the customer; null numbers the rows."""
    drop: tuple[str, ...] = ()
    """Columns to leave out."""
    accept: tuple[str, ...] = ()
    """Columns that hold direct identifiers and are used as features all the same."""
    date_format: str | None = None
    """How dates are written, such as `%d/%m/%Y`, where the values leave it in doubt; null decides
    by the values."""
    timezone: str = "UTC"
    """Zone, such as `Europe/Berlin`, in which a time with an offset becomes a day; a time without
    one is taken as it is."""
    max_unreadable_share: float = Field(ge=0, lt=0.5, default=0.1)
    """Largest share of the values of a column of numbers or dates that may be unreadable, 0 to
    below 0.5; above it the column is not used."""
    time: str | None = None
    """Column with the date of each row, to split rows by; null splits into folds."""
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

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, value: str) -> str:
        return check_zone(value)

    @field_validator("table", "target", mode="before")
    @classmethod
    def _read_name_as_text(cls, value: object) -> str:
        return str(value)

    @field_validator("id", "time", "positive", "name", "date_format", mode="before")
    @classmethod
    def _read_empty_as_none(cls, value: object) -> str | None:
        return None if value in (None, "") else str(value)

    @field_validator("date_format")
    @classmethod
    def _check_date_format(cls, value: str | None) -> str | None:
        try:
            datetime.strptime("", value or "")
        except ValueError as error:
            if "directive" in str(error) or "stray" in str(error):
                raise ValueError(f"{error}; expected a format such as %d/%m/%Y") from error
        return value

    @field_validator("drop", "accept", mode="before")
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
