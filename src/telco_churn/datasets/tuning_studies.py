"""A dataset for Optuna studies that saves each trial when it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from kedro_asof.datasets.run_inputs import ReadOnlyDataset


class TuningStudies(ReadOnlyDataset[Callable[[str], optuna.Study]]):
    """Loads a function that opens a study by name, with its earlier trials.

    Each trial is written to a journal file when it ends, and a search that was killed continues
    from there. `kedro_datasets_experimental.optuna.StudyDataset` saves only finished studies.
    `optuna-dashboard FILE` shows the journal.
    """

    def __init__(self, *, filepath: str, seed: int, metadata: dict[str, Any] | None = None) -> None:
        """Point to a journal file.

        Args:
            filepath: The journal file; it is created when the first study is opened.
            seed: The seed of the search.
            metadata: Options of other plugins.
        """
        self._filepath = Path(filepath)
        self._seed = seed
        self.metadata = metadata

    def load(self) -> Callable[[str], optuna.Study]:
        """Return a function that opens the study of a name."""
        return self._open

    def _open(self, name: str) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        study = optuna.create_study(
            study_name=name,
            storage=JournalStorage(JournalFileBackend(str(self._filepath))),
            direction="minimize",
            load_if_exists=True,
        )
        # With the same seed, a search that continues would repeat its first draws.
        study.sampler = optuna.samplers.TPESampler(seed=self._seed + len(study.trials))
        return study

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
