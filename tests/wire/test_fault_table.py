"""What each event on the wire is called, and whose fault it is: the same for every client, in every mode."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

import loadgen
from loadgen.base.error_class import ErrorClass
from tests.support.certificates import Certificates
from tests.support.command import balanced
from tests.support.fault_server import FaultServer, black_hole, closed_port
from tests.support.replies import HELLO, OK
from tests.support.spread import spread
from tests.support.steps import AwaitClose, Close, EndSending, ReadRequest, Reset, Send, Stall, Step

REPLY = OK + HELLO
FINE: tuple[Step, ...] = (ReadRequest(), Send(REPLY))
HALF_A_HEAD = b"HTTP/1.1 200 OK\r\nContent-"
E = ErrorClass


@dataclass(frozen=True)
class Event:
    """What the first connection meets, where the others serve; `name` is None where nothing is wrong with a request.

    `requests` are sent one after another, and the last of them meets it; the faults of others are nobody's.
    """

    name: ErrorClass | None
    steps: tuple[Step, ...] = ()
    requests: int = 1
    flags: dict[str, Any] = field(default_factory=dict)
    desynced: int = 0


EVENTS = {
    "reset before a reply": Event(E.CONNECTION_RESET, (ReadRequest(), Reset())),
    "reset in the head": Event(E.CONNECTION_RESET, (ReadRequest(), Send(HALF_A_HEAD), Reset())),
    "reset in the body": Event(E.CONNECTION_RESET, (ReadRequest(), Send(REPLY[:-1]), Reset())),
    "closed before a reply": Event(E.EARLY_CLOSE, (ReadRequest(), Close())),
    "closed in the head": Event(E.EARLY_CLOSE, (ReadRequest(), Send(HALF_A_HEAD), Close())),
    "closed in the body": Event(E.EARLY_CLOSE, (ReadRequest(), Send(REPLY[:-1]), Close())),
    "closed while idle": Event(None, (*FINE, Close()), 2, {"think": "200ms"}),
    "reset while idle": Event(None, (*FINE, Reset()), 2, {"think": "200ms"}),
    "reused, closed before a byte": Event(E.STALE_CONNECTION, (*FINE, ReadRequest(), Close()), 2),
    "reused, reset before a byte": Event(E.STALE_CONNECTION, (*FINE, ReadRequest(), Reset()), 2),
    "reused, closed in the body": Event(E.EARLY_CLOSE, (*FINE, ReadRequest(), Send(REPLY[:-1]), Close()), 2),
    "no reply": Event(E.TIMEOUT, (ReadRequest(), Stall()), flags={"timeout": "100ms"}),
    "half a reply": Event(E.TIMEOUT, (ReadRequest(), Send(REPLY[:-1]), Stall()), flags={"timeout": "100ms"}),
    "another protocol": Event(E.MALFORMED_REPLY, (ReadRequest(), Send(b"SSH-2.0-x\r\n"), AwaitClose())),
    "a length that is none": Event(
        E.MALFORMED_REPLY, (ReadRequest(), Send(OK + b"Content-Length: x\r\n\r\n"), AwaitClose())
    ),
    "surplus bytes": Event(None, (ReadRequest(), Send(REPLY + b"more"), AwaitClose()), desynced=1),
    "an error's status": Event(
        E.UNEXPECTED_STATUS, (ReadRequest(), Send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), AwaitClose())
    ),
    "cut by the grace": Event(E.CUT, (ReadRequest(), Stall()), flags={"duration": "200ms", "grace": "50ms"}),
}
HANDSHAKES = {
    "closed in the handshake": Event(E.TLS, (EndSending(), AwaitClose())),
    "no TLS there": Event(E.TLS, (Send(b"HTTP/1.1 400 Plain HTTP here\r\n\r\n"), AwaitClose())),
    "no end of the handshake": Event(E.CONNECT_TIMEOUT, (Stall(),), flags={"connect_timeout": "100ms"}),
}


WAYS = {
    f"{mode}-{client}": {"client": client, "mode": mode}
    for client in ("raw", "httpx")
    for mode in ("threads", "async", "pool")
}
BY_ITSELF = ("threads-raw", "async-raw", "threads-httpx", "async-httpx")
"""Each with code of its own to send with; in a pool it is that of `async`."""


@pytest.fixture(params=BY_ITSELF)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    return WAYS[request.param]


def met(url: str, event: Event, way: dict[str, Any]) -> None:
    """Run against a server that shows the event, and look at what the Result says of it."""
    limits = {} if "duration" in event.flags else {"total_requests": str(event.requests)}
    flags: dict[str, Any] = {"connections": "1", "processes": "1", **way, **limits, **event.flags}
    result = balanced(loadgen.run(loadgen.load_profile(url, **flags)))
    ledger = result.ledger
    errors = [(row.error_class, row.fault, row.count) for row in result.errors]
    fault = event.name and event.name.fault
    assert errors == ([(event.name, fault, 1)] if event.name else [])
    assert (ledger.failed, ledger.unknown) == (int(fault == "target"), int(fault == "unknown"))
    assert ledger.sent == event.requests
    assert result.connections.desynced == event.desynced


@spread("event", {name: (event,) for name, event in EVENTS.items()}, over="way", modes=WAYS, all_in=BY_ITSELF)
def test_an_event_on_a_connection(event: Event, way: dict[str, Any]) -> None:
    with FaultServer(lambda number: (*FINE, AwaitClose()) if number else event.steps) as server:
        met(f"http://127.0.0.1:{server.port}/", event, way)


@pytest.mark.parametrize("event", HANDSHAKES.values(), ids=HANDSHAKES)
def test_an_event_in_a_handshake(event: Event, way: dict[str, Any]) -> None:
    with FaultServer(lambda _: event.steps) as server:
        met(f"https://127.0.0.1:{server.port}/", event, way)


def test_a_certificate_of_a_stranger(certificates: Certificates, way: dict[str, Any]) -> None:
    with FaultServer(lambda _: FINE, certificates.server_context()) as server:
        met(f"https://127.0.0.1:{server.port}/", Event(E.TLS), way)


def test_a_port_that_refuses_and_one_that_does_not_answer(way: dict[str, Any]) -> None:
    with ExitStack() as stack:
        met(f"http://127.0.0.1:{stack.enter_context(closed_port())}/", Event(E.CONNECTION_REFUSED), way)
        never = Event(E.CONNECT_TIMEOUT, flags={"connect_timeout": "100ms"})
        met(f"http://127.0.0.1:{stack.enter_context(black_hole())}/", never, way)
