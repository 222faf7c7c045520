"""`loadgen s3 sweep`, and the end of runs on buckets that keep versions, by the command."""

from typing import Any

import pytest

from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, loadgen


def s3(store: Store, job: str, *argv: object) -> Finished:
    with HostileServer(Script("sweep"), store=store) as server:
        url = f"http://127.0.0.1:{server.port}"
        return loadgen("s3", job, "--endpoint", url, "--bucket", "photos", *argv, env=ENVIRONMENT)


def left_by_runs(**more: Any) -> Store:
    store = Store(**more)
    store.add({f"loadgen/{run}/{number:08d}": b"x" * 10 for run in ("0123abcd", "89abcdef") for number in range(3)})
    store.add({"loadgen/0123abcd/made/00000001": b"x", "loadgen/89abcdef/notes.txt": b"mine", "loadgen/photo": b"x"})
    store.add({"loadgen/holidays/00000001": b"x", "deadbeef/00000001": b"x"})
    return store


OTHERS = ["deadbeef/00000001", "loadgen/89abcdef/notes.txt", "loadgen/holidays/00000001", "loadgen/photo"]


def test_what_killed_runs_have_left_is_deleted_and_nothing_else() -> None:
    store = left_by_runs()
    listed = s3(store, "sweep", "--dry-run")
    assert (listed.code, len(store.left)) == (0, 11)
    assert listed.out.splitlines() == [
        "photos/loadgen/0123abcd/  found: 4 objects, 31 B",
        "photos/loadgen/89abcdef/  found: 3 objects, 30 B; 1 other object there, as no run puts them, not touched",
    ]
    one = s3(store, "sweep", "--run", "0123abcd")
    assert (one.code, one.out) == (0, "photos/loadgen/0123abcd/  deleted: 4 objects, 31 B\n")
    assert s3(store, "sweep").code == 0
    assert sorted(store.left) == OTHERS
    assert s3(store, "sweep").out == "nothing of any run is left under photos/loadgen/\n"


def test_a_run_says_where_it_puts_things_and_deletes_all_versions() -> None:
    store = Store(versions=True)
    done = s3(store, "mixed", "--objects", "5", "--size", "10", "-n", "40", "-c", "2")
    assert (done.code, store.left) == (0, [])
    assert "all that it puts is under photos/loadgen/" in done.err


def test_what_object_lock_keeps_is_said() -> None:
    store = Store(versions=True)
    store.lock_all()
    done = s3(store, "put", "--objects", "3", "--size", "10", "-c", "1")
    assert "NOT CLEANED UP (object lock keeps 3 versions until their retention ends)" in " ".join(done.out.split())
    swept = s3(store, "sweep")
    assert (swept.code, len(store.left)) == (99, 6)
    assert "NOT DELETED (object lock keeps 3 versions until their retention ends): 3 objects" in swept.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("sweep", "--size", "1"), "--size: sweep takes no such option"),
        (("put", "--dry-run"), "--dry-run: only for sweep, and batch with --source; the job is put"),
        (("put", "--run", "0123abcd"), "--run: only for sweep, and the job is put"),
    ],
)
def test_options_of_a_sweep_alone(argv: tuple[str, ...], said: str) -> None:
    done = loadgen("s3", *argv, "--endpoint", "http://127.0.0.1:9", "--bucket", "photos", env=ENVIRONMENT)
    assert (done.code, said in done.err) == (2, True)


def test_a_store_that_cannot_be_asked_is_said() -> None:
    refused = s3(Store(lambda *_: (403, "SignatureDoesNotMatch")), "sweep")
    assert (refused.code, refused.out) == (2, "")
    assert "SignatureDoesNotMatch; check AWS_SECRET_ACCESS_KEY" in refused.err
