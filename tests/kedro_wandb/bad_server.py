"""A substitute for W&B's server that fails in a chosen way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("refuses", "hangs", "answers 500", "answers 401", "answers garbage")
RELEASED = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    fault: str
    seen: list[str]

    def _answer(self) -> None:
        self.seen.append(self.path)
        if self.fault == "hangs":
            RELEASED.wait(120)
            return
        status = {"answers 500": 500, "answers 401": 401}.get(self.fault, 200)
        content = b"\x00\xffnot json at all"
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815  (the names that http.server looks for)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serve(fault: str) -> Iterator[tuple[str, list[str]]]:
    """Start a server with a fault.

    Yields:
        The URL, and the paths requested so far.
    """
    if fault == "refuses":
        with socket.socket() as taken:  # bound but not listening: connections fail
            taken.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{taken.getsockname()[1]}", []
        return
    RELEASED.clear()
    seen: list[str] = []
    handler = type("Handler", (_Handler,), {"fault": fault, "seen": seen})
    with listen(handler) as address:
        try:
            yield address, seen
        finally:
            RELEASED.set()


@contextmanager
def listen(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Start a local server, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
