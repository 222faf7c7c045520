import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.encode import Encoder, rest_of_body
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import JOINED_BODY_BYTES, Fields, Request

HERE = Origin("http", "example.test", 8080)


class Chunks:
    """A body made piece by piece."""

    def __init__(self, *pieces, length=None):
        self.pieces = pieces
        self.length = length

    def chunks(self):
        return iter(self.pieces)


def sent(request, origin=HERE, keep_alive=True):
    """Every byte that goes out for a request."""
    return Encoder(origin, keep_alive=keep_alive).wire(request) + b"".join(rest_of_body(request) or ())


def request(method="GET", target="/", *pairs, body=b""):
    return Request(0, method, target, Fields(pairs), body=body)


@pytest.mark.parametrize(
    ("made", "wire"),
    [
        (request(), b"GET / HTTP/1.1\r\nHost: example.test:8080\r\n\r\n"),
        (
            request("GET", "/a?b=%20", ("Accept", "*/*"), ("X-Two", "")),
            b"GET /a?b=%20 HTTP/1.1\r\nHost: example.test:8080\r\nAccept: */*\r\nX-Two: \r\n\r\n",
        ),
        (request("HEAD"), b"HEAD / HTTP/1.1\r\nHost: example.test:8080\r\n\r\n"),
        (
            request("POST", "/", body=b'{"a": 1}'),
            b'POST / HTTP/1.1\r\nHost: example.test:8080\r\nContent-Length: 8\r\n\r\n{"a": 1}',
        ),
        (request("POST"), b"POST / HTTP/1.1\r\nHost: example.test:8080\r\nContent-Length: 0\r\n\r\n"),
        (request("PUT"), b"PUT / HTTP/1.1\r\nHost: example.test:8080\r\nContent-Length: 0\r\n\r\n"),
        (request("DELETE"), b"DELETE / HTTP/1.1\r\nHost: example.test:8080\r\n\r\n"),
        (
            request("DELETE", body=b"x"),
            b"DELETE / HTTP/1.1\r\nHost: example.test:8080\r\nContent-Length: 1\r\n\r\nx",
        ),
        (
            request("POST", body=Chunks(b"abc", b"0123456789abcdef!")),
            b"POST / HTTP/1.1\r\nHost: example.test:8080\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n11\r\n0123456789abcdef!\r\n0\r\n\r\n",
        ),
        (
            request("PUT", body=Chunks(b"abc", b"de", length=5)),
            b"PUT / HTTP/1.1\r\nHost: example.test:8080\r\nContent-Length: 5\r\n\r\nabcde",
        ),
        (request("GET", "/", ("hOST", "other")), b"GET / HTTP/1.1\r\nhOST: other\r\n\r\n"),
        (
            request("GET", "/", ("X", "J\xfcrgen")),
            b"GET / HTTP/1.1\r\nHost: example.test:8080\r\nX: J\xfcrgen\r\n\r\n",
        ),
    ],
)
def test_a_request_is_exactly_these_bytes(made, wire):
    assert sent(made) == wire


def test_without_keep_alive_every_request_says_so():
    assert sent(request(), keep_alive=False) == (
        b"GET / HTTP/1.1\r\nHost: example.test:8080\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (Origin("http", "example.test", 80), b"example.test"),
        (Origin("https", "example.test", 443), b"example.test"),
        (Origin("https", "example.test", 80), b"example.test:80"),
        (Origin("http", "::1", 8080), b"[::1]:8080"),
    ],
)
def test_the_host_field_names_the_port_only_where_it_is_not_the_scheme_s_own(origin, host):
    assert b"\r\nHost: " + host + b"\r\n" in sent(request(), origin)


def test_what_goes_out_in_one_piece_is_kept_for_the_next_time():
    made = request("POST", body=b"x" * JOINED_BODY_BYTES)
    wire = Encoder(HERE, keep_alive=True).wire(made)
    assert made.wire is wire
    assert rest_of_body(made) is None


def test_a_long_body_is_sent_after_the_head_and_not_copied():
    body = b"x" * (JOINED_BODY_BYTES + 1)
    made = request("POST", body=body)
    assert Encoder(HERE, keep_alive=True).wire(made).endswith(b"Content-Length: 65537\r\n\r\n")
    (rest,) = rest_of_body(made)
    assert rest is body


def test_a_body_in_chunks_starts_again_for_every_request():
    made = request("POST", body=Chunks(b"abc"))
    assert sent(made) == sent(made)


tokens = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", min_size=1, max_size=12)
field_values = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=20)
names = tokens.map(lambda name: "X-" + name)
bodies = st.binary(max_size=50) | st.lists(st.binary(min_size=1, max_size=20), max_size=3).map(
    lambda pieces: Chunks(*pieces)
)


@settings(max_examples=60)
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30).map(lambda path: "/" + path),
    st.lists(st.tuples(names, field_values), max_size=4),
    bodies,
    st.booleans(),
)
def test_a_server_reads_what_was_asked_for(method, target, pairs, body, keep_alive):
    data = sent(request(method, target, *pairs, body=body), keep_alive=keep_alive)
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    head = server.next_event()
    assert (head.method.decode(), head.target.decode(), head.http_version) == (method, target, b"1.1")
    fields = [(name, value) for name, value in head.headers if name.startswith(b"x-")]
    assert fields == [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs]
    received = b""
    while isinstance(event := server.next_event(), h11.Data):
        received += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert received == (body if isinstance(body, bytes) else b"".join(body.pieces))
    assert server.trailing_data == (b"", False)
    assert server.their_state is (h11.DONE if keep_alive else h11.MUST_CLOSE)
