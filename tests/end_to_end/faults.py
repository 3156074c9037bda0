"""The faults that a user meets: how each is made, its exit code, and its last line.

`docs/reference/exit-codes.md` lists them, and `test_faults.py` makes each one.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from filelock import FileLock

from kedro_asof.errors import ExitCode
from tests.conftest import PROJECT, ProjectCopy

Make = Callable[[ProjectCopy], object]

SCORING = "kedro run --env test --pipelines scoring"
DATE = "--params as_of=2026-09-21"  # not scored yet
TRAINING = "kedro run --env test --pipelines training"
INGESTION = "kedro run --env test --pipelines ingestion"
PARAMETERS = "conf/base/parameters"


@dataclass(frozen=True)
class Fault:
    """A fault and how its command ends.

    Attributes:
        title: The fault, for the table in the docs.
        command: The command line of the user, in a finished project of the environment `test`.
        code: The exit code.
        says: A regular expression that the last line contains. `TODAY+30` there and in the command
            is the day in 30 days.
        make: Makes the fault in the project; a lock that it returns is held while the command runs.
    """

    title: str
    command: str
    code: ExitCode
    says: str
    make: Make = lambda _: None


def _write(path: str, content: str | bytes) -> Make:
    """Replace a file, given relative to the project."""

    def make(project: ProjectCopy) -> None:
        file = project.path / path
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def _append(path: str, content: str) -> Make:
    def make(project: ProjectCopy) -> None:
        with (project.path / path).open("a") as file:
            file.write(content)

    return make


def _edit(path: str, old: str, new: str) -> Make:
    return lambda project: project.edit(path, old, new)


def _remove(path: str) -> Make:
    def make(project: ProjectCopy) -> None:
        place = project.data / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return make


def _cut(path: str, kept: float) -> Make:
    """Cut off the end of the last file that matches a pattern, as a full disk would."""

    def make(project: ProjectCopy) -> None:
        file = max(project.data.glob(path))
        content = file.read_bytes()
        file.write_bytes(content[: int(kept * len(content))])

    return make


def _change(path: str, change: Callable[[pa.Table], pa.Table]) -> Make:
    """Change a table: a Parquet file, or all files of a folder."""

    def make(project: ProjectCopy) -> None:
        place = project.data / path
        table = change(pq.read_table(place))
        if place.is_dir():
            shutil.rmtree(place)
            place.mkdir()
            place = place / "part-00000.parquet"
        pq.write_table(table, place)

    return make


def _execute(statement: str) -> Make:
    def make(project: ProjectCopy) -> None:
        with sqlite3.connect(project.path / "mlflow.db") as database:
            database.execute(statement)

    return make


def _scratch(file: Path) -> None:
    """Overwrite the middle of a file."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 2000] = bytes(2000)
    file.write_bytes(content)


def _append_all(files: Iterable[Path]) -> None:
    for file in files:
        with file.open("ab") as stream:
            stream.write(b" ")


def _lose_log(project: ProjectCopy) -> None:
    table = project.data / "07_model_output" / "churn_scores"
    shutil.copytree(table / "as_of=2026-09-28", table / "as_of=2026-09-07")
    for commit in (table / "_delta_log").iterdir():
        commit.unlink()


def _make_tiles_newer(project: ProjectCopy) -> None:
    for commit in (project.data / "04_feature/usage_tiles/_delta_log").glob("*.json"):
        text = commit.read_text()
        commit.write_text(text.replace('\\"format\\":1', '\\"format\\":9'))


@contextmanager
def _lock_registry(project: ProjectCopy) -> Iterator[None]:
    with sqlite3.connect(project.path / "mlflow.db", isolation_level=None) as database:
        database.execute("begin exclusive")
        yield


def _move_registry(project: ProjectCopy) -> None:
    file = project.path / "conf/base/mlflow.yml"
    file.write_text(re.sub("sqlite:.*", "http://127.0.0.1:9", file.read_text()))


def _copy_source(project: ProjectCopy) -> None:
    """Give the project its own code, with a mistake in it."""
    shutil.copytree(PROJECT / "src", project.path / "src", dirs_exist_ok=True)
    place = "src/telco_churn/pipelines/ingestion/nodes.py"
    project.edit(place, "return check_rows(raw,", 'return check_rows({}["raw"],')


