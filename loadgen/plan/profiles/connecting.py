"""How one value about connections is read: each returns it, or raises ValueError with a plain sentence."""

import socket
from urllib.parse import unquote, urlsplit

from loadgen.base.dialing import Proxy, ProxyScheme
from loadgen.base.pattern import pattern
from loadgen.base.units import shown

FROM_ENVIRONMENT = "env"
_PROXY_PORTS: dict[ProxyScheme, int] = {"http": 80, "socks5": 1080, "socks5h": 1080}
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^:\[\],\s]*)"
_CONNECT_TO = pattern(rf"{_HOST}:([0-9]*):{_HOST}:([0-9]*)")
_RESOLVE = pattern(rf"{_HOST}:([0-9]*|\*):([^\s]+)")
_LONGEST = 255


def parse_proxy(value: object) -> Proxy | str:
    """A proxy's URL, whose scheme may be left out, or "env". Raises ValueError without what may be a password."""
    if value == FROM_ENVIRONMENT:
        return FROM_ENVIRONMENT
    text = str(value).strip() if isinstance(value, str) else ""
    if "://" not in text:
        text = f"http://{text}"
    scheme = text.partition("://")[0].lower()
    expected = (
        "expected a proxy such as http://127.0.0.1:3128 or socks5h://HOST:1080, or env for that of the environment"
    )
    if scheme == "https":
        raise ValueError("expected a proxy of http:// or socks5h://: one that is reached over TLS is not supported")
    if scheme in ("socks4", "socks4a", "socks"):
        raise ValueError(f"expected a proxy of socks5:// or socks5h://, got one of {scheme}://")
    known = next((known for known in _PROXY_PORTS if known == scheme), None)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if known is None or not host or parts.path not in ("", "/") or parts.query:
        raise ValueError(expected)
    user = None if parts.username is None else unquote(parts.username)
    password = unquote(parts.password or "")
    if max(len((user or "").encode()), len(password.encode())) > _LONGEST or (user == "" and known != "http"):
        raise ValueError(f"expected a user and a password of 1 to {_LONGEST} bytes each")
    return Proxy(known, host, port or _PROXY_PORTS[known], user, password)


def parse_connect_to(value: object) -> tuple[str, int, str, int]:
    """A row of `Dialing.connect_to` of HOST:PORT:HOST:PORT, any of which may be empty."""
    match = _CONNECT_TO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected HOST:PORT:HOST:PORT such as example.com:443:127.0.0.1:8443, got {shown(value)}")
    return match[1].strip("[]"), _port(match[2]), match[3].strip("[]"), _port(match[4])


def parse_resolve(value: object) -> tuple[str, int, tuple[str, ...]]:
    """A row of `Dialing.resolve` of HOST:PORT:ADDRESS[,ADDRESS...]; * is any host, or any port."""
    match = _RESOLVE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not match[1]:
        raise ValueError(f"expected HOST:PORT:ADDRESS such as example.com:443:127.0.0.1, got {shown(value)}")
    return match[1], _port(match[2].replace("*", "")), tuple(parse_ip(part.strip("[]")) for part in match[3].split(","))


def parse_ip(value: object) -> str:
    """An IP address."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, str(value).partition("%")[0])
        except (OSError, ValueError):
            continue
        return str(value)
    raise ValueError(f"expected an IP address such as 127.0.0.2, got {shown(value)}")


def _port(text: str) -> int:
    if text and not 0 < int(text[:6]) < 65536:
        raise ValueError(f"expected a port from 1 to 65535, got {shown(text)}")
    return int(text or 0)
