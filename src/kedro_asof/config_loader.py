"""A config loader that keeps the configuration of a run apart from other runs in its process."""

import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf

from kedro_asof.project import find_project

SUFFIXES = re.compile(r"\.(csv|tsv|txt|parquet|pq|xlsx)(\.gz)?$", re.IGNORECASE)


class PinnedConfigLoader(OmegaConfigLoader):
    """Resolves all configuration when it is created; later reads return the same values.

    OmegaConf has one `globals:` and one `runtime_params:` resolver per process: those of the loader
    that was created or read last. A plain loader could therefore return the folders of another
    environment, or of the `as_of` of another request to the same server.

    In `globals.yml`, where Kedro allows no `runtime_params:`, `${run_param:block.name,default}` is
    the value that `--params` sets. `${file_stem:name,path}` is the first value that is set,
    without folders and suffix, as the name of a folder.

    In every file, `${in_project:path}` is a path in the project as an absolute path, also for a
    command that is typed in one of its folders.
    """

    _turn = threading.RLock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read every type of configuration that exists, one loader at a time."""
        given = kwargs.get("runtime_params") or {}
        with self._turn:
            OmegaConf.register_new_resolver(
                "run_param",
                lambda name, default=None: _find(given, name, default),
                replace=True,
            )
            OmegaConf.register_new_resolver("file_stem", _name_file, replace=True)
            OmegaConf.register_new_resolver("in_project", _find_in_project, replace=True)
            super().__init__(*args, **kwargs)
            for key in self.config_patterns:
                with suppress(MissingConfigException):
                    self[key] = self[key]

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return one type of configuration; see `OmegaConfigLoader`."""
        with self._turn:
            return super().__getitem__(key)


def _find(parameters: dict[str, Any], name: str, default: Any) -> Any:
    """Return a nested value by its dotted name, or the default if it is not set."""
    found: Any = parameters
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return default if found in (None, "") else found


def _find_in_project(path: str) -> str:
    return str(find_project() / path)


def _name_file(*paths: str | None) -> str:
    """Return the first name without its suffix, in letters, digits and underscores."""
    name = Path(next(filter(None, paths), "")).name
    return re.sub(r"\W+", "_", SUFFIXES.sub("", name)).strip("_") or "table"