WRONG, INVALID, LATER, FAILED = (
    ExitCode.WRONG_CALL,
    ExitCode.INVALID_INPUT,
    ExitCode.NOT_READY,
    ExitCode.FAILED,
)

CALLS = [
    Fault("unknown command", "kedro backfil", WRONG, "Did you mean this. +backfill"),
    Fault("unknown option", "kedro run --pipelin scoring", WRONG, "No such option.*--pipelin"),
    Fault(
        "unknown pipeline",
        "kedro run --env test --pipelines scorin",
        WRONG,
        "Unknown pipeline 'scorin'. Did you mean 'scoring'",
    ),
    Fault(
        "pipeline that the environment does not have",
        "kedro run --env own_table --pipelines training",
        WRONG,
        r"Unknown pipeline 'training'. Expected one of \['own_table', 'promote', 'rollback'\]",
    ),
    Fault(
        "unknown environment",
        "kedro run --env tets --pipelines scoring",
        WRONG,
        "Unknown environment 'tets'. Did you mean 'test'",
    ),
    Fault(
        "unknown node",
        f"{SCORING} --nodes scoring.predict_chrun",
        WRONG,
        "Unknown node 'scoring.predict_chrun'. Did you mean 'scoring.predict_churn'",
    ),
    Fault(
        "unknown node to start from",
        f"{SCORING} --from-nodes scoring.plan_comit",
        WRONG,
        "Unknown node 'scoring.plan_comit'. Did you mean 'scoring.plan_commit'",
    ),
    Fault(
        "unknown tag",
        f"{SCORING} --tags scorin",
        WRONG,
        "Unknown tag 'scorin'. Did you mean 'scoring'",
    ),
    Fault(
        "unknown namespace",
        f"{SCORING} --namespaces score",
        WRONG,
        "Unknown namespace 'score'",
    ),
    Fault(
        "unknown dataset to start from",
        f"{SCORING} --from-inputs customer_feature",
        WRONG,
        "Unknown dataset 'customer_feature'. Did you mean 'customer_features'",
    ),
    Fault(
        "unknown output",
        f"{SCORING} --to-outputs churn_score",
        WRONG,
        "Unknown dataset 'churn_score'. Did you mean 'churn_scores'",
    ),
    Fault(
        "unknown dataset version",
        f"{SCORING} --load-versions churn_score:2026-01-01T00.00.00.000Z",
        WRONG,
        "Unknown dataset 'churn_score'",
    ),
    Fault(
        "unknown runner",
        f"{SCORING} --runner SequentialRuner",
        WRONG,
        "Unknown runner 'SequentialRuner'. Did you mean 'SequentialRunner'",
    ),
    Fault(
        "unfit runner",
        f"{SCORING} {DATE} --runner ThreadRunner",
        WRONG,
        "Cannot run .* with ThreadRunner",
    ),
    Fault(
        "runner of several processes",
        f"{SCORING} {DATE} --runner ParallelRunner",
        WRONG,
        "Cannot run .* with ParallelRunner: its nodes are closures over parameters",
    ),
    Fault(
        "unknown parameter",
        f"{SCORING} --params as_off=2026-09-21",
        WRONG,
        "Unknown parameter 'as_off'. Did you mean 'as_of'",
    ),
    Fault(
        "parameter without a value",
        f"{SCORING} --params as_of",
        WRONG,
        "Invalid format of.*`as_of`",
    ),
    Fault(
        "no date",
        f"{SCORING} --params as_of=tomorrow",
        WRONG,
        "'tomorrow' for as_of: expected YYYY-MM-DD",
    ),
    Fault("impossible date", f"{SCORING} --params as_of=2026-02-30", WRONG, "'2026-02-30'"),
    Fault(
        "parameter out of range",
        f"{SCORING} --params scoring.batch_rows=0",
        WRONG,
        "Invalid value 0 for scoring.batch_rows",
    ),
    Fault(
        "options in a file without their section",
        "kedro run --config options.yml",
        WRONG,
        "Invalid value for '--config'.*options.yml",
        _write("options.yml", "pipelines: scoring\n"),
    ),
    Fault(
        "missing configuration folder",
        "kedro run --conf-source nowhere",
        WRONG,
        "Path 'nowhere' does not exist",
    ),
    Fault(
        "backfill that ends before it begins",
        "kedro backfill --env test --from 2026-09-28 --to 2026-09-21",
        WRONG,
        "2026-09-21",
    ),
    Fault(
        "backfill without a date",
        "kedro backfill --env test --from soon --to 2026-09-21",
        WRONG,
        "'soon'.*YYYY-MM-DD|YYYY-MM-DD.*'soon'",
    ),
    Fault(
        "contract of an unknown table",
        "kedro contracts check --env test raw_usge",
        WRONG,
        "'raw_usge'. Did you mean 'raw_usage'",
    ),
    Fault(
        "missing file",
        "kedro own-table nowhere.csv --target churn",
        WRONG,
        "nowhere.csv",
    ),
]

