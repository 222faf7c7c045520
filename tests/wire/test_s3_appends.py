"""`loadgen s3 append`: objects that grow, where the store can do that."""

from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen


def s3(store: Store, *argv: object) -> Finished:
    with HostileServer(Script("appends"), store=store) as server:
        return loadgen(
            "s3", "append", "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos", "-c", "4",
            "--objects", "8", "--size", "100", "-n", "40", "--format", "json", *argv, env=ENVIRONMENT,
        )  # fmt: skip


def test_objects_grow_in_every_mode(mode: Mode) -> None:
    store = Store()
    done = s3(store, "--keep", *mode)
    assert done.code == 0
    assert (done.result.requests["append"].ledger.ok, done.result.requests["append"].payload_bytes) == (40, 4000)
    assert sum(map(len, store.data.values())) == 8 * 100 + 40 * 100


def test_a_store_that_does_not_append_is_said_before_the_run_and_left_clean() -> None:
    store = Store(appends=False)
    done = s3(store)
    assert done.code == 2
    assert "does not do as it is asked: to append puts over what is there" in done.err
    assert store.left == []
