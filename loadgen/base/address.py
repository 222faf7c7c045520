"""`HOST:PORT`, as it is typed."""

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
