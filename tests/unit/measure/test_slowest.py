import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Request
from loadgen.measure.exemplar import MOST, Exemplar, slowest_of
from loadgen.measure.slowest import Slowest, trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEAD = b"HTTP/1.1 200 OK\r\nSERVER-Timing: db;dur=53, app;dur=47.2\r\nX: 1\r\n\r\n"


def request(*fields: tuple[str, str], wire: bytes | None = None) -> Request:
    made = Request(0, "GET", "/", Fields(fields))
    made.wire = wire
    return made


def slowest() -> Slowest:
    made = Slowest(lambda text: text.decode().replace("47.2", "[redacted]"), lambda: 0)
    made._offset_ns = 5_000_000_000
    return made


def test_one_has_its_instant_and_what_may_explain_it() -> None:
    kept = slowest()
    instants = (1_000_000, 3_000_000, 9_000_000)
    sent = request(("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"))
    kept.add(sent, 7, instants, 200, 80, None, HEAD, reused=True)
    assert kept.take() == {
        0: [Exemplar(5_001_000, 8000, 2000, 7, True, 200, 80, "", "db;dur=53, app;dur=[redacted]", TRACE)]
    }
    assert kept.take() == {}


def test_only_the_slowest_are_kept() -> None:
    kept = slowest()
    for ms in range(1, 31):
        if kept.wants(0, ms * 1_000_000):
            kept.add(request(), 0, (0, 0, ms * 1_000_000), 0, 0, ErrorClass.TIMEOUT, b"", reused=None)
    assert not kept.wants(0, 21_000_000)
    assert kept.wants(0, 21_000_001)
    assert kept.wants(1, 0)
    rows = kept.take()[0]
    assert [row.response_us for row in rows] == [ms * 1000 for ms in range(30, 20, -1)]
    assert rows[0].error == "timeout"


@pytest.mark.parametrize(
    ("sent", "trace"),
    [
        (request(("TraceParent", f"00-{TRACE}-b7ad6b7169203331-01")), TRACE),
        (request(wire=f"GET / HTTP/1.1\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n\r\n".encode()), TRACE),
        (request(("x-traceparent", "00-1-2-3")), ""),
        (request(), ""),
    ],
)
def test_the_trace_is_that_of_the_request(sent: Request, trace: str) -> None:
    assert trace_of(sent) == trace


def test_a_reply_may_tell_the_trace() -> None:
    kept = slowest()
    head = f"HTTP/1.1 200 OK\r\ntraceresponse: 00-{TRACE}-b7ad6b7169203331-01\r\n\r\n".encode()
    kept.add(request(), 0, (0, 0, 1), 200, 0, None, head, reused=None)
    assert kept.take()[0][0].trace == TRACE


def test_those_of_several_are_the_slowest_of_all() -> None:
    rows = [Exemplar(0, us, 0, 0, None, 200, 0) for us in (5, 3, 9)]
    assert [row.response_us for row in slowest_of(rows)] == [9, 5, 3]
    assert len(slowest_of(rows * 9)) == MOST
