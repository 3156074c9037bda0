"""Which version of a registered model a dataset has last loaded or saved, for lineage."""

import hashlib


class LineageMixin:
    """Says where what it holds lies, as trackers ask: `describe_place()`."""

    _place: dict[str, str] | None = None

    def describe_place(self) -> dict[str, str] | None:
        """Return name, version, address and digest of the version; None before there is one."""
        return self._place

    def _remember(self, name: str, version: object, run_id: object) -> None:
        # The number alone would be the same in another registry.
        known_by = f"{name} {version} {run_id}"
        self._place = {
            "name": name,
            "type": "model",
            "uri": f"models:/{name}/{version}",
            "version": str(version),
            "digest": hashlib.sha256(known_by.encode()).hexdigest(),
        }
