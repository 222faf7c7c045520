"""The opening of a WebSocket: what is asked, and which replies agree."""

import hashlib
import re
from base64 import b64encode

import pytest

from loadgen.workloads.scenario.websocket.handshake import Opening, RefusedError


def opening(*subprotocols, compress=False):
    return Opening("/chat", "Host: here\r\nCookie: a=b\r\n", subprotocols, compress=compress)


def agreed(one, *lines, status="101 Switching Protocols", accept=None):
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", one.request)[1]
    good = b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
    head = [f"HTTP/1.1 {status}", "Upgrade: WebSocket", f"Sec-WebSocket-Accept: {accept or good}", *lines, "", ""]
    return "\r\n".join(head).encode()


def test_what_is_asked():
    text = opening("a", "b", compress=True).request.decode()
    assert text.startswith("GET /chat HTTP/1.1\r\nHost: here\r\nCookie: a=b\r\nUpgrade: websocket\r\n")
    assert "Sec-WebSocket-Protocol: a, b\r\n" in text
    assert "Sec-WebSocket-Extensions: permessage-deflate\r\n" in text
    assert text.endswith("\r\n\r\n")


def test_what_was_agreed():
    one = opening("a", "b", compress=True)
    one.read(
        agreed(
            one,
            "Sec-WebSocket-Protocol: b",
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
        )
    )
    assert (one.subprotocol, one.deflate, one.keeps_theirs, one.keeps_ours) == ("b", True, False, True)


@pytest.mark.parametrize(
    ("lines", "options", "problem"),
    [
        ((), {"status": "404 Not Found"}, "status 404"),
        ((), {"accept": "x"}, "not for this WebSocket"),
        (("Sec-WebSocket-Protocol: c",), {}, "'c', which was not offered"),
        (("Sec-WebSocket-Extensions: permessage-deflate",), {}, "'permessage-deflate', which was not offered"),
    ],
)
def test_what_does_not_agree(lines, options, problem):
    one = opening("a")
    with pytest.raises(RefusedError, match=problem):
        one.read(agreed(one, *lines, **options))


def test_another_protocol_is_no_answer():
    with pytest.raises(RefusedError, match="did not answer in HTTP"):
        opening().read(b"SSH-2.0\r\n\r\n")
