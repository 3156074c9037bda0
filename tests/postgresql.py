"""A real PostgreSQL server on loopback, which ends with its test."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.processes import find_free_port

PASSWORD = "s3cret-pw"
USER = "churn"


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: The port on loopback.
        process: The process of the server.
    """

    port: int
    process: subprocess.Popen[bytes]

    def address(self, database: str) -> str:
        """Create a database and return its address for MLflow."""
        return self.create(database).replace("://", "+psycopg://")

    def create(self, database: str) -> str:
        """Create a database and return its address."""
        with psycopg.connect(self._connect_by("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{database}"'.encode())
        return self._connect_by(database)

    def is_ready(self) -> bool:
        """Return whether the server accepts connections."""
        with suppress(psycopg.OperationalError), psycopg.connect(self._connect_by("postgres")):
            return True
        return False

    def lose(self) -> None:
        """Stop the server at once and close its connections."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def _connect_by(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"


def require_postgresql() -> None:
    """Skip a test where PostgreSQL is not installed."""
    if find_program("postgres") is None:
        pytest.skip("PostgreSQL is not installed here; Debian: apt-get install postgresql")


def find_program(name: str) -> str | None:
    """Find a program of PostgreSQL, which Debian installs outside the PATH."""
    places = [str(place) for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join([*reversed(places), os.environ["PATH"]]))


@contextmanager
def start_postgresql() -> Iterator[Server]:
    """Start an empty server. PostgreSQL cannot run as root, so root starts it as `nobody`."""
    initdb, postgres = find_program("initdb"), find_program("postgres")
    assert initdb
    assert postgres
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    (folder / "password").write_text(PASSWORD)
    for place in (folder, folder / "password"):
        shutil.chown(place, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    as_user = as_user if os.geteuid() == 0 else {}
    data = folder / "data"
    make = [initdb, "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={folder}/password"]
    subprocess.run(make, check=True, cwd=folder, capture_output=True, **as_user)
    port = find_free_port()
    run = [postgres, "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(run, cwd=folder, stdout=log, stderr=log, **as_user)
    server = Server(port, process)
    try:
        until = time.monotonic() + 30
        while not server.is_ready():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.1)
        yield server
    finally:
        server.lose()
        shutil.rmtree(folder)
