"""What was there before a run: listed once to a file, and looked up there by number.

A worker keeps nothing of the list: a million keys would take 200 MB of each.
"""

import json
from array import array
from mmap import ACCESS_READ, mmap
from pathlib import Path

from loadgen.measure.names import Kind
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import LISTED, S3Job
from loadgen.workloads.s3.listing import Pages, listed
from loadgen.workloads.s3.protocol.documents import Listed
from loadgen.workloads.s3.protocol.leftovers import read_versions
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.s3.tasks import Send, Task

_PLACES = ".places"


def survey(operations: Operations, send: Send, s3: S3Job, transactions: Transactions) -> Task:
    """Write what is listed under the prefix to the file, a line of JSON an object; a folder's own key is none."""
    assert s3.existing is not None
    assert s3.listing is not None
    found = transactions.metric(transactions.number(Kind.METRIC, LISTED), "count")
    pages = pages_of(operations, send, s3)
    with Path(s3.listing).open("w", encoding="ascii") as file:
        while not pages.over:
            page = yield from pages.following()
            for item in page.objects if page is not None else ():
                if not item.key.endswith("/"):
                    file.write(json.dumps([item.key, item.size, item.version, item.marker]) + "\n")
                    found.add(1)


def pages_of(operations: Operations, send: Send, s3: S3Job) -> Pages:
    """The list of what is there: objects, or all their versions."""
    prefix = s3.existing or ""
    if not s3.versions:
        return listed(operations, send, prefix)
    return Pages(send, lambda after: operations.list_versions(prefix, after=after), read_versions)


def number(path: str, *, markers: bool = False) -> int:
    """Number the objects of a survey's file, in its order, for Found; how many there are.

    Delete markers are there to be deleted alone.
    """
    places, place = array("Q", [0]), 0
    sizes: set[int] = set()
    with Path(path).open("rb") as file:
        for line in file:
            _, size, _, marker = json.loads(line)
            if markers or not marker:
                places.append(place)
                sizes = sizes if len(sizes) > 1 else {*sizes, size}
            place += len(line)
    places[0] = len(sizes) == 1
    Path(path + _PLACES).write_bytes(places.tobytes())
    return len(places) - 1


class Found:
    """The numbered objects of a file, at least one. All workers of a machine share the memory that it takes, which the
    kernel may have back at any time. `alike`: they have one size.
    """

    def __init__(self, path: str) -> None:
        self._lines = _mapped(path)
        self._places = memoryview(_mapped(path + _PLACES)).cast("Q")
        self.alike = self._places[0] == 1

    def __len__(self) -> int:
        return len(self._places) - 1

    def __getitem__(self, index: int) -> Listed:
        place = self._places[index + 1]
        line = self._lines[place : self._lines.find(b"\n", place)]
        key, size, version, marker = json.loads(line.decode("ascii"))
        return Listed(key, size, version, marker=marker)


def _mapped(path: str) -> mmap:
    with Path(path).open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)
