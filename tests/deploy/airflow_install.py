"""A real Airflow in a separate environment, with the project's DAG, for tests."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT
from tests.processes import find_free_port

DAG = "telco_churn_scoring"
SOONER = {
    "RETRY_EVERY = timedelta(minutes=30)": "RETRY_EVERY = timedelta(seconds=1)",
    "TRIES = 13 ": "TRIES = 5 ",
}
UV = Path(sys.prefix) / "bin" / "uv"


@dataclass(frozen=True)
class Airflow:
    """Airflow's commands, with their home folder and environment."""

    bin: Path
    home: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run `airflow ...` and return its output."""
        done = subprocess.run(
            [str(self.bin / "airflow"), *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def status(self) -> Iterator[None]:
        """Run the scheduler, the DAG processor and the API server within this context."""
        with (self.home / "standalone.log").open("w") as log:
            process = subprocess.Popen(
                [str(self.bin / "airflow"), "standalone"],
                env=self.environment,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield
            finally:
                _stop_group(process)

    def states(self, run_type: str) -> dict[str, str]:
        """Return the task's state in each run, by logical date."""
        query = """
            select date(run.logical_date), coalesce(task.state, 'none')
            from dag_run as run join task_instance as task using (dag_id, run_id)
            where run.run_type = ? order by 1
        """
        with closing(sqlite3.connect(self.home / "airflow.db")) as database:
            return dict(database.execute(query, [run_type]).fetchall())

    def wait_for(self, run_type: str, count: int) -> dict[str, str]:
        """Wait until `count` runs have ended, and return their states."""
        ends = time.monotonic() + 240
        finished = {"success", "failed", "skipped"}
        while len(states := self.states(run_type)) < count or set(states.values()) - finished:
            if time.monotonic() > ends:
                raise AssertionError(f"{states}\n{(self.home / 'standalone.log').read_text()}")
            time.sleep(1)
        return states


def install_airflow(folder: Path) -> Path:
    """Install deploy/airflow/requirements.lock and return the folder of the commands."""
    lock = PROJECT / "deploy" / "airflow" / "requirements.lock"
    python = folder / "bin" / "python"
    for command in (
        ["venv", "--quiet", "--python", "3.11", str(folder)],
        ["pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)],
    ):
        subprocess.run([str(UV), *command], check=True, timeout=500)
    return folder / "bin"


def set_up_airflow(bin_folder: Path, home: Path, project: Path) -> Airflow:
    """Create an empty Airflow whose DAG runs this project, with fewer tries and shorter waits."""
    dag = (PROJECT / "deploy" / "airflow" / "dags" / f"{DAG}.py").read_text()
    for text, sooner in SOONER.items():
        assert text in dag
        dag = dag.replace(text, sooner)
    (home / "dags").mkdir(parents=True)
    (home / "dags" / f"{DAG}.py").write_text(dag)
    port = find_free_port()
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_VAR_TELCO_CHURN_HOME": str(project),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "HOME": str(home),
        "KEDRO_ENV": "test",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
    }
    airflow = Airflow(bin_folder, home, settings)
    airflow.run("db", "migrate")
    return airflow


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
