"""A batch from one store into another: in every mode, with both clients."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from loadgen.workloads.s3.function import touch
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen

IMAGES = {f"in/{number:02d}.jpg": b"image %d" % number for number in range(9)}


@contextmanager
def serving(store: Store) -> Iterator[str]:
    with HostileServer(Script("targets"), store=store) as server:
        yield f"http://127.0.0.1:{server.port}"


def batch(from_store: Store, into: Store, *argv: object) -> Finished:
    with serving(from_store) as source, serving(into) as target:
        return loadgen(
            "s3", "batch", "--endpoint", source, "--source", "s3://photos/in/", "--to", "s3://photos/new/",
            "--to-endpoint", target, "-c", "3", *argv, env=ENVIRONMENT,
        )  # fmt: skip


def stores() -> tuple[Store, Store]:
    source, target = Store(), Store()
    source.add(dict(IMAGES))
    target.add({})
    return source, target


def made() -> dict[str, bytes]:
    return {key.replace("in/", "new/"): touch(data) for key, data in IMAGES.items()}


def test_a_batch_puts_into_another_store(mode: Mode) -> None:
    source, target = stores()
    done = batch(source, target, "--format", "json", *mode)
    assert (done.code, source.data, target.data) == (0, IMAGES, made())
    sums = {name: part.ledger.ok for name, part in done.result.transactions.items()}
    assert (sums, done.result.metrics["listed"].sum) == ({"object": 9, "function": 9}, 9)


@pytest.mark.parametrize("where", ["async", "threads"])
def test_another_client_does_so_too(where: str) -> None:
    source, target = stores()
    assert batch(source, target, "--client", "httpx", "--mode", where).code == 0
    assert target.data == made()


def test_a_store_that_refuses_what_is_made_stops_the_batch(local_mode: Mode) -> None:
    source, _ = stores()
    full = Store(lambda method, key, _: (507, "InsufficientStorage") if method == "PUT" and key else None)
    full.add({})
    done = batch(source, full, "--format", "json", *local_mode)
    assert (done.code, full.data) == (108, {})
    assert "InsufficientStorage" in done.result.error_codes


def test_a_dry_run_lists_and_does_nothing() -> None:
    source, target = stores()
    done = batch(source, target, "--dry-run", "--match", "*[0-3].jpg", "--name", "{stem}.webp")
    assert (done.code, source.data, target.data) == (0, IMAGES, {})
    assert done.out.splitlines()[0] == "photos/in/00.jpg  7 B  -> photos/new/00.webp"
    assert done.out.splitlines()[4:] == ["4 objects, 28 B; nothing was read or put"]
    assert batch(source, target, "--dry-run", "--min-size", "1MiB").code == 2


def test_what_the_other_store_does_not_do_as_asked_is_said_before_anything_is_made() -> None:
    source, target = stores()
    done = batch(source, target, "-H", "x-amz-storage-class: GLACIER")
    assert (done.code, target.data) == (2, {})
    assert "does not do as it is asked: x-amz-storage-class: GLACIER was asked for" in done.err
    assert source.put_keys == []
