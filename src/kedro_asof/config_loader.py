"""Reads the configuration of a run as a whole, apart from that of other runs in its process."""

import threading
from contextlib import suppress
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader


class PinnedConfigLoader(OmegaConfigLoader):
    """Resolves all configuration when it is made; later reads return the same.

    OmegaConf has one resolver `globals:` and one `runtime_params:` for the whole process, those of
    the loader that was made or read last. Without this, a run could get the folders of another
    environment, or of the `as_of` of another request to the same server.
    """

    _turn = threading.RLock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read every kind of configuration that there is, one loader at a time."""
        with self._turn:
            super().__init__(*args, **kwargs)
            for key in self.config_patterns:
                with suppress(MissingConfigException):
                    self[key] = self[key]

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return one kind of configuration; see `OmegaConfigLoader`."""
        with self._turn:
            return super().__getitem__(key)
