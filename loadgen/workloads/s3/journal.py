"""The journal of a batch: a line for every object that is done, so that a stopped batch can go on where it ended."""

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.files import check_writable, write_whole
from loadgen.plan.jobs.s3 import S3Job

SYNC_EVERY_S = 0.5
"""What a crash of the machine may cost; a sync for each object would have every object wait for the disk."""
_SAME = ("bucket", "prefix", "source", "objects", "function", "run_id", "match", "name", "least_bytes", "most_bytes")


@dataclass(frozen=True, slots=True)
class Entry:
    """One object: its place in the list, its key and that of what was made of it, and how many bytes each has.

    `etag` is what the list said of it, "" where that said nothing: with another one it is another object by now.
    """

    index: int
    key: str
    made: str
    bytes_in: int
    bytes_out: int
    etag: str = ""


_FIELDS = Entry.__dataclass_fields__.keys()
_NEEDED = _FIELDS - {"etag"}


class Journal:
    """Appends entries; several processes may write to one file, a line at a time. It is synced twice a second.

    `on_unwritten` is called where an entry could not be written: its object will be done again.
    """

    def __init__(self, path: str, on_unwritten: Callable[[], None]) -> None:
        self._on_unwritten = on_unwritten
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        self._synced_s = time.monotonic()

    def add(self, entry: Entry) -> None:
        line = (json.dumps(asdict(entry), ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        try:
            written = os.write(self._file, line)
            if time.monotonic() - self._synced_s >= SYNC_EVERY_S:
                os.fdatasync(self._file)
                self._synced_s = time.monotonic()
        except OSError:
            written = 0
        if written < len(line):
            self._on_unwritten()


def check_journal(path: str) -> None:
    """Raise UsageError where it could not be written."""
    try:
        check_writable(Path(path))
    except OSError as error:
        raise UsageError(f"--resume: cannot write {path!r}: {error.strerror}") from None


def read_run_id(path: str, s3: S3Job, seed: int) -> str | None:
    """The run that a journal is of; None where there is no journal yet.

    Raises UsageError for another file, and where the journal is of another batch than the plan's.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            line = file.readline()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--resume: cannot read {path!r}: {getattr(error, 'strerror', None) or error}") from None
    if not line:
        return None
    head = _parsed(line)
    if head is None or "loadgen_batch" not in head:
        raise UsageError(f"--resume: {path!r} is not the journal of a batch")
    batch = head["loadgen_batch"]
    for key, value in _head(s3, seed).items():
        if key != "run_id" and (batch.get(key) or None) != (value or None):
            raise UsageError(
                f"--resume: {path!r} is of a batch with {key} {batch.get(key)!r}, not {value!r}; "
                "give the same options, or another file to begin anew"
            )
    return str(batch.get("run_id"))


def write_journal(path: str, s3: S3Job, seed: int, entries: Iterable[Entry] = ()) -> None:
    """Write the journal of a batch that begins, or anew. Raises UsageError where it cannot be written."""
    lines = ({"loadgen_batch": _head(s3, seed)}, *map(asdict, entries))
    write_whole(Path(path), "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def read_entries(path: str) -> list[Entry]:
    """What is done, in the order of the list; a line that was cut off by a crash is not. Keys may hold whatever some
    call the end of a line.
    """
    entries = {}
    for line in Path(path).read_bytes().split(b"\n")[1:]:
        values = _parsed(line)
        if values is not None and _NEEDED <= values.keys() <= _FIELDS:
            entry = Entry(**values)
            entries[entry.key] = entry
    return sorted(entries.values(), key=lambda entry: (entry.index, entry.key))


def put_in_order(path: str, s3: S3Job, seed: int) -> int:
    """Write the journal anew, its entries in the order of the list; how many there are. Raises UsageError."""
    entries = read_entries(path)
    write_journal(path, s3, seed, entries)
    return len(entries)


def _head(s3: S3Job, seed: int) -> dict[str, Any]:
    """What a batch must have in common with the one that it goes on with."""
    made = {"seed": seed, "sizes": [list(size) for size in s3.sizes]} if s3.source is None else {}
    to = "" if s3.to is None else f"{s3.to.origin}{s3.to.root}"
    return {**{key: getattr(s3, key) for key in _SAME}, "to": to, **made}


def _parsed(line: str | bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
