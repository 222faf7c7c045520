"""Runs on what was there before: nothing is put, and nothing is deleted but what is asked for."""

from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen

THERE = {f"in/{number:02d}": b"x" * number for number in range(9)}


def s3(store: Store, job: str, *argv: object) -> Finished:
    with HostileServer(Script("existing"), store=store) as server:
        return loadgen(
            "s3", job, "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos", "-c", "2",
            "--format", "json", *argv, env=ENVIRONMENT,
        )  # fmt: skip


def stored(page: int = 4) -> Store:
    store = Store(page=page)
    store.add({**THERE, "other": b"y"})
    return store


def test_what_is_there_is_read_and_stays(mode: Mode) -> None:
    store = stored()
    done = s3(store, "get", "--existing", "in/", "--order", "zipf", "-n", "40", *mode)
    assert (done.code, done.result.ledger.ok, store.data) == (0, 40, {**THERE, "other": b"y"})
    assert store.put_keys == []
    assert done.result.notes[0].startswith("Listed 9 objects under photos/in/ in ")


def test_what_is_there_is_deleted_once(local_mode: Mode) -> None:
    store = stored()
    done = s3(store, "delete", "--existing", "in/", *local_mode)
    assert (done.code, done.result.ledger.ok, store.data) == (0, 9, {"other": b"y"})


def test_a_list_that_is_not_whole_ends_the_run_before_it_begins() -> None:
    store = stored()
    store.twist(lambda query, body: body[:-30] if "continuation-token" in query else body)
    done = s3(store, "delete", "--existing", "in/")
    assert (done.code, done.out, store.data) == (2, "", {**THERE, "other": b"y"})
    assert "listing in/ 'photos'" in done.err
    assert s3(stored(), "get", "--existing", "nothing/").code == 2


def test_pages_of_what_is_there_are_listed() -> None:
    store = stored()
    done = s3(store, "list", "--existing", "in/", "-n", "6")
    assert (done.code, done.result.requests["list"].ledger.ok, store.put_keys) == (0, 6, [])
