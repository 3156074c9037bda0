"""Optuna studies that keep every trial the moment it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from kedro_asof.datasets.run_inputs import ReadOnlyDataset


class TuningStudies(ReadOnlyDataset[Callable[[str], optuna.Study]]):
    """Loads a function that opens a study by name, with the trials that it has.

    `kedro_datasets_experimental.optuna.StudyDataset` copies a finished study; a run that is killed
    would lose it. Here each trial is a line in a journal file, written as it ends, so that a search
    goes on where it stopped. `optuna-dashboard FILE` shows it.
    """

    def __init__(self, *, filepath: str, seed: int, metadata: dict[str, Any] | None = None) -> None:
        """Point to a journal file.

        Args:
            filepath: The file, made when a study is opened first.
            seed: Of the search.
            metadata: For plugins.
        """
        self._filepath = Path(filepath)
        self._seed = seed
        self.metadata = metadata

    def load(self) -> Callable[[str], optuna.Study]:
        """Return a function from the name of a study to the study."""
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
        # The seed alone would make a search that goes on repeat the draws of its beginning.
        study.sampler = optuna.samplers.TPESampler(seed=self._seed + len(study.trials))
        return study

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
