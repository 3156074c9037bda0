"""A flat table is read from the files that users have, or one line says why not."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from kedro.io import DatasetError

from kedro_asof.datasets.flat_table import FlatTable
from kedro_asof.errors import InputError
from kedro_asof.file_errors import UnreadableFileError

ROWS = [{"id": "007", "answer": "Yes"}, {"id": "008", "answer": "No"}]
PEOPLE = {
    "cp1252": ["José Muñoz", "Hélène Lefèvre", "Jürgen Groß"],
    "cp1250": ["Jiří Dvořák", "Zsófia Szűcs", "Grażyna Żak"],
    "cp1251": ["Иван Петров", "Ольга Сидорова"],
    "cp1254": ["Şükrü Yıldız", "Ayşe Çağlar", "İbrahim Eskişehir"],  # noqa: RUF001
    "cp932": ["山田太郎", "鈴木花子"],
    "utf-8-sig": ["José Muñoz", "山田太郎"],
    "utf-16": ["José Muñoz", "山田太郎"],
    "utf-16-le": ["José Muñoz", "Jürgen Groß"],
    "utf-16-be": ["José Muñoz", "Jürgen Groß"],
}


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    return FlatTable(filepath=str(path), **options).load().to_pyarrow().to_pylist()


def refuse(path: Path, **options: Any) -> str:
    """Return the error of a file, without the line that Kedro may put before it."""
    with pytest.raises(DatasetError) as raised:
        FlatTable(filepath=str(path), **options).load()
    error = raised.value if isinstance(raised.value, InputError) else raised.value.__cause__
    assert isinstance(error, InputError)
    assert "\n" not in str(error)
    return str(error)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file of text or bytes."""

    def write_file(content: str | bytes, name: str = "table.csv") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write_file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", "id,answer\n007,Yes\n008,No\n"),
        ("TABLE[1].CSV", "id;answer\r\n007;Yes\r\n008;No"),
        ("table.tsv", "id\tanswer\n007\tYes\n008\tNo\n"),
        ("table.txt", "id|answer\n007|Yes\n\n008|No\n\n"),
        ("quoted.csv", '"id","answer"\n"007","Yes"\n"008","No"\n'),
        ("excel.csv", "sep=;\nid;answer\n007;Yes\n008;No\n"),
        ("blank_excel.csv", "\n\nsep=;\nid;answer\n007;Yes\n008;No\n"),
        ("old_mac.csv", "id,answer\r007,Yes\r008,No\r"),
        ("mixed_ends.csv", "id,answer\r\n007,Yes\n008,No\r\n"),
        ("table.csv.gz", gzip.compress(b"id,answer\n007,Yes\n008,No\n", mtime=0)),
        ("TABLE.CSV.GZ", gzip.compress(b"id,answer\n007,Yes\n008,No\n", mtime=0)),
        ("table.tsv.gz", gzip.compress(b"id\tanswer\r007\tYes\r008\tNo\n", mtime=0)),
    ],
)
def test_a_csv_is_read_as_it_is_written(
    name: str, content: str | bytes, write: Callable[..., Path]
) -> None:
    assert read(write(content, name)) == ROWS


def test_a_value_is_text_and_an_empty_one_is_missing(write: Callable[..., Path]) -> None:
    file = write('a,b,c\n1.50,"",#1\n 2,O\'Brien," x\ny"\n#3,5" pipe,\n')
    assert read(file) == [
        {"a": "1.50", "b": None, "c": "#1"},
        {"a": " 2", "b": "O'Brien", "c": " x\ny"},
        {"a": "#3", "b": '5" pipe', "c": None},
    ]


def test_a_quote_that_first_appears_late_is_a_quote(write: Callable[..., Path]) -> None:
    file = write("a,b\n" + "1,2\n" * 25_000 + '3,"4,5"\n')
    assert read(file)[-1] == {"a": "3", "b": "4,5"}


