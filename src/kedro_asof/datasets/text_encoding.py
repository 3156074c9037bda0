"""Find the encoding of a delivered text file, and make it readable as UTF-8.

In: a text file, plain or gz. Out: the same file, or a copy in UTF-8 where an engine needs one.
"""

import codecs
import gzip
import io
import logging
import re
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from kedro_asof.file_errors import UnreadableFileError

logger = logging.getLogger(__name__)

CHUNK = 1 << 20  # bytes in memory at a time
LONGEST_LINE = 1 << 24  # bytes
USUAL_LINE_ENDS = (None, "\n", "\r\n")  # of one kind, and not those of an old Mac
SAMPLE = 1 << 16  # bytes of words that a guess is made from; more do not change it

SAVE_AS_UTF8 = (
    "Save it as UTF-8: in Excel as 'CSV UTF-8', elsewhere with iconv -f ENCODING -t UTF-8."
)

BYTE_ORDER_MARKS = {  # UTF-32 first: its mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Spreadsheets and databases write these today; more could not be told apart.
GUESSED = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "cp949", "big5", "gb18030",
)  # fmt: skip
USUAL = "cp1252"
NEARLY_AS_LIKELY = 0.8  # share of the best guess's confidence from which the usual one is taken

OTHER_FORMATS = {
    b"PK\x03\x04": "a workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
}
_NOT_IN_WORDS = re.compile(rb"[\x00-@\[-`{-\x7f]+")


class _BrokenTextError(Exception):
    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position  # byte from which the text cannot be decoded, counted from 0


def make_readable(path: Path, copy: Path, encoding: str | None = None) -> Path:
    """Return a path with the text of a file in UTF-8 and with one kind of line ends.

    Args:
        path: A text file; with the suffix .gz, an archive of one.
        copy: Path for a copy. It is written only if the file is in another encoding or has line
            ends of several kinds.
        encoding: The encoding of the file; None to find it; the log states it.

    Returns:
        `path`, or `copy`.

    Raises:
        UnreadableFileError: When the file is not text, or its encoding is not found.
    """
    try:
        _check_format(path)
        found, reason = (encoding, "") if encoding else _find_encoding(path)
        if not found:
            return path
        _write_utf8(path, found, copy)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            f"Cannot unpack {path}: the gz archive is damaged or incomplete ({error}). Deliver it "
            "again."
        ) from error
    if reason:
        logger.warning("%s is read as %s: %s.", path, found, reason)
    return copy


def _find_encoding(path: Path) -> tuple[str, str]:
    """Return the encoding to convert a file from, and why it was taken; no reason for UTF-8.

    It is empty for a file that needs no copy: UTF-8 with line ends of one usual kind.
    """
    with open_file(path) as file:
        start = file.read(4096)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding, "its first bytes name this encoding"
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[place::2].count(0) > len(start) // 4 and not start[1 - place :: 2].count(0):
            return encoding, "every second byte is zero"
    decoder = _create_decoder("utf-8")
    try:
        has_zero = any("\0" in text for text in _decode(path, decoder))
    except _BrokenTextError as broken:
        _check_zero_bytes(path)
        return _guess_encoding(path, broken.position)
    if has_zero:
        _check_zero_bytes(path)
    return "" if decoder.newlines in USUAL_LINE_ENDS else "utf-8", ""


def _guess_encoding(path: Path, position: int) -> tuple[str, str]:
    """Guess the encoding of a file that is not UTF-8 from its words beyond ASCII."""
    words = _read_words(path)
    if sum(map(_is_utf8, words)) > len(words) / 2:
        raise UnreadableFileError(
            f"Cannot decode {path}: it is UTF-8 up to byte {position}, which is damaged or in "
            f"another encoding. {SAVE_AS_UTF8}"
        )
    encoding = _rank_encodings(b" ".join(words))
    example = words[0].decode(encoding, "replace")
    return encoding, (
        f"byte {position} is not UTF-8, and words look like {example!r}. If they do not, save the "
        "file as UTF-8 or set `encoding`"
    )


def _rank_encodings(text: bytes) -> str:
    import chardet  # noqa: PLC0415  (most files are UTF-8, and its models take time to load)

    if max(text) < 0xC0:  # signs such as the euro's: no letter from which to tell encodings apart
        return USUAL
    ranked = {
        codecs.lookup(str(guess["encoding"])).name: guess["confidence"]
        for guess in chardet.detect_all(text, include_encodings=GUESSED)
        if guess["encoding"]
    }
    best = max(ranked, key=lambda name: ranked[name], default=USUAL)
    is_same = text.decode(best, "ignore") == text.decode(USUAL, "ignore")
    is_near = ranked.get(USUAL, 0) >= NEARLY_AS_LIKELY * ranked.get(best, 0)
    return USUAL if is_same or is_near else best


def _read_words(path: Path) -> list[bytes]:
    """Return distinct words with bytes beyond ASCII, until they fill the sample."""
    words: dict[bytes, None] = {}
    size = 0
    for line in read_lines(path):
        for word in () if line.isascii() else _NOT_IN_WORDS.split(line):
            if not word.isascii() and word not in words:
                words[word] = None
                size += len(word)
        if size >= SAMPLE:
            break
    return list(words)


def _is_utf8(word: bytes) -> bool:
    try:
        return bool(word.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _write_utf8(path: Path, encoding: str, copy: Path) -> None:
    try:
        with copy.open("w", encoding="utf-8", newline="") as file:
            file.writelines(_decode(path, _create_decoder(encoding)))
    except _BrokenTextError as broken:
        raise UnreadableFileError(
            f"Cannot decode {path}: byte {broken.position} is not {encoding}. {SAVE_AS_UTF8}"
        ) from broken


def _create_decoder(encoding: str) -> io.IncrementalNewlineDecoder:
    """Return a decoder that turns every line end into a newline, and remembers their kinds."""
    return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)


def _decode(path: Path, decoder: io.IncrementalNewlineDecoder) -> Iterator[str]:
    """Yield the text of a file in pieces."""
    end = 0
    with open_file(path) as file:
        while True:
            chunk = file.read(CHUNK)
            start, end = end - len(decoder.getstate()[0]), end + len(chunk)
            try:
                yield decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:  # UTF-16 without its mark has no position
                raise _BrokenTextError(start + getattr(error, "start", 0)) from error
            if not chunk:
                return


def _check_format(path: Path) -> None:
    with open_file(path) as file:
        start = file.read(16)
    for mark, kind in OTHER_FORMATS.items():
        if start.startswith(mark):
            raise UnreadableFileError(
                f"Invalid text file {path}: its content is {kind}. Correct its suffix, or save the "
                "table as CSV in UTF-8."
            )


def _check_zero_bytes(path: Path) -> None:
    """Check that a file is text: no encoding but UTF-16 and UTF-32 writes zero bytes."""
    before = 0
    with open_file(path) as file:
        while chunk := file.read(CHUNK):
            if b"\0" in chunk:
                raise UnreadableFileError(
                    f"Invalid text file {path}: byte {before + chunk.index(0)} is a zero byte, so "
                    "the file is binary or damaged. Save the table as CSV in UTF-8."
                )
            before += len(chunk)


def is_packed(path: Path) -> bool:
    """Return whether a file is a gz archive, by its suffix."""
    return path.suffix.lower() == ".gz"


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; with the suffix .gz, its content."""
    return cast(BinaryIO, gzip.open(path)) if is_packed(path) else path.open("rb")


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; a longer one in parts, as a file may be one."""
    with open_file(path) as file:
        yield from iter(partial(file.readline, LONGEST_LINE), b"")
