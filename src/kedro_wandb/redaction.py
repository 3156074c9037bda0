"""Redaction of columns and keys by name, before anything is logged.

In: dictionaries, and tables as columns and rows. Out: the same without the names that `redact`
lists, or with keyed hashes instead of their values.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from kedro_wandb.config import Redaction

HASH_LENGTH = 16  # hexadecimal digits; a billion values have a 3 % chance of one collision


def fix_salt(redact: Redaction) -> Redaction:
    """Draw a salt if none is set; all processes of a run then compute the same hashes."""
    return redact.model_copy(update={"salt": redact.salt or secrets.token_hex(32)})


class Redactor:
    """Drops or hashes the values that `redact` names, at any depth."""

    def __init__(self, redact: Redaction) -> None:
        self._globs = [glob.lower() for glob in (*redact.columns, *redact.identifiers)]
        self._hashes = redact.action == "hash"
        self._salt = str(fix_salt(redact).salt).encode()

    def keeps_back(self, name: object) -> bool:
        """Return whether a column or key of this name is redacted; each part of a tuple counts."""
        parts = name if isinstance(name, tuple) else (name,)
        return any(fnmatchcase(str(part).lower(), glob) for part in parts for glob in self._globs)

    def redact(self, value: Any) -> Any:
        """Return a copy of a plain value with its dictionaries redacted at any depth."""
        if isinstance(value, Mapping):
            return dict(self._redact_items(value))
        if isinstance(value, list | tuple):
            return [self.redact(item) for item in self._redact_pairs(value)]
        return value

    def redact_rows(
        self, columns: list[Any], rows: list[list[Any]]
    ) -> tuple[list[str], list[list[Any]]]:
        """Redact a table; levels of a column name are joined with dots."""
        secret = [self.keeps_back(column) for column in columns]
        kept = [place for place, hidden in enumerate(secret) if self._hashes or not hidden]
        redacted = [
            [self._hash(row[at]) if secret[at] else self.redact(row[at]) for at in kept]
            for row in rows
        ]
        return [_join(columns[at]) for at in kept], redacted

    def _redact_pairs(self, values: Iterable[Any]) -> Iterable[Any]:
        """Redact the pairs of name and value in which an Arrow map arrives."""
        for value in values:
            is_pair = isinstance(value, list | tuple) and len(value) == 2
            if not (is_pair and isinstance(value[0], str) and self.keeps_back(value[0])):
                yield value
            elif self._hashes:
                yield [value[0], self._hash(value[1])]

    def _redact_items(self, value: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
        for name, item in value.items():
            if not self.keeps_back(name):
                yield str(name), self.redact(item)
            elif self._hashes:
                yield str(name), self._hash(item)

    def _hash(self, value: Any) -> str | None:
        if value is None:
            return None
        digest = hmac.new(self._salt, str(value).encode(), hashlib.sha256)
        return digest.hexdigest()[:HASH_LENGTH]


def _join(column: Any) -> str:
    return ".".join(str(part) for part in column) if isinstance(column, tuple) else str(column)
