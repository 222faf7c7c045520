"""The files of feeds: CSV with a header row, JSON lines, or a JSON list of objects."""

import csv
import json
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.jobs.scenario import FeedSpec
from loadgen.workloads.scenario.replies.absent import shown

Row = dict[str, Any]
Parse = Callable[[str], Row]
Kept = Iterator[tuple[int, str]]
"""Each row with the line where it begins, in the form in which it is kept."""

_BETWEEN = "\0"


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """How many rows a file has, and its columns: of JSON the keys of the first row."""

    rows: int
    columns: tuple[str, ...]


class Rows:
    """Some rows of a file, kept as bytes in one piece: a million of them are no million objects. Each is given as a
    new dict."""

    __slots__ = ("_data", "_ends", "_parse")

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._data = bytearray()
        self._ends = array("Q", [0])

    def append(self, kept: bytes) -> None:
        """Add a row in the form that `parse` reads."""
        self._data += kept
        self._ends.append(len(self._data))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> Row:
        return self._parse(self._data[self._ends[index] : self._ends[index + 1]].decode())


def inspect_feed(spec: FeedSpec) -> FeedFacts:
    """What is in the whole file. Raises UsageError for what is wrong with it, with its name and line."""
    number, columns = 0, tuple[str, ...]()
    with _opened(spec) as (parse, rows):
        for kept in rows:
            columns = columns or tuple(parse(kept.decode()))
            number += 1
    if not number:
        raise _problem(spec, "no rows in it")
    return FeedFacts(number, columns)


def read_rows(spec: FeedSpec, is_wanted: Callable[[int], bool], end: int | None = None) -> Rows:
    """Those of the first `end` rows whose numbers, from 0, are wanted. Raises UsageError."""
    with _opened(spec) as (parse, rows):
        wanted = Rows(parse)
        for number, kept in enumerate(islice(rows, end)):
            if is_wanted(number):
                wanted.append(kept)
    return wanted


@contextmanager
def _opened(spec: FeedSpec) -> Iterator[tuple[Parse, Iterator[bytes]]]:
    """What parses a row that is kept, and all rows."""
    path = Path(spec.file)
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            match path.suffix.lower():
                case ".csv":
                    parse, rows = _csv(spec, file)
                case ".jsonl" | ".ndjson":
                    parse, rows = json.loads, _json_lines(spec, file)
                case ".json":
                    parse, rows = json.loads, _json_list(spec, file)
                case _:
                    raise _problem(spec, "expected a file that ends in .csv, .jsonl or .json")
            yield parse, _encoded(spec, rows)
    except OSError as error:
        raise _problem(spec, f"cannot be read: {error.strerror or error}") from None


def _encoded(spec: FeedSpec, rows: Kept) -> Iterator[bytes]:
    for line, kept in rows:
        try:
            yield kept.encode()
        except UnicodeEncodeError:
            raise _problem(spec, "not UTF-8", line) from None


def _csv(spec: FeedSpec, file: TextIO) -> tuple[Parse, Kept]:
    records = _records(spec, file)
    _, names = next(records, (0, []))
    columns = tuple(name.strip() for name in names)
    if not columns:
        raise _problem(spec, "no header row with the names of the columns")
    if len(columns) == 1 and (found := next((sign for sign in ";\t" if sign in columns[0]), None)):
        raise _problem(spec, f"columns are parted by commas, not by {'tabs' if found != ';' else ';'}", 1)
    for number, name in enumerate(columns, 1):
        if not name or name in columns[: number - 1]:
            raise _problem(spec, f"column {number} has {f'the name {name!r} again' if name else 'no name'}", 1)

    def rows() -> Kept:
        for line, values in records:
            kept = _BETWEEN.join(values)
            if len(values) != len(columns):
                wanted = counted(len(columns), "value")
                raise _problem(spec, f"expected {wanted}, as in the header row, got {len(values)}", line)
            if kept.count(_BETWEEN) >= len(columns):
                raise _problem(spec, "a NUL character", line)
            yield line, kept

    return lambda kept: dict(zip(columns, kept.split(_BETWEEN), strict=True)), rows()


def _records(spec: FeedSpec, file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each record that is no blank line, with the line where it begins."""
    reader = csv.reader(file, strict=True)
    line = 1
    try:
        for values in reader:
            if values:
                yield line, values
            line = reader.line_num + 1
    except csv.Error as error:
        raise _problem(spec, f"no CSV: {error}", line) from None


def _json_lines(spec: FeedSpec, file: TextIO) -> Kept:
    for line, text in enumerate(file, 1):
        if kept := text.strip():
            try:
                value = json.loads(kept)
            except (ValueError, RecursionError) as error:
                raise _problem(spec, f"no JSON: {getattr(error, 'msg', error)}", line) from None
            if not isinstance(value, dict):
                raise _problem(spec, f"expected an object, got {shown(value)}", line)
            yield line, kept


def _json_list(spec: FeedSpec, file: TextIO) -> Kept:
    text = file.read()
    try:
        text.encode()
        values = json.loads(text)
    except UnicodeEncodeError as error:
        raise _problem(spec, "not UTF-8", text.count("\n", 0, error.start) + 1) from None
    except json.JSONDecodeError as error:
        hint = "; a file of JSON lines ends in .jsonl" if error.msg == "Extra data" else ""
        raise _problem(spec, f"no JSON: {error.msg}{hint}", error.lineno) from None
    except RecursionError as error:
        raise _problem(spec, f"no JSON: {error}") from None
    if not isinstance(values, list):
        raise _problem(spec, f"expected a list of objects, got {shown(values)}")
    for number, value in enumerate(values):
        if not isinstance(value, dict):
            raise _problem(spec, f"[{number}]: expected an object, got {shown(value)}")
        yield number, json.dumps(value)


def _problem(spec: FeedSpec, text: str, line: int = 0) -> UsageError:
    return UsageError(f"feed {spec.name}: {spec.file}: {f'line {line}: ' if line else ''}{text}")
