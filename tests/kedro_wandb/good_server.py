"""A substitute for W&B's server that accepts a run and keeps all requests."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.kedro_wandb.bad_server import listen

OPERATION = re.compile(r"(?:query|mutation)\s+(\w+)")


@dataclass
class Inbox:
    """The requests that a server received.

    Attributes:
        asked: Names of GraphQL operations, each with its variables.
        streamed: Bodies of the file stream: history, summary, console.
        paths: All requested paths.
        uploads: Contents of files by name.
        unknown: Operations that the server does not support.
    """

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    streamed: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def variables(self, operation: str) -> list[dict[str, Any]]:
        return [variables for name, variables in self.asked if name == operation]

    def lines(self, file: str) -> list[dict[str, Any]]:
        """Return the streamed lines of a JSON Lines file."""
        parts = [body["files"][file] for body in self.streamed if file in body.get("files") or {}]
        return [json.loads(line) for part in parts for line in part["content"]]

    def everything(self) -> str:
        """Return all received content as text."""
        said = json.dumps([self.asked, self.streamed])
        return said + "".join(content.decode("latin-1") for content in self.uploads.values())


def answer(operation: str, variables: dict[str, Any], address: str) -> dict[str, Any] | None:
    """Return an answer according to W&B's schema; None for an unknown operation."""
    if operation == "CreateRunFiles":
        files = [
            {"name": name, "uploadUrl": f"{address}/upload/{name}"} for name in variables["files"]
        ]
        return {"createRunFiles": {"runID": "run", "uploadHeaders": [], "files": files}}
    if operation == "UpsertBucket":
        project = {"id": "1", "name": "tiny", "entity": {"id": "1", "name": "team"}}
        bucket = {"id": "1", "name": variables["name"], "project": project, "historyLineCount": 0}
        return {"upsertBucket": {"bucket": bucket, "inserted": True}}
    if operation == "CreateArtifact":
        made = {"id": "1", "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": made}}
    if operation in ("CreateArtifactManifest", "UpdateArtifactManifest"):
        place = f"{address}/upload/manifest-{threading.get_ident()}-{id(variables)}"
        made = {"id": "1", "file": {"id": "1", "uploadUrl": place, "uploadHeaders": []}}
        return {f"{operation[0].lower()}{operation[1:]}": {"artifactManifest": made}}
    if operation == "CreateArtifactFiles":
        nodes = [
            {"storagePath": file["name"], "uploadUrl": f"{address}/upload/{file['name']}"}
            | {"uploadHeaders": [], "artifact": {"id": "1"}}
            for file in variables["input"]["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}
    viewer = {"id": "1", "entity": "team", "username": "team", "email": "", "flags": "{}"}
    return {
        "Viewer": {"viewer": viewer | {"teams": {"edges": []}}},
        "ServerFeaturesQuery": {"serverInfo": {"features": []}},
        "OrgFeatureFlags": {"organization": None},
        "RunResumeStatus": {"model": None},
        "XXHashDigestsEnabled": {"entity": {"xxhashDigestsEnabled": False}},
        "UseArtifact": {"useArtifact": {"artifact": {"id": "1"}}},
        "CommitArtifact": {"commitArtifact": {"artifact": {"id": "1", "digest": "0"}}},
    }.get(operation)


class _Handler(BaseHTTPRequestHandler):
    inbox: Inbox

    def do_POST(self) -> None:
        self.inbox.paths.append(self.path)
        content = self._read()
        if self.path != "/graphql":
            if self.path.endswith("/file_stream"):
                self.inbox.streamed.append(json.loads(content))
            self._say({})
            return
        body = json.loads(content)
        (operation,) = OPERATION.findall(body["query"])[:1] or ["unnamed"]
        variables = body.get("variables") or {}
        self.inbox.asked.append((operation, variables))
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        said = answer(operation, variables, address)
        if said is None:
            self.inbox.unknown.append(body["query"])
        self._say({"data": said or {}})

    def do_PUT(self) -> None:
        self.inbox.uploads[self.path.removeprefix("/upload/")] = self._read()
        self._say({})

    def do_GET(self) -> None:
        self._say({})

    def _read(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _say(self, answered: dict[str, Any]) -> None:
        content = json.dumps(answered).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serve_well() -> Iterator[tuple[str, Inbox]]:
    """Start a server.

    Yields:
        The URL, and the requests received so far.
    """
    inbox = Inbox()
    handler = type("Handler", (_Handler,), {"inbox": inbox})
    with listen(handler) as address:
        yield address, inbox
