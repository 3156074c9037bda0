"""Errors of this project.

Each ends a run with its exit code and a message that names what was found, what is allowed and what
to do. In the hierarchy of `kedro_asof.errors` and this module:

    InputError (65)
    ├── AsOfOutsideDataError (65)
    ├── InvalidDataError (65)
    │   ├── BrokenContractError (65)
    │   ├── BrokenLogError (65)
    │   ├── ChangedPackageError (65)
    │   ├── ImplausibleScoresError (65)
    │   ├── TooManyBlankedError (65)
    │   └── TooManyRejectedError (65)
    ├── LeakageError (65)
    ├── NotReadyError (75)
    │   ├── ChampionChangedError (75)
    │   ├── DateTakenError (75)
    │   └── SourcesNotReadyError (75)
    ├── NothingToDo (99)
    │   └── OnlyListMissing (0)
    ├── NothingToScoreError (65)
    ├── PromotionRefusedError (65)
    ├── TooFewSnapshotsError (65)
    ├── UnknownSourceColumnError (65)
    ├── UnusableExamplesError (65)
    ├── UnusablePredictionsError (65)
    └── WrongCallError (2)
        ├── InvalidFeatureError (2)
        ├── InvalidFeatureTestError (2)
        ├── InvalidTableError (2)
        └── UnknownMeasureError (2)

`kedro_asof.file_errors` has the error of files (65). The folders `own_table`, which can be left
out, and `model`, which ships alone, define their own.
"""

from kedro_asof.errors import InputError, InvalidDataError, NotReadyError, WrongCallError


class AsOfOutsideDataError(InputError):
    """`as_of` is on or before the first day of usage, or days in the future."""


class ChampionChangedError(NotReadyError):
    """The champion changed after the gate compared a candidate with it."""


class ChangedPackageError(InvalidDataError):
    """The files of a package differ from the registered files."""


class ImplausibleScoresError(InvalidDataError):
    """The scores differ too much from those of the previous date."""


class InvalidFeatureError(WrongCallError):
    """A declared feature cannot be computed from its table."""


class InvalidFeatureTestError(WrongCallError):
    """A feature test names something that does not exist, or has a value that is not allowed."""


class InvalidTableError(WrongCallError):
    """The catalog does not match a table of ingestion.yml."""


class LeakageError(InputError):
    """The examples leak: a feature reveals the label, or held-out rows are shared with training."""


class NothingToScoreError(InputError):
    """There is no champion, or no active customer on the date."""


class PromotionRefusedError(InputError):
    """The champion cannot be changed as requested; nothing changes."""


class TooFewSnapshotsError(InputError):
    """The snapshots are too few, or too close to each other, for training and evaluation."""


class TooManyBlankedError(InvalidDataError):
    """More values of a column were blanked than `ingestion.max_blanked_fraction` allows."""


class TooManyRejectedError(InvalidDataError):
    """More rows of a table were rejected than `ingestion.max_rejected_fraction` allows."""


class UnusableExamplesError(InputError):
    """The training examples cannot be used to train or evaluate a model."""


class UnusablePredictionsError(InputError):
    """The held-out predictions cannot be used to evaluate a model."""
