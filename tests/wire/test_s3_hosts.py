"""Several endpoints of one store: each is used, in every mode, and has figures of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen


@contextmanager
def endpoints(*stores: Store) -> Iterator[list[str]]:
    with HostileServer(Script("one"), store=stores[0]) as one, HostileServer(Script("two"), store=stores[-1]) as two:
        yield [f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"]


def s3(job: str, hosts: list[str], *argv: object) -> Finished:
    each = [word for host in hosts for word in ("--endpoint", host)]
    return loadgen("s3", job, *each, "--bucket", "photos", "--size", "10", "--format", "json", *argv, env=ENVIRONMENT)


def test_each_endpoint_is_used_and_every_object_done_once(mode: Mode) -> None:
    store = Store()
    with endpoints(store) as hosts:
        put = s3("put", hosts, "-c", "4", "--objects", "20", "--keep", *mode)
    assert (put.code, len(store.left)) == (0, 20)
    sent = {name: part.ledger.ok for name, part in put.result.parts.items()}
    assert sent == {f"put at {host}": 10 for host in hosts}
    assert put.result.requests["put"].ledger.ok == 20


def test_requests_at_a_rate_and_with_another_client_go_to_all(local_mode: Mode) -> None:
    with endpoints(Store()) as hosts:
        got = s3("get", hosts, "-c", "4", "--objects", "6", "-n", "40", "-R", "400", *local_mode)
        other = s3("mixed", hosts, "-c", "2", "--objects", "6", "-n", "20", "--client", "httpx", "--mode", "async")
    for done, names in ((got, {"get"}), (other, {"get", "stat", "put", "delete"})):
        assert done.code == 0, done.err
        assert {name.split(" at ")[0] for name in done.result.parts} <= names
        by_host = [sum(part.ledger.sent for name, part in done.result.parts.items() if host in name) for host in hosts]
        assert min(by_host) > 0
        assert sum(by_host) == done.result.ledger.sent


def test_an_endpoint_that_fails_is_seen_by_its_name() -> None:
    good, bad = Store(), Store(lambda method, key, _: (500, "InternalError") if method == "GET" and key else None)
    bad.add({})
    with endpoints(good, bad) as hosts:
        done = s3("get", hosts, "-c", "2", "--objects", "2", "-n", "10", "--mode", "async")
    failed = {name: part.ledger.failed for name, part in done.result.parts.items()}
    assert (failed[f"get at {hosts[0]}"], failed[f"get at {hosts[1]}"] > 0) == (0, True)


def test_there_must_be_a_connection_for_each() -> None:
    done = s3("get", ["127.0.0.1:{9001...9003}"], "-c", "4", "--processes", "2")
    assert (done.code, done.out) == (2, "")
    assert "-c: expected at least 6 connections for 3 endpoints" in done.err
    assert "--endpoint: sweep takes one" in s3("sweep", ["127.0.0.1:9001", "127.0.0.1:9002"]).err
    assert "--endpoint: expected endpoints that differ" in s3("get", ["127.0.0.1:9001"] * 2, "-c", "8").err


def test_at_a_rate_that_one_connection_would_do_for_the_endpoints_have_their_turns() -> None:
    with endpoints(Store()) as hosts:
        done = s3("get", hosts, "-c", "8", "--objects", "6", "-n", "20", "-R", "100", "--mode", "async")
    assert [done.result.parts[f"get at {host}"].ledger.ok for host in hosts] == [10, 10]
