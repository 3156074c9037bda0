"""An HTTP server and commands that record their calls and answer as a test says."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from tests.conftest import PROJECT

CI = PROJECT / "deploy" / "ci"
COMMAND = '#!/bin/sh\necho "$(basename "$0") $*" >> "{log}"\n{script}\n'


@dataclass
class Api:
    """A service on loopback.

    Attributes:
        answers: The JSON of the answer, by method and path without a query; of a list, the page
            that the query asks for.
        requests: Method, path with query, headers and body of each request.
    """

    answers: Mapping[tuple[str, str], Any]
    address: str = ""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def list_writes(self) -> list[tuple[str, str, Any]]:
        """Return method, path and body of the requests that change something."""
        return [
            (method, path, _read_body(headers, body))
            for method, path, headers, body in self.requests
            if method != "GET"
        ]


@contextmanager
def serve(answers: Mapping[tuple[str, str], Any]) -> Iterator[Api]:
    """Serve answers within this context."""
    api = Api(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.requests.append((self.command, self.path, dict(self.headers), body))
            found = answers.get((self.command, self.path.partition("?")[0]))
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(_select_page(found, self.path)).encode())

        do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.address = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield api
        server.shutdown()


def _select_page(found: Any, path: str) -> Any:
    asked = parse_qs(path.partition("?")[2])
    if not isinstance(found, list) or "page" not in asked:
        return found
    size = int(asked["per_page"][0])
    start = (int(asked["page"][0]) - 1) * size
    return found[start : start + size]


def put_command(folder: Path, name: str, script: str = "") -> Path:
    """Write an executable that adds its call to `calls.txt` beside it; return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(COMMAND.format(log=folder / "calls.txt", script=script))
    (folder / name).chmod(0o755)
    return folder


def run_script(
    name: str, *arguments: str, folder: Path, commands: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of deploy/ci in a folder, with only the variables that are named."""
    path = f"{commands}:{os.environ['PATH']}" if commands else os.environ["PATH"]
    runner = ["python3"] if name.endswith(".py") else []
    return subprocess.run(
        [*runner, str(CI / name), *arguments],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _read_body(headers: Mapping[str, str], body: bytes) -> Any:
    kind = headers.get("Content-Type", "")
    if kind == "application/json":
        return json.loads(body)
    if kind == "application/x-www-form-urlencoded":
        return parse_qs(body.decode())
    return body
