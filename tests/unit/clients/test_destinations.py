"""Origins beside the plan's: one destination each, made ready once, and the clients of one user that go there."""

import asyncio
import errno
import ssl
import threading

import pytest

from loadgen.base.clock import now_ns
from loadgen.base.endpoint import Endpoint, Origin, Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Outcome, Request
from loadgen.clients.destinations import Destinations
from loadgen.clients.origins import OriginClients
from loadgen.clients.resolve import look_up

HOME = Endpoint(Origin("http", "home.test", 80), ((2, ("10.0.0.1", 80)),))
NAMED = Origin("http", "other.test", 8080)
TIMEOUT_S = 10.0


def destinations(look_up=lambda origin: ((2, ("127.0.0.2", origin.port)),), endpoint=HOME):
    return Destinations(endpoint, None, now_ns, look_up=look_up)


def test_home_is_ready_and_that_of_no_origin_and_of_its_own():
    all_of_them = destinations()
    assert all_of_them.home.ready
    assert all_of_them.of(None) is all_of_them.of(HOME.origin) is all_of_them.home
    assert not all_of_them.home.is_near


def test_an_address_needs_no_look_up():
    origin = Origin("http", "127.0.0.9", 81)
    found = destinations(look_up).of(origin)
    assert found.ready
    assert list(found.addresses.in_turn()) == [(2, ("127.0.0.9", 81))]


def test_a_name_is_looked_up_once_however_many_ask():
    asked = []
    both = threading.Barrier(2, timeout=TIMEOUT_S)

    def found_by(origin):
        asked.append(origin)
        return ((2, ("127.0.0.2", origin.port)),)

    all_of_them = destinations(found_by)
    found = all_of_them.of(NAMED)
    assert not found.ready

    def prepare():
        both.wait()
        all_of_them.prepare(found)

    threads = [threading.Thread(target=prepare) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.ready
    assert found.is_near
    assert asked == [NAMED]
    assert all_of_them.of(NAMED) is found


def test_a_slow_look_up_holds_up_no_other_origin():
    gate, looking = threading.Event(), threading.Event()

    def found_by(origin):
        if origin != NAMED:
            return ((2, (origin.host, origin.port)),)
        looking.set()
        assert gate.wait(TIMEOUT_S)
        return ((2, ("127.0.0.2", origin.port)),)

    all_of_them = destinations(found_by)
    thread = threading.Thread(target=all_of_them.prepare, args=(all_of_them.of(NAMED),))
    thread.start()
    assert looking.wait(TIMEOUT_S)
    assert all_of_them.of(Origin("http", "127.0.0.9", 81)).ready
    gate.set()
    thread.join()


def test_what_cannot_be_used_for_tls_is_an_error_of_tls_and_is_tried_again():
    all_of_them = destinations(endpoint=Endpoint(HOME.origin, HOME.addresses, tls=Tls(ca_file="/nowhere")))
    found = all_of_them.of(Origin("https", "127.0.0.9", 443))
    for _ in range(2):
        with pytest.raises(ssl.SSLError, match="--cacert"):
            all_of_them.prepare(found)
        assert not found.ready


class Client:
    """Says where it went."""

    def __init__(self, endpoint, context, counts, clock, addresses):
        self.endpoint, self.counts, self.done = endpoint, counts, []

    async def connect(self):
        self.done.append("connect")

    async def exchange(self, request):
        return Outcome(now_ns(), now_ns(), detail=str(self.endpoint.origin), error=ErrorClass.CUT)

    def again(self, request, sent_ns):
        return Outcome(sent_ns, now_ns(), detail=f"again {self.endpoint.origin}")

    def cut(self):
        self.done.append("cut")

    def drop(self):
        self.done.append("drop")

    async def close(self):
        self.done.append("close")


def to(origin):
    return Request(0, "GET", "/", Fields(()), origin=origin)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_client_for_each_origin_does_what_the_user_does(blocking):
    made = []

    def make(*given):
        made.append(Client(*given))
        return made[-1]

    async def job():
        client = OriginClients(make, HOME, destinations(), now_ns, blocking=blocking)
        await client.connect()
        assert client.again(to(NAMED), 7) is None
        ways = [(await client.exchange(to(origin))).detail for origin in (None, NAMED, NAMED, None)]
        assert ways == ["http://home.test", "http://other.test:8080", "http://other.test:8080", "http://home.test"]
        assert client.again(to(NAMED), 7).detail == "again http://other.test:8080"
        assert client.again(to(None), 7).detail == "again http://home.test"
        client.drop()
        client.cut()
        await client.close()
        assert {id(one.counts) for one in made} == {id(client.counts)}

    asyncio.run(job())
    assert [one.done for one in made] == [["connect", "drop", "cut", "close"], ["drop", "cut", "close"]]


def test_a_client_that_is_made_after_the_cut_is_cut_too_and_a_failed_look_up_then_is_a_cut():
    made = []

    def make(*given):
        made.append(Client(*given))
        return made[-1]

    def found_by(origin):
        client.cut()
        if origin == NAMED:
            return ((2, ("127.0.0.2", origin.port)),)
        raise OSError(errno.EHOSTUNREACH, "nobody knows")

    client = OriginClients(make, HOME, destinations(found_by), now_ns, blocking=True)
    asyncio.run(client.exchange(to(NAMED)))
    assert made[1].done == ["cut"]
    assert asyncio.run(client.exchange(to(Origin("http", "none.test", 80)))).error is ErrorClass.CUT
    assert client.counts.failed == 1
