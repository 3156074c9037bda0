"""A config loader that keeps the configuration of a run apart from other runs in its process."""

import threading
from contextlib import suppress
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader


class PinnedConfigLoader(OmegaConfigLoader):
    """Resolves all configuration when it is created; later reads return the same values.

    OmegaConf has one `globals:` and one `runtime_params:` resolver per process: those of the loader
    that was created or read last. A plain loader could therefore return the folders of another
    environment, or of the `as_of` of another request to the same server.
    """

    _turn = threading.RLock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read every type of configuration that exists, one loader at a time."""
        with self._turn:
            super().__init__(*args, **kwargs)
            for key in self.config_patterns:
                with suppress(MissingConfigException):
                    self[key] = self[key]

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return one type of configuration; see `OmegaConfigLoader`."""
        with self._turn:
            return super().__getitem__(key)
