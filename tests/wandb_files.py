"""Read the offline files of W&B: the records that `wandb sync` would send."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import ArtifactRecord, Record

from kedro_wandb.wandb_log import read_messages


def read_records(file: Path) -> list[Record]:
    return [Record.FromString(message) for message in read_messages(file.read_bytes())]


@dataclass(frozen=True)
class WrittenRun:
    """A run as W&B would receive it."""

    folder: Path

    @cached_property
    def records(self) -> list[Record]:
        (file,) = self.folder.glob("*.wandb")
        return read_records(file)

    @property
    def run(self) -> Any:
        return next(record.run for record in self.records if record.HasField("run"))

    @property
    def config(self) -> dict[str, Any]:
        updates = [record.run.config for record in self.records if record.HasField("run")]
        updates += [record.config for record in self.records if record.HasField("config")]
        return _merge(item for update in updates for item in update.update)

    @property
    def summary(self) -> dict[str, Any]:
        return _merge(item for record in self.records for item in record.summary.update)

    @property
    def history(self) -> list[dict[str, Any]]:
        rows = [record.history for record in self.records if record.HasField("history")]
        return [_merge(row.item) for row in rows]

    @property
    def exit_code(self) -> int | None:
        codes = [record.exit.exit_code for record in self.records if record.HasField("exit")]
        return codes[-1] if codes else None

    def tables(self) -> dict[str, dict[str, Any]]:
        """Return the logged tables by name: columns and data."""
        logged = {name: value for row in self.history for name, value in row.items()}
        return {
            name: json.loads((self.folder / "files" / value["path"]).read_text())
            for name, value in logged.items()
            if isinstance(value, dict) and value.get("_type") == "table-file"
        }

    def artifacts(self, type: str = "dataset") -> dict[str, ArtifactRecord]:  # noqa: A002
        """Return the artifacts of a type by name; those of inputs have `use_after_commit`."""
        found = [record.artifact for record in self.records if record.HasField("artifact")]
        return {artifact.name: artifact for artifact in found if artifact.type == type}


def _merge(items: Iterable[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for item in items:
        *above, name = list(getattr(item, "nested_key", ())) or [item.key]
        inner = merged
        for part in above:
            inner = inner.setdefault(part, {})
        inner[name] = json.loads(item.value_json)
    return merged
