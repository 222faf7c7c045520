"""Addresses as they are typed: `HOST:PORT`, and whether a host is this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from loadgen.base.units import shown


def host_and_port(text: str, example: str = "127.0.0.1:9464") -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `[::1]:PORT` or `:PORT`, which is 127.0.0.1. Raises ValueError."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.path or parts.query or parts.username is not None:
        raise ValueError(f"expected HOST:PORT such as {example}, got {shown(text)}")
    return parts.hostname or "127.0.0.1", port


def is_loopback(host: str) -> bool:
    """Whether a name or an address is of this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
