"""What is said to proxies: whole, byte by byte, and with what must not be there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.dialing import Proxy
from loadgen.base.error_class import ErrorClass
from loadgen.clients.faults import ProxyError
from loadgen.clients.tunnel import http_connect, socks5

HTTP = Proxy("http", "p.test", 3128)
SOCKS = Proxy("socks5h", "p.test", 1080, "me", "geheim")


def spoken(greeting, *answers, size=0):
    """What was said, where each of the answers comes when there is something to answer; in pieces of a size."""
    said, waiting = [next(greeting)], list(answers)
    try:
        while True:
            answer = waiting.pop(0) if waiting else b""
            pieces = [answer[at : at + size] for at in range(0, len(answer), size)] if size else [answer]
            for piece in pieces or [b""]:
                said.append(greeting.send(piece))
    except StopIteration:
        assert not waiting
        return [one for one in said if one]


@pytest.mark.parametrize("size", [0, 1, 3])
def test_connect_ends_with_a_status_of_success(size):
    answer = b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"
    assert spoken(http_connect(HTTP, "example.test", 443), answer, size=size) == [
        b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n"
    ]


def test_an_address_of_ipv6_is_in_brackets_and_who_asks_is_said():
    (said,) = spoken(http_connect(Proxy("http", "p", 1, "me", "geheim"), "::1", 443), b"HTTP/1.0 200\r\n\r\n")
    assert said == b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-Authorization: Basic bWU6Z2VoZWlt\r\n\r\n"


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("example.test", b"\x03\x0cexample.test"),
        ("127.0.0.1", b"\x01\x7f\x00\x00\x01"),
        ("::1", b"\x04" + bytes(15) + b"\x01"),
    ],
)
@pytest.mark.parametrize("bound", [b"\x01" + bytes(6), b"\x04" + bytes(18), b"\x03\x02ab\x00\x50"])
def test_socks_is_told_who_asks_and_where_to(host, address, bound, size):
    said = spoken(socks5(SOCKS, host, 443), b"\x05\x02", b"\x01\x00", b"\x05\x00\x00" + bound, size=size)
    assert said == [b"\x05\x02\x00\x02", b"\x01\x02me\x06geheim", b"\x05\x01\x00" + address + b"\x01\xbb"]


def test_a_socks_proxy_that_asks_for_no_password_is_given_none():
    said = spoken(socks5(SOCKS, "127.0.0.1", 80), b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6))
    assert len(said) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, ErrorClass.PROXY),
        (2, ErrorClass.PROXY),
        (3, ErrorClass.UNREACHABLE),
        (5, ErrorClass.CONNECTION_REFUSED),
        (6, ErrorClass.UNREACHABLE),
        (8, ErrorClass.PROXY),
        (99, ErrorClass.PROXY),
    ],
)
def test_a_code_of_socks_is_a_class_of_its_own(code, kind):
    with pytest.raises(ProxyError) as caught:
        spoken(socks5(SOCKS, "example.test", 80), b"\x05\x00", bytes((5, code, 0, 1)) + bytes(6))
    assert caught.value.kind is kind
    assert "example.test:80" in str(caught.value)


@given(st.lists(st.binary(max_size=40), max_size=6), st.booleans())
def test_whatever_comes_it_opens_or_says_why_not(answers, is_http):
    greeting = http_connect(HTTP, "a", 1) if is_http else socks5(SOCKS, "a", 1)
    said = ""
    try:
        next(greeting)
        for answer in (*answers, b""):
            greeting.send(answer)
    except ProxyError as error:
        said = error.strerror
    except StopIteration:
        return
    assert "p.test" in said
    assert "geheim" not in said
