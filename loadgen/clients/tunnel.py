"""What is said to a proxy until it has opened the way to the target; no sockets here.

A greeting is a generator: it yields what is to be sent, is given what came, and ends when the way is open. It raises
ProxyError. Over HTTP it is CONNECT (RFC 9110, 9.3.6), over SOCKS5 RFC 1928 with the passwords of RFC 1929.
"""

import re
from collections.abc import Generator
from ipaddress import ip_address

from loadgen.base.dialing import Proxy
from loadgen.base.error_class import ErrorClass
from loadgen.clients.faults import ProxyError

Greeting = Generator[bytes, bytes, None]

_LONGEST_HEAD = 65536
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]{0,100}))?")
_BEYOND = (502, 503, 504)
_NO_PASSWORD, _PASSWORD, _NONE_OF_THEM = 0, 2, 0xFF
_SOCKS = {
    1: (ErrorClass.PROXY, "failed, and does not say of what"),
    2: (ErrorClass.PROXY, "does not allow it"),
    3: (ErrorClass.UNREACHABLE, "cannot reach its network"),
    4: (ErrorClass.UNREACHABLE, "cannot reach it"),
    5: (ErrorClass.CONNECTION_REFUSED, "was refused by it"),
    6: (ErrorClass.UNREACHABLE, "got no answer from it in time"),
    7: (ErrorClass.PROXY, "does not connect at all"),
    8: (ErrorClass.PROXY, "does not take such an address"),
}


def http_connect(proxy: Proxy, host: str, port: int) -> Greeting:
    """A tunnel of HTTP."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    received = yield f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{proxy.authorization}\r\n".encode("latin-1")
    head = received
    while (
        received and b"\r\n\r\n" not in head and len(head) <= _LONGEST_HEAD and head.startswith(b"HTTP/"[: len(head)])
    ):
        received = yield b""
        head += received
    status = _STATUS.match(head)
    if status is None:
        raise _failed(proxy, "closed the connection" if not received else "does not speak HTTP; is it one of SOCKS?")
    code, phrase = int(status[1]), (status[2] or b"").decode("latin-1")
    answer = f"{code} {phrase}".strip()
    if code == 407:
        raise _failed(proxy, f"{_who(proxy)} ({answer})")
    if code in _BEYOND:
        raise ProxyError(ErrorClass.UNREACHABLE, f"the proxy {proxy} cannot reach {place} ({answer})")
    if code // 100 != 2:
        raise _failed(proxy, f"does not connect to {place} ({answer})")
    if not head.endswith(b"\r\n\r\n") or head.count(b"\r\n\r\n") > 1:
        raise _failed(proxy, "sent more, or less, than its answer to CONNECT")


def socks5(proxy: Proxy, host: str, port: int) -> Greeting:
    """A tunnel of SOCKS5."""
    reader = _Reader(proxy)
    methods = (_NO_PASSWORD,) if proxy.user is None else (_NO_PASSWORD, _PASSWORD)
    version, method = yield from reader.read(2, bytes((5, len(methods), *methods)))
    if version != 5:
        raise _failed(proxy, "does not speak SOCKS5; is it one of HTTP?")
    if method not in methods:
        raise _failed(proxy, _who(proxy) if method == _NONE_OF_THEM else "asks for another kind of credentials")
    if method == _PASSWORD:
        user, password = (proxy.user or "").encode(), proxy.password.encode()
        said = b"".join((b"\x01", bytes((len(user),)), user, bytes((len(password),)), password))
        if (yield from reader.read(2, said))[1]:
            raise _failed(proxy, _who(proxy))
    _, code, _, kind = yield from reader.read(4, b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    if code:
        fault, what = _SOCKS.get(code, (ErrorClass.PROXY, f"failed with code {code}"))
        raise ProxyError(fault, f"the proxy {proxy} was asked for {host}:{port} and {what}")
    length = (yield from reader.read(1))[0] if kind == 3 else 16 if kind == 4 else 4
    yield from reader.read(length + 2)
    if reader.rest:
        raise _failed(proxy, "sent more than its answer")


class _Reader:
    """What came and was not read yet."""

    def __init__(self, proxy: Proxy) -> None:
        self.rest = b""
        self._proxy = proxy

    def read(self, size: int, send: bytes = b"") -> Generator[bytes, bytes, bytes]:
        """The next bytes, once `send` is out."""
        while send or len(self.rest) < size:
            received = yield send
            if not received:
                raise _failed(self._proxy, "closed the connection")
            self.rest, send = self.rest + received, b""
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def _address(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.encode()
        return bytes((3, len(name))) + name
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


def _who(proxy: Proxy) -> str:
    if proxy.user is None:
        return "wants a user and a password: give them in --proxy, before an @"
    return "did not accept the user and the password"


def _failed(proxy: Proxy, what: str) -> ProxyError:
    return ProxyError(ErrorClass.PROXY, f"the proxy {proxy} {what}")
