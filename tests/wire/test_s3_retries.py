"""What may pass the next time is sent again by a batch and by what stands around a run, and every time is counted."""

import json
from pathlib import Path
from random import Random

from loadgen.workloads.s3.journal import read_entries
from tests.chaos.answers import Answer, End
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen
from tests.support.s3_fake import Fault
from tests.support.spread import spread

OBJECTS = 30


class Resets(Script):
    """One request in ten is met by a reset of its connection."""

    def answer(self, connection: int, number: int, method: str) -> Answer:
        if Random(f"{self.seed}/{connection}/{number}").random() < 0.1:
            return Answer("reset", (), End.RESET)
        return Script.answer(self, connection, number, method)


def s3(
    store: Store, job: str, *argv: object, mode: Mode = ("--mode", "async"), script: Script | None = None
) -> Finished:
    with HostileServer(script or Script("retries"), store=store) as server:
        return loadgen(
            "s3", job, "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos", "-c", "3",
            "--format", "json", *mode, *argv, env=ENVIRONMENT,
        )  # fmt: skip


def busy_at_first(method: str, of: str, status: int, times: int = 1) -> Fault:
    """A store that is busy the first times that it is asked so."""
    left = [times]

    def fault(asked: str, key: str, _query: str) -> tuple[int, str] | None:
        if asked == method and of in key and left[0]:
            left[0] -= 1
            return status, "SlowDown"
        return None

    return fault


def stored(fault: Fault) -> Store:
    store = Store(fault)
    store.add({f"in/{number:02d}": b"image %d" % number for number in range(OBJECTS)})
    return store


SOURCE = ("--source", "in/", "--prefix", "out/")


@spread("method, of", {"get": ("GET", "in/03"), "put": ("PUT", "out/07"), "list": ("GET", "")})
def test_a_batch_sends_again_what_found_the_store_busy(mode: Mode, tmp_path: Path, method: str, of: str) -> None:
    store = stored(busy_at_first(method, of, 503))
    done = s3(store, "batch", *SOURCE, "--resume", tmp_path / "j", mode=mode)
    assert (done.code, len(read_entries(str(tmp_path / "j")))) == (0, OBJECTS)
    name = "list" if not of else method.lower()
    again = {name: part.ledger.sent for name, part in done.result.requests.items() if name.endswith(" again")}
    assert {name: sent for name, sent in again.items() if sent} == {f"{name} again": 1}
    assert f"Sent again after a failure: 1 {name}; none failed for good" in done.result.notes
    assert done.result.transactions["object"].ledger.failed == 0


def test_a_batch_through_connections_that_are_reset_is_done_whole(mode: Mode, tmp_path: Path) -> None:
    store = stored(lambda *_: None)
    script = Resets("resets")
    done = s3(store, "batch", *SOURCE, "--resume", tmp_path / "j", mode=mode, script=script)
    assert (done.code, done.result.transactions["object"].ledger.ok) == (0, OBJECTS)
    lines = (tmp_path / "j").read_text().splitlines()[1:]
    assert sorted(json.loads(line)["key"] for line in lines) == [f"in/{n:02d}" for n in range(OBJECTS)], "each once"
    assert sorted(key for key in store.data if key.startswith("out/")) == [f"out/{n:02d}" for n in range(OBJECTS)]
    assert any(note.startswith("Sent again after a failure: ") for note in done.result.notes)


def test_a_batch_has_figures_by_the_size_of_what_it_gets_and_puts(local_mode: Mode, tmp_path: Path) -> None:
    store = Store(busy_at_first("GET", "in/large", 503))
    store.add({"in/small": b"x", "in/large": bytes(5000), "in/huge": bytes(70_000)})
    (tmp_path / "halves.py").write_text("def make(data):\n    return data[:len(data) // 2]\n")
    done = s3(store, "batch", *SOURCE, "--function", f"{tmp_path / 'halves.py'}:make", mode=local_mode)
    parts = done.result.parts.items()
    seen = {name: (part.ledger.sent, part.payload_bytes) for name, part in parts if part.ledger.sent}
    assert (done.code, done.result.requests["get again"].ledger.sent) == (0, 1)
    assert seen == {
        "get, up to 4.00 KiB": (1, 1), "get, up to 64.0 KiB": (1, 0), "get, up to 1.00 MiB": (1, 70_000),
        "put, up to 4.00 KiB": (2, 2500), "put, up to 64.0 KiB": (1, 35_000),
        "object, up to 4.00 KiB": (1, 1), "object, up to 64.0 KiB": (1, 5000), "object, up to 1.00 MiB": (1, 70_000),
    }  # fmt: skip


def test_what_fails_for_good_is_counted_by_objects(local_mode: Mode) -> None:
    store = stored(lambda method, key, _: (503, "SlowDown") if method == "PUT" and key == "out/05" else None)
    done = s3(store, "batch", *SOURCE, "--retries", "2", "--max-errors", "9", mode=local_mode)
    assert done.code == 99
    assert "Batch: 29 objects done, 1 failed, 0 skipped" in done.result.notes
    assert "Sent again after a failure: 2 put; 1 failed for good" in done.result.notes
    assert s3(store, "batch", *SOURCE, "--retries", "1", mode=local_mode).code == 108  # the first that is for good


def test_what_is_prepared_and_cleaned_up_is_sent_again_and_said() -> None:
    store = Store(busy_at_first("PUT", "3", 503))
    done = s3(store, "get", "--objects", "6", "--size", "10", "-n", "6")
    assert (done.code, store.left) == (0, [])
    assert done.result.notes[0].startswith("Prepared 6 objects, 60 B, in ")
    assert done.result.notes[0].endswith(", sent again after a failure: 1 put")
    store = Store(busy_at_first("POST", "", 429, 2))
    assert (s3(store, "put", "--objects", "6", "--size", "10").code, store.left) == (0, [])


def test_what_is_measured_is_not_sent_again_unless_asked_for(local_mode: Mode) -> None:
    argv = ("--objects", "6", "--size", "10")
    first = s3(Store(busy_at_first("PUT", "3", 429)), "put", *argv, mode=local_mode).result
    assert (first.ledger.sent, first.ledger.failed) == (6, 1)
    retried = (*argv, "--retries", "1", "--max-errors", "1")
    again = s3(Store(busy_at_first("PUT", "3", 429)), "put", *retried, mode=local_mode)
    assert (again.code, again.result.ledger.sent, again.result.ledger.failed) == (0, 7, 1)