CONFIGURATION = [
    Fault(
        "unclosed bracket in the catalog",
        f"{SCORING} {DATE}",
        WRONG,
        r"catalog/zz.yml.*line \d+",
        _write("conf/base/catalog/zz.yml", "mine: {type: MemoryDataset\n"),
    ),
    Fault(
        "tab in parameters",
        f"{SCORING} {DATE}",
        WRONG,
        r"parameters/scoring.yml, line \d+: a tab",
        _append(f"{PARAMETERS}/scoring.yml", "\tbatch_rows: 5\n"),
    ),
    Fault(
        "broken globals",
        f"{SCORING} {DATE}",
        WRONG,
        "globals.yml.*line",
        _append("conf/base/globals.yml", "engine: [\n"),
    ),
    Fault(
        "unknown variable",
        f"{SCORING} {DATE}",
        WRONG,
        "dat.*globals",
        _edit("conf/base/catalog/scores.yml", "${globals:data}/07", "${globals:dat}/07"),
    ),
    Fault(
        "dataset in two files",
        f"{SCORING} {DATE}",
        WRONG,
        "Duplicate keys found in .*catalog/.* and .*: churn_scores. Keep one",
        _write("conf/base/catalog/zz.yml", "churn_scores: {type: MemoryDataset}\n"),
    ),
    Fault(
        "misspelt dataset type",
        f"{SCORING} {DATE}",
        WRONG,
        "customers.*EngineTabel.*Did you mean.*EngineTable",
        _edit(
            "conf/base/catalog/ingestion.yml",
            "EngineTable\n  connection",
            "EngineTabel\n  connection",
        ),
    ),
    Fault(
        "misspelt module of a dataset type",
        f"{SCORING} {DATE}",
        WRONG,
        "churn_scores.*dated_tabel",
        _edit("conf/base/catalog/scores.yml", "dated_table.DatedTable", "dated_tabel.DatedTable"),
    ),
    Fault(
        "misspelt key of a dataset",
        f"{SCORING} {DATE}",
        WRONG,
        "contact_list.*filepth.*Did you mean.*filepath",
        _edit(
            "conf/base/catalog/scores.yml",
            "filepath: ${globals:data}/07_model_output/contact_list/as_of=${_as_of}/contact_list.p",
            "filepth: p",
        ),
    ),
    Fault(
        "misspelt name of a dataset",
        f"{SCORING} {DATE}",
        WRONG,
        "customers.*Did you mean 'custommers'",
        _edit("conf/base/catalog/ingestion.yml", "\ncustomers:", "\ncustommers:"),
    ),
    Fault(
        "misspelt contract",
        f"{SCORING} {DATE}",
        WRONG,
        "customers.*Custmers.*Did you mean.*Customers",
        _edit("conf/base/catalog/ingestion.yml", "contracts.Customers,", "contracts.Custmers,"),
    ),
    Fault(
        "misspelt parameter block",
        f"{SCORING} {DATE}",
        WRONG,
        "Unknown parameter 'scorin'. Did you mean 'scoring'",
        _edit(f"{PARAMETERS}/scoring.yml", "scoring:", "scorin:"),
    ),
    Fault(
        "unknown time zone",
        f"{SCORING} {DATE}",
        WRONG,
        "'Europe/Londn' for timezone.*Did you mean 'Europe/London'",
        _edit("conf/base/globals.yml", "Europe/London", "Europe/Londn"),
    ),
    Fault(
        "unknown engine",
        f"{SCORING} {DATE}",
        WRONG,
        "duckbd.*Did you mean.*duckdb",
        _edit("conf/base/globals.yml", "backend: duckdb", "backend: duckbd"),
    ),
    Fault(
        "unknown option of the engine",
        f"{SCORING} {DATE}",
        WRONG,
        "memory_limt.*Did you mean.*memory_limit",
        _edit("conf/base/globals.yml", "memory_limit:", "memory_limt:"),
    ),
    Fault(
        "unknown key in mlflow.yml",
        f"{SCORING} {DATE}",
        WRONG,
        "mlflow.yml.*mlflow_trackin_uri",
        _edit("conf/base/mlflow.yml", "mlflow_tracking_uri", "mlflow_trackin_uri"),
    ),
    Fault(
        "broken mlflow.yml",
        f"{SCORING} {DATE}",
        WRONG,
        "mlflow.yml.*line",
        _append("conf/base/mlflow.yml", "server: [\n"),
    ),
    Fault(
        "key twice in a file",
        f"{SCORING} {DATE}",
        WRONG,
        r"Invalid YAML in .*parameters/scoring.yml, line \d+: found duplicate key",
        _append(f"{PARAMETERS}/scoring.yml", "\nscoring:\n  batch_rows: 3\n"),
    ),
    Fault(
        "list in place of names",
        f"{SCORING} {DATE}",
        WRONG,
        "Invalid YAML in .*catalog/zz.yml: expected names with values.*found a list",
        _write("conf/base/catalog/zz.yml", "- a\n"),
    ),
    Fault(
        "file that is not UTF-8",
        f"{SCORING} {DATE}",
        WRONG,
        "Invalid YAML in .*parameters/scoring.yml: it is not text in UTF-8",
        _write(f"{PARAMETERS}/scoring.yml", b"# \xe9\n"),
    ),
    Fault(
        "empty file of parameters",
        f"{SCORING} {DATE}",
        WRONG,
        "Missing 'scoring",
        _write(f"{PARAMETERS}/scoring.yml", ""),
    ),
    Fault(
        "invalid option of the engine",
        f"{SCORING} {DATE}",
        WRONG,
        "Invalid option of the engine: .*'lots'.*globals.yml",
        _edit("conf/base/globals.yml", "memory_limit: 3GB", "memory_limit: 3 lots"),
    ),
    Fault(
        "unknown kind of registry",
        f"{SCORING} {DATE}",
        WRONG,
        "Invalid registry 'sqlit.*expected an address that begins with one of .*sqlite",
        _edit("conf/base/mlflow.yml", "sqlite:", "sqlit:"),
    ),
    Fault(
        "feature of an unknown column",
        f"{SCORING} {DATE}",
        WRONG,
        "fax_count.*usage",
        _edit(f"{PARAMETERS}/features.yml", "sms_count: [", "fax_count: ["),
    ),
    Fault(
        "missing credentials",
        "kedro run --env postgres --pipelines scoring",
        WRONG,
        "credentials",
        _write("conf/postgres/credentials.yml", "{}\n"),
    ),
]

