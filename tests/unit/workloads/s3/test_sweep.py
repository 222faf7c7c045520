"""What a run has left is deleted, and nothing else, whatever the store can."""

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.protocol.leftovers import LOCKED, GoneExpect
from tests.support.s3_fake import FakeStore, play, workload_of

SWEEP = S3Job("sweep", "photos", run_id="run")


def test_a_sweep_deletes_what_is_under_its_prefix_and_nothing_else():
    store = FakeStore(page=3)
    mine = [f"loadgen/run/{number:08d}" for number in range(8)]
    others = ["loadgen/run2/00000001", "loadgen/run", "a", "loadgen/run/report.pdf", "loadgen/run/1"]
    store.objects = dict.fromkeys([*mine, *others], b"x")
    store.uploads = {"id-loadgen/run/00000009": {}, "id-other": {}}
    play(workload_of(SWEEP), store)
    assert sorted(store.objects) == sorted(others)
    assert list(store.uploads) == ["id-other"]


def swept(store):
    """Sweep it; the operations that were sent, and what failed of them."""
    ends = play(workload_of(SWEEP), store)
    names = SWEEP.request_names
    return [names[name_id] for name_id, _ in ends], [(names[name_id], error) for name_id, error in ends if error]


def test_all_versions_and_markers_are_swept():
    store = FakeStore(page=3, versions=True)
    for key in [
        "loadgen/run/00000001",
        "loadgen/run/00000002",
        "loadgen/run/00000003",
        "loadgen/run/00000002",
        "loadgen/run2/00000001",
    ]:
        store._change(key, b"x")
    store._change("loadgen/run/00000003", None)  # a marker
    sent, failed = swept(store)
    assert ({key for key, _ in store.versions}, failed) == ({"loadgen/run2/00000001"}, [])
    assert "list" not in sent


def test_a_list_of_versions_that_may_show_none_is_not_trusted():
    store = FakeStore(twist=lambda query, body: b"hello" if query.startswith("versioning") else body)
    store.objects = {"loadgen/run/00000001": b"x"}
    sent, failed = swept(store)
    assert (store.objects, failed) == ({}, [])
    assert "list" in sent


def test_what_object_lock_keeps_has_a_code_of_its_own():
    store = FakeStore(versions=True)
    for number in range(3):
        store._change(f"loadgen/run/{number:08d}", b"x")
    store.locked = {next(iter(store.versions))}
    assert swept(store)[1] == [("delete", ErrorClass.UNEXPECTED_STATUS)]
    assert list(store.versions) == list(store.locked)
    store.locked.add((key := "loadgen/run/00000009", "v"))
    store.versions[key, "v"] = b""
    assert len(swept(store)[1]) == 2  # each once, also where there is nothing that could be deleted
    expect = GoneExpect()
    assert expect.code(b"<Error><Code>AccessDenied</Code><Message>Object is WORM protected</Message></Error>") == LOCKED
    assert expect.code(b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>") == "AccessDenied"


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_a_store_that_deletes_one_by_one_is_swept(status):
    def fault(_method: str, _key: str, query: str) -> tuple[int, str] | None:
        return (status, "No") if query == "delete" else None

    store = FakeStore(page=3, fault=fault)
    store.objects = {f"loadgen/run/{number:08d}": b"x" for number in range(8)}
    sent, failed = swept(store)
    assert (store.objects, failed) == ({}, [])
    assert sent.count("delete-many") <= 3  # those of pages that were asked for at once
    assert sent.count("delete") == 8


def test_what_a_delete_of_many_did_not_delete_is_deleted_singly():
    store = FakeStore(twist=lambda query, body: b"<html>" if query == "delete" else body)
    store.objects = {"loadgen/run/00000001": b"x"}
    assert swept(store)[1] == []
    assert store.objects == {}


@pytest.mark.parametrize("status", [403, 404, 501])
def test_a_store_without_versions_is_swept(status):
    store = FakeStore(fault=lambda _, key, query: (status, "No") if not key and "version" in query else None)
    store.objects = {"loadgen/run/00000001": b"x"}
    assert (swept(store)[1], store.objects) == ([], {})


def test_versions_that_may_not_be_listed_are_a_failure():
    store = FakeStore(versions=True, fault=lambda _, key, query: (403, "No") if "&versions" in query else None)
    store._change("loadgen/run/00000001", b"x")
    assert swept(store)[1] == [("list-versions", ErrorClass.UNEXPECTED_STATUS)]


@pytest.mark.parametrize(("status", "fails"), [(404, False), (501, False), (403, True)])
def test_a_store_without_a_list_of_uploads_is_swept(status, fails):
    store = FakeStore(fault=lambda _, key, query: (status, "No") if "uploads" in query else None)
    assert bool(swept(store)[1]) is fails


def test_uploads_are_swept_page_by_page_and_those_that_are_gone_are_gone():
    store = FakeStore(page=2)
    store.uploads = {f"id-loadgen/run/{number:08d}": {} for number in range(5)}
    gone = FakeStore(fault=lambda method, key, _: (404, "NoSuchUpload") if method == "DELETE" else None)
    gone.uploads = {"id-loadgen/run/00000001": {}}
    assert (swept(store)[1], store.uploads, swept(gone)[1]) == ([], {}, [])


@pytest.mark.parametrize("body", [b"<html><body>Please wait</body></html>", b" ", b"<ListMultipart"])
def test_a_page_of_uploads_that_is_none_is_a_failure(body):
    store = FakeStore(twist=lambda query, text: body if "uploads" in query else text)
    assert swept(store)[1] == [("list-uploads", ErrorClass.UNEXPECTED_BODY)]


def test_a_long_list_is_swept_to_its_end():
    store = FakeStore(page=1)
    store.objects = {f"loadgen/run/{number:08d}": b"x" for number in range(1500)}
    play(workload_of(SWEEP), store, users=4)
    assert store.objects == {}