@pytest.mark.parametrize(("encoding", "people"), PEOPLE.items())
def test_an_encoding_is_recognized_and_logged(
    encoding: str,
    people: list[str],
    write: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = write("id,name\n" + "".join(f"1,{name}\n" for name in people))
    file.write_bytes(file.read_text("utf-8").encode(encoding))
    assert [row["name"] for row in read(file)] == people
    assert (encoding in caplog.text) == (encoding != "utf-8-sig")


def test_a_guess_shows_what_it_made_of_a_word(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    read(write("id,plan\n1,Max\n2,Größe\n".encode("cp1252")))
    assert "is read as cp1252: byte 18 is not UTF-8, and words look like 'Größe'." in caplog.text


def test_a_sign_alone_is_read_as_windows_writes_it(write: Callable[..., Path]) -> None:
    assert read(write("id,fee\n1,5 €\n".encode("cp1252")))[0]["fee"] == "5 €"


def test_an_encoding_that_is_named_is_not_guessed(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = write("id,plan\n1,Größe\n".encode("cp850"))
    assert read(file, encoding="cp850") == [{"id": "1", "plan": "Größe"}]
    assert not caplog.text


def test_an_encoding_beyond_the_first_chunk_is_found(write: Callable[..., Path]) -> None:
    text = "id,note\n" + f"1,{'x' * 1000}\n" * 1100 + "2,Müller\n"
    assert read(write(text.encode("cp1252")))[-1]["note"] == "Müller"


BROKEN: dict[str, tuple[str | bytes, list[str]]] = {
    "short row": ("a,b,c\n1,2,3\n4,5\n", ["line 3: expected 3 values as in the header, found 2"]),
    "long row": ("a,b,c\n1,2,3\n4,5,6,7\n", ["line 3: expected 3 values", "found 4"]),
    "first row": ("a,b,c\n1,2\n3,4,5\n6,7,8\n", ["line 2: expected 3 values", "found 2"]),
    "row names": ("a,b\nx,1,2\ny,3,4\n", ["line 2: expected 2 values", "found 3"]),
    "late row": ("a,b\n" + "1,2\n" * 30_000 + "3\n", ["line 30002: expected 2 values", "found 1"]),
    "total": ("a,b,c\n1,2,3\n4,5,6\nTotal: 2\n", ["line 4: expected 3 values", "found 1"]),
    "quote": ('a,b\n1,2\n3,"4\n5,6\n', ["line 3: a quote is not closed"]),
    "late quote": ("a,b\n" + "1,2\n" * 30_000 + '3,"4\n5,6\n', ["line 30002: a quote"]),
    "binary": (b"a,b\n1,\x00\x01\n", ["byte 6 is a zero byte"]),
    "binary in part": (b"a,b\r\n1,\xff\r\n2,\x00\n", ["byte 12 is a zero byte"]),
    "workbook": (b"PK\x03\x04...", ["its content is a workbook or zip archive"]),
    "mixed encodings": ("a,b\n1,é\n2,ü\n".encode() + b"3,\xfc\n", ["up to byte 16", "iconv"]),
    "no encoding": (b"a,b\n1,M\xfc\x81\x8d\x90\n", ["byte 8 is not ", "as UTF-8"]),
    "header only": ("a,b\n", ["a header but no rows"]),
    "blank": ("\n \n", ["it is empty"]),
    "empty": ("", ["it is empty"]),
}


@pytest.mark.parametrize(("content", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_broken_csv_is_one_line(
    content: str | bytes, expected: list[str], write: Callable[..., Path]
) -> None:
    file = write(content)
    message = refuse(file)
    assert str(file) in message
    assert [part for part in expected if part not in message] == [], message


@pytest.mark.slow
def test_a_line_of_megabytes_is_one_line(write: Callable[..., Path]) -> None:
    assert "line 2: longer than 2 MB" in refuse(write(f"a,b\n1,{'x' * 2_100_000}\n"))


@pytest.mark.parametrize("name", ["cut.csv.gz", "text.csv.gz", "text.parquet", "text.xlsx"])
def test_a_damaged_file_is_one_line(name: str, write: Callable[..., Path]) -> None:
    packed = gzip.compress(b"a,b\n" + os.urandom(100).hex().encode())
    assert name in refuse(write(packed[:-20] if name.startswith("cut") else "a,b\n1,2\n", name))


def test_names_are_made_distinct_and_the_log_says_how(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = write("fee, Fee ,,fee_2\n1,2,3,4\n5,6,7,8\n")
    assert list(read(file)[0]) == ["fee", "Fee_2", "column_3", "fee_2_2"]
    assert "2 ' Fee ' to 'Fee_2', 3 '' to 'column_3', 4 'fee_2' to 'fee_2_2'" in caplog.text


def test_a_title_above_the_header_is_skipped_and_logged(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = write("Report of March\n\nid,answer\n007,Yes\n008,No\n")
    assert read(file) == ROWS
    assert "lines above the header are skipped: ['Report of March']" in caplog.text


def test_a_missing_file_and_another_format_are_one_line(write: Callable[..., Path]) -> None:
    with pytest.raises(DatasetError, match=r"^File not found: .*gone.csv. Name it.$"):
        FlatTable(filepath="gone.csv", missing="Name it.").load()
    assert "found ['.sas7bdat'], expected a file .csv" in refuse(write("", "t.sas7bdat"))
    for encoding in ("klingon", "base64"):
        assert f"Unknown encoding '{encoding}'" in refuse(write("a\n1\n"), encoding=encoding)
    assert "byte 0 is not utf-16" in refuse(write("a\n1\n"), encoding="utf-16")


def test_a_file_is_never_written(write: Callable[..., Path]) -> None:
    file = write("a\n1\n")
    with pytest.raises(DatasetError, match="only read"):
        FlatTable(filepath=str(file)).save(pa.table({"a": [2]}))
    assert file.read_text() == "a\n1\n"


def test_a_folder_of_csv_files_is_one_table(write: Callable[..., Path]) -> None:
    folder = write("id,answer\n007,Yes\n", "months/a.csv").parent
    write("answer;id\nNo;008\n".encode("utf-16"), "months/b.csv")
    write("", "months/_SUCCESS")
    write("", "months/.a.csv.crc")
    assert read(folder) == ROWS


def test_a_folder_of_different_tables_is_one_line(write: Callable[..., Path]) -> None:
    folder = write("id,answer\n007,Yes\n", "months/a.csv").parent
    file = write("id,reply\n008,No\n", "months/b.csv")
    message = refuse(folder)
    assert f"Different columns in {file}: missing ['answer'], extra ['reply']" in message
    write(b"", "months/c.parquet")
    assert "found ['.csv', '.parquet']" in refuse(folder)
    assert "Delta table" in refuse(write("", "delta/_delta_log/0.json").parents[1])


def test_folders_of_partitions_become_columns(tmp_path: Path) -> None:
    for month, fees in {"2026-01": [1, 2], "2026-02": [1.5, None]}.items():
        folder = tmp_path / "table" / f"month={month}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": ["a", "b"], "fee": fees}), folder / "part.parquet")
    frame = pd.DataFrame(read(tmp_path / "table"))
    assert frame["month"].tolist() == ["2026-01"] * 2 + ["2026-02"] * 2
    assert frame["fee"].tolist()[:3] == [1.0, 2.0, 1.5]
    assert not list(tmp_path.glob(".*"))


def test_a_column_of_a_file_is_not_overwritten_by_the_name_of_a_folder(tmp_path: Path) -> None:
    place = tmp_path / "region=north"
    place.mkdir()
    (place / "table.csv").write_text("id,region\n1,south\n")
    for delivered in (place / "table.csv", place):
        assert read(delivered) == [{"id": "1", "region": "south"}]
    message = refuse(tmp_path)
    assert f"Columns ['region'] are in {place / 'table.csv'} and in the names of" in message


def test_a_changed_file_is_read_again(write: Callable[..., Path]) -> None:
    table = FlatTable(filepath=str(write("a\n1\n")))
    assert table.load() is table.load()
    write("a\n2\n3\n")
    assert table.load().count().execute() == 2


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    options = {"default_date_format": "yyyy-mm-dd", "remove_timezone": True}
    with xlsxwriter.Workbook(path, options) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_cells_keep_their_kinds(tmp_path: Path) -> None:
    header = ["id", "fee", "since", "seen", "vip", "note", "none"]
    day, moment = date(2024, 2, 29), datetime(2024, 2, 29, 12, 30)
    rows = [
        header,
        [70000, 1.5, day, day, True, "unknown", None],
        [None, None, None, None, None, None, None],
        [70001, 2, day, moment, False, 7, None],
        [70002, None, None, None, None, day, None],
    ]
    table = FlatTable(filepath=str(write_workbook(tmp_path / "t.xlsx", {"Data": rows}))).load()
    kinds = ["int64", "float64", "date", "timestamp(6)", "boolean", "string", "string"]
    assert [str(kind) for kind in table.schema().values()] == kinds
    assert [list(row.values()) for row in table.to_pyarrow().to_pylist()] == [
        [70000, 1.5, day, datetime(2024, 2, 29), True, "unknown", None],
        [70001, 2.0, day, moment, False, "7", None],
        [70002, None, None, None, None, "2024-02-29", None],
    ]


def test_the_first_sheet_is_read_unless_one_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sheets = {"Data": [["Report"], ["id", "a"], [1, 2]], "Notes": [["b", ""], [3, ""]], "Empty": []}
    file = write_workbook(tmp_path / "t.xlsx", sheets)
    assert read(file) == [{"id": 1, "a": 2}]
    assert "the sheet 'Data' is read, not ['Notes', 'Empty']" in caplog.text
    assert "rows above the header are skipped: ['Report']" in caplog.text
    assert read(file, sheet="Notes") == [{"b": 3}]
    assert "sheet 'Empty': it is empty" in refuse(file, sheet="Empty")
    assert "Unknown sheet 'data'" in refuse(file, sheet="data")


def test_a_header_of_whole_numbers_keeps_their_text(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "t.xlsx", {"Data": [["id", 2024, 2025], [1, 5, 6]]})
    assert read(file) == [{"id": 1, "2024": 5, "2025": 6}]


@pytest.mark.slow
def test_temporary_files_are_removed_with_the_process_or_after_it_was_killed(
    write: Callable[..., Path],
) -> None:
    file = write("a\n1\n")
    temporary = file.parent / "temporary"
    temporary.mkdir()

    def load(last: str) -> list[int]:
        """Load the table in a process, and return the permissions of the folders it leaves."""
        code = f"""
import os
from kedro_asof.datasets.flat_table import FlatTable
assert FlatTable(filepath={str(file)!r}).load().count().execute() == 1
assert len(os.listdir({str(temporary)!r})) == 1
{last}
"""
        environment = os.environ | {"TMPDIR": str(temporary)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        return [folder.stat().st_mode & 0o777 for folder in temporary.iterdir()]

    assert load("os._exit(0)") == [0o700]
    assert load("") == []


def test_the_error_ends_a_run_with_invalid_input() -> None:
    assert UnreadableFileError("").exit_code == 65