PRIMARY = "03_primary/subscriptions.parquet"
DATA = [
    Fault(
        "missing raw table",
        INGESTION,
        INVALID,
        "raw_invoices.*kedro run --env test --pipelines simulation",
        _remove("01_raw/invoices"),
    ),
    Fault(
        "missing primary table",
        f"{SCORING} {DATE}",
        INVALID,
        "contacts.*kedro run --env test --pipelines ingestion",
        _remove("03_primary/contacts"),
    ),
    Fault(
        "missing ingestion report",
        f"{SCORING} {DATE}",
        INVALID,
        "ingestion_report",
        _remove("02_intermediate/ingestion_report.csv"),
    ),
    Fault(
        "empty raw file",
        INGESTION,
        INVALID,
        "raw_contacts: Cannot read .*part-00000.parquet as Parquet.* Deliver it again",
        _write("data/test/01_raw/contacts/part-00000.parquet", b""),
    ),
    Fault(
        "raw file cut off",
        INGESTION,
        INVALID,
        "raw_usage: Cannot read .*01_raw/usage/part-0000.* as Parquet.* cut off",
        _cut("01_raw/usage/*.parquet", 0.5),
    ),
    Fault(
        "raw file damaged inside",
        INGESTION,
        INVALID,
        "Damaged file .*01_raw/usage/part-0000.*deliver it again",
        lambda project: _scratch(max(project.data.glob("01_raw/usage/*.parquet"))),
    ),
    Fault(
        "primary file cut off",
        f"{SCORING} {DATE}",
        INVALID,
        "subscriptions.parquet",
        _cut(PRIMARY, 0.5),
    ),
    Fault(
        "file of an event table cut off",
        f"{SCORING} {DATE}",
        INVALID,
        "Missing or changed file .*03_primary/contacts.*ingestion.rebuild=true",
        _cut("03_primary/contacts/*/*.parquet", 0.5),
    ),
    Fault(
        "month of an event table deleted",
        f"{SCORING} {DATE}",
        INVALID,
        "Missing or changed file .*03_primary/usage/event_month=2026-05.*ingestion.rebuild=true",
        _remove("03_primary/usage/event_month=2026-05"),
    ),
    Fault(
        "examples cut off",
        f"{TRAINING} --from-nodes training.read_examples,release.describe_operator",
        INVALID,
        "training_examples.parquet.*kedro run --env test --pipelines training",
        _cut("05_model_input/training_examples.parquet", 0.5),
    ),
    Fault(
        "report that is not a table",
        f"{SCORING} {DATE}",
        INVALID,
        "ingestion_report.csv",
        _write("data/test/02_intermediate/ingestion_report.csv", b"\x00\x01\xff"),
    ),
    Fault(
        "missing column",
        f"{SCORING} {DATE}",
        INVALID,
        r"subscriptions.*missing \['plan'\]",
        _change(PRIMARY, lambda table: table.drop_columns(["plan"])),
    ),
    Fault(
        "text in a column of numbers",
        f"{SCORING} {DATE}",
        INVALID,
        "subscriptions.*monthly_price",
        _change(
            PRIMARY,
            lambda table: table.set_column(
                table.schema.get_field_index("monthly_price"),
                "monthly_price",
                pa.array(["much"] * len(table)),
            ),
        ),
    ),
    Fault(
        "empty raw table",
        INGESTION,
        INVALID,
        "raw_usage.*no rows",
        _change("01_raw/usage", lambda table: table.slice(0, 0)),
    ),
    Fault(
        "no customers",
        f"{SCORING} {DATE}",
        INVALID,
        "No active customer",
        _change("03_primary/customers.parquet", lambda table: table.slice(0, 0)),
    ),
    Fault(
        "duplicate key",
        f"{SCORING} {DATE}",
        INVALID,
        "subscriptions.*duplicate rows for key",
        _change(PRIMARY, lambda table: pa.concat_tables([table, table.slice(0, 3)])),
    ),
    Fault(
        "date before the data",
        f"{SCORING} --params as_of=2020-01-01",
        INVALID,
        "2020-01-01.*2025-04-01",
    ),
    Fault("date weeks ahead", f"{SCORING} --params as_of=TODAY+30", INVALID, "TODAY+30.*future"),
    Fault(
        "broken commit of the score table",
        f"{SCORING} {DATE}",
        INVALID,
        "Broken commit.*0000000000.*json",
        _cut("07_model_output/churn_scores/_delta_log/*.json", 0.5),
    ),
    Fault(
        "cut-off commit of the tiles",
        f"{SCORING} {DATE}",
        INVALID,
        "Broken commit.*Delete .*04_feature/usage_tiles: the next run makes the tiles",
        _cut("04_feature/usage_tiles/_delta_log/*.json", 0.5),
    ),
    Fault(
        "tiles of a newer version of the project",
        f"{SCORING} {DATE}",
        INVALID,
        "usage_tiles was written by a newer version of the project: found format 9.*delete this",
        _make_tiles_newer,
    ),
    Fault(
        "tiles of a table that does not exist",
        f"{SCORING} {DATE},features.tiles.tables=[calls]",
        WRONG,
        "Unknown tables .'calls'. in tiles.tables: expected some of .*'usage'",
    ),
    Fault(
        "lost log of the score table",
        f"{SCORING} {DATE}",
        INVALID,
        "Empty log .*_delta_log, although .*churn_scores has rows",
        _lose_log,
    ),
    Fault(
        "missing file of the score table",
        f"{SCORING} --nodes scoring.list_contacts",
        INVALID,
        "churn_scores.*kedro scores restore|churn_scores.*backup",
        lambda project: max(project.data.glob("07_model_output/churn_scores/*/*.parquet")).unlink(),
    ),
    Fault(
        "registry that is not a database",
        f"{SCORING} {DATE}",
        INVALID,
        "mlflow.db.*not a database",
        _write("mlflow.db", b"garbage" * 1000),
    ),
    Fault(
        "no champion",
        f"{SCORING} {DATE}",
        INVALID,
        "No champion.*kedro run --env test --pipelines training",
        _execute("delete from registered_model_aliases"),
    ),
    Fault(
        "missing files of the champion",
        f"{SCORING} {DATE}",
        INVALID,
        "champion.*Cannot read the files",
        lambda project: [shutil.rmtree(it) for it in (project.path / "mlruns/models").iterdir()],
    ),
    Fault(
        "changed file of the champion",
        f"{SCORING} {DATE}",
        INVALID,
        "differ",
        lambda project: _append_all(project.path.glob("mlruns/models/*/artifacts/packaged.py")),
    ),
    Fault(
        "unknown version",
        "kedro run --env test --pipelines promote --params version=99",
        WRONG,
        "Unknown version 99",
    ),
    Fault(
        "no earlier champion",
        "kedro run --env test --pipelines rollback",
        INVALID,
        "no champion of telco_churn_test before version 1",
    ),
    Fault(
        "scores of a date that was never scored",
        "kedro scores restore --env test --as-of 2026-01-05 --version 0",
        WRONG,
        "2026-01-05",
    ),
    Fault(
        "table of one class",
        "kedro own-table one.csv --target churn",
        INVALID,
        "churn",
        _write("one.csv", "id,age,churn\n" + "".join(f"{n},{n % 60},no\n" for n in range(300))),
    ),
    Fault(
        "unknown target",
        "kedro own-table one.csv --target chrun",
        INVALID,
        "chrun.*churn",
        _write("one.csv", "id,age,churn\n" + "".join(f"{n},{n % 60},no\n" for n in range(300))),
    ),
    Fault(
        "empty file",
        "kedro own-table none.csv --target churn",
        INVALID,
        "none.csv",
        _write("none.csv", ""),
    ),
    Fault(
        "file that is not a table",
        "kedro own-table page.parquet --target churn",
        INVALID,
        "page.parquet",
        _write("page.parquet", "<html></html>"),
    ),
    Fault(
        "ragged row",
        "kedro own-table ragged.csv --target churn",
        INVALID,
        "ragged.csv.*row|ragged.csv.*line",
        _write("ragged.csv", "id,age,churn\n1,2,yes\n3,4,no,5,6\n"),
    ),
]

