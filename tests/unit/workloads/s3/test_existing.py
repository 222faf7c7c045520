"""What was there before: listed once, and then read or deleted."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.found import Found, number
from tests.support.s3_fake import FakeStore, play, workload_of

KEYS = {"in/a": b"1", "in/b c\u2028": b"22", "in/d\n/e": b"", "in/folder/": b"", "other": b"x"}


def listed(tmp_path: Path, job: str, **values: Any) -> tuple[S3Job, FakeStore]:
    """A job on what was found in a store."""
    store = FakeStore(page=2)
    store.objects = dict(KEYS)
    s3 = S3Job("survey", "photos", run_id="run", existing="in/", listing=str(tmp_path / "listing"))
    assert {error for _, error in play(workload_of(s3), store)} == {None}
    store.seen.clear()
    assert number(str(tmp_path / "listing")) == 3
    found = Found(str(tmp_path / "listing"))
    assert [(item.key, item.size) for item in found] == [("in/a", 1), ("in/b c\u2028", 2), ("in/d\n/e", 0)]
    assert (len(found), found.alike) == (3, False)
    return replace(s3, job=job, objects=len(found), **values), store


@pytest.mark.parametrize(("job", "method"), [("get", "GET"), ("stat", "HEAD")])
@pytest.mark.parametrize("order", ["sequential", "random", "zipf:1"])
def test_it_is_read_over_and_over(tmp_path: Path, job: str, method: str, order: str) -> None:
    s3, store = listed(tmp_path, job, order=order)
    ends = play(workload_of(s3), store, most=60)
    assert Counter(error for _, error in ends) == {None: 60}
    assert {(asked, key) for asked, key, _ in store.seen} == {
        (method, key) for key in KEYS if key.startswith("in/") and not key.endswith("/")
    }


def test_ranges_lie_within_their_objects(tmp_path: Path) -> None:
    s3, _ = listed(tmp_path, "get", range_bytes=2)
    workload = workload_of(s3).script(0)
    requests = [workload.resume(None) for _ in range(3)]
    assert [dict(request.fields.pairs).get("Range") for request in requests] == ["bytes=0-0", "bytes=0-1", None]


@pytest.mark.parametrize("many", [1, 2])
def test_each_is_deleted_once_and_nothing_else(tmp_path: Path, many: int) -> None:
    s3, store = listed(tmp_path, "delete", delete_many=many)
    for index in range(2):
        play(workload_of(s3, index, 2), store)
    assert sorted(store.objects) == ["in/folder/", "other"]


def test_its_list_may_be_read_page_by_page() -> None:
    store = FakeStore(page=2)
    store.objects = dict.fromkeys(["in/a", "in/b", "in/c", "other"], b"x")
    s3 = S3Job("list", "photos", run_id="run", existing="in/")
    play(workload_of(s3), store, users=1, most=4)
    assert [("prefix=in%2F" in query, "continuation-token" in query) for _, _, query in store.seen] == [
        (True, False), (True, True), (True, False), (True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("job", "asked"), [("get", 2), ("stat", 2), ("delete", 3)])
def test_every_version_may_be_taken_and_markers_are_only_deleted(tmp_path: Path, job: str, asked: int) -> None:
    store = FakeStore(versions=True, page=2)
    for data in (b"1", b"22", None):
        store._change("in/a", data)
    store.objects["in/a"] = b"22"
    path = str(tmp_path / "listing")
    s3 = S3Job("survey", "photos", run_id="run", existing="in/", versions=True, listing=path)
    assert {error for _, error in play(workload_of(s3), store)} == {None}
    store.seen.clear()
    s3 = replace(s3, job=job, objects=number(path, markers=job == "delete"))
    play(workload_of(s3), store, most=6)
    ids = {query for _, key, query in store.seen if key == "in/a"}
    assert (len(ids), all(query.startswith("versionId=v") for query in ids)) == (asked, True)
