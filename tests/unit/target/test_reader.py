import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.target.reader import MAX_HEAD_BYTES, MAX_KEPT_BYTES, Received, RequestReader

GET = b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /up HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"PUT /up HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
TABLE = [
    (GET, Received(b"GET", b"/a?b", 0, True, False)),
    (POST, Received(b"POST", b"/up", 5, True, False, b"hello")),
    (CHUNKED, Received(b"PUT", b"/up", 5, True, False, b"abcde")),
    (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", Received(b"GET", b"/", 0, False, False)),
    (b"GET / HTTP/1.0\r\n\r\n", Received(b"GET", b"/", 0, False, True)),
    (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", Received(b"GET", b"/", 0, True, True)),
    (b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", Received(b"GET", b"/", 0, False, False)),
]


@pytest.mark.parametrize(("data", "received"), TABLE)
def test_a_request_is_read_whole(data: bytes, received: Received) -> None:
    reader = RequestReader()
    assert reader.feed(data) == [received]
    assert reader.closed is not received.keep_alive
    assert not reader.in_message


@pytest.mark.parametrize(("data", "received"), TABLE)
def test_a_request_is_read_byte_by_byte(data: bytes, received: Received) -> None:
    reader = RequestReader()
    pieces = [reader.feed(data[i : i + 1]) for i in range(len(data))]
    assert [item for piece in pieces for item in piece] == [received]


def test_pipelined_requests_come_out_in_their_order() -> None:
    reader = RequestReader()
    whole = reader.feed(GET + POST + CHUNKED + GET[:10])
    assert [item.target for item in whole] == [b"/a?b", b"/up", b"/up"]
    assert reader.in_message


def test_of_a_long_body_the_beginning_is_kept() -> None:
    reader, length = RequestReader(), MAX_KEPT_BYTES + 10
    reader.feed(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % length + b"x" * (MAX_KEPT_BYTES - 1))
    (received,) = reader.feed(b"y" * 11)
    assert (received.body_length, received.body) == (length, b"x" * (MAX_KEPT_BYTES - 1) + b"y")


def test_of_the_head_only_the_fields_of_users_are_kept_and_none_of_another_request() -> None:
    head = b"Host: x\r\nCOOKIE: a=1\r\nAuthorization: Bearer t\r\nContent-Type: text/plain\r\n"
    reader = RequestReader()
    first, second = reader.feed(b"GET / HTTP/1.1\r\n" + head + b"\r\n" + GET)
    assert first.fields == {b"cookie": b"a=1", b"authorization": b"Bearer t", b"content-type": b"text/plain"}
    assert second.fields == {}


def test_what_follows_the_last_request_is_ignored() -> None:
    reader = RequestReader()
    assert len(reader.feed(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n" + GET)) == 1
    assert reader.feed(GET) == []
    assert reader.refusal == 0


def test_a_client_that_expects_to_be_asked_awaits_it_until_its_body_begins() -> None:
    reader = RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
    assert reader.awaits_continue
    reader.feed(b"he")
    assert not reader.awaits_continue


@pytest.mark.parametrize(
    "data", [b"NONSENSE\r\n\r\n", b"GET / FTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"]
)
def test_garbage_is_refused(data: bytes) -> None:
    reader = RequestReader()
    reader.feed(data)
    assert reader.refusal == 400


@pytest.mark.parametrize("size", [1000, 16384, 1 << 20])
def test_a_head_that_is_too_long_is_refused_however_it_comes(size: int) -> None:
    data = b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (3 * MAX_HEAD_BYTES) + b"\r\n\r\n"
    reader = RequestReader()
    whole = [item for i in range(0, len(data), size) for item in reader.feed(data[i : i + size])]
    assert (whole, reader.refusal) == ([], 431)


def test_a_long_upload_before_a_head_does_not_count_as_head() -> None:
    reader = RequestReader()
    body = b"x" * (4 * MAX_HEAD_BYTES)
    reader.feed(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body + GET[:9])
    assert [item.target for item in reader.feed(GET[9:])] == [b"/a?b"]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_random_bytes_never_raise(pieces: list[bytes]) -> None:
    reader = RequestReader()
    for piece in pieces:
        reader.feed(piece)