SURROUNDINGS = [
    Fault(
        "sources end early",
        f"{SCORING} {DATE}",
        LATER,
        "contacts reaches 2026-07",
        lambda project: DeltaTable(project.data / "03_primary" / "contacts").delete(
            "contacted_on >= '2026-08-01'"
        ),
    ),
    Fault("date hours ahead", f"{SCORING} --params as_of=TODAY+1", LATER, "TODAY+1"),
    Fault(
        "another training",
        TRAINING,
        LATER,
        "Another run is training telco_churn_test",
        lambda project: FileLock(project.data / "06_models/.claims/telco_churn_test"),
    ),
    Fault(
        "another scoring of the date",
        f"{SCORING} {DATE}",
        LATER,
        "Another run is working on as_of=2026-09-21",
        lambda project: FileLock(project.data / "07_model_output/.claims/as_of=2026-09-21"),
    ),
    Fault(
        "registry that does not answer",
        f"{SCORING} {DATE}",
        FAILED,
        "http://127.0.0.1:9 does not answer",
        _move_registry,
    ),
    Fault(
        "registry that is locked",
        f"{SCORING} {DATE}",
        LATER,
        "registry is locked by another process",
        _lock_registry,
    ),
    Fault(
        "folder that cannot be written",
        INGESTION,
        FAILED,
        "ermission denied.*02_intermediate",
        lambda project: (project.data / "02_intermediate").chmod(0o555),
    ),
    Fault(
        "mistake in a node",
        INGESTION,
        FAILED,
        "Unexpected KeyError in check, src/telco_churn/.*line .*--verbose",
        _copy_source,
    ),
]

FAULTS = {
    "Commands": CALLS,
    "Configuration": CONFIGURATION,
    "Data and models": DATA,
    "Surroundings": SURROUNDINGS,
}
