"""The target's URL, and the paths of requests beside it. No error ever shows what stands before an @."""

import re
import socket
from urllib.parse import SplitResult, unquote, urlsplit

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.pattern import pattern
from loadgen.base.units import shown
from loadgen.plan.encodings import encode_path
from loadgen.plan.profiles.variables import PLACEHOLDER

_HOST = pattern(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_LONGEST_HOST = 253
_WITHOUT_SCHEME = pattern(
    r"(localhost|[0-9]+(?:\.[0-9]+){3}|\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*(?=:[0-9]))(:[0-9]+)?([/?].*)?", re.DOTALL
)
_NO_FRAGMENT = (
    "without #, as nothing from a # on reaches a server: write %23 for one that belongs there, or leave it out"
)
_UNSENDABLE = pattern("[\r\n\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the requests go. `path` is what a request without its own path asks for; `userinfo` is "user:password"."""

    origin: Origin
    path: str = "/"
    userinfo: str | None = None

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


def parse_target(value: object) -> Target:
    """The target of an http or https URL. Raises ValueError without the URL's userinfo."""
    if not isinstance(value, str):
        raise ValueError(f"expected a URL such as http://127.0.0.1:8080/, got {shown(value)}")
    text = str(value).strip()
    if _UNSENDABLE.search(text):
        raise ValueError("expected a URL on one line: line breaks and NUL cannot be sent")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"expected a URL such as http://127.0.0.1:8080/, got {shown_url(text)}") from None
    if "#" in text:
        raise ValueError(f"expected a URL {_NO_FRAGMENT}")
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"expected a URL such as http://127.0.0.1:8080/, got {shown_url(text)}{_scheme_hint(text)}")
    port = _port(parts, text)
    host = _host(parts.hostname or "", text)
    userinfo, at, _ = parts.netloc.rpartition("@")
    origin = Origin(parts.scheme, host, port)
    path = encode_path((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    return Target(origin, path, unquote(userinfo) if at and userinfo else None)


def url_of(text: str) -> str:
    """The URL of a place without a scheme, if that is clear, else empty.

    Clear are an address, localhost, any host with a port, and a port alone, which is one of this machine.
    """
    match = _WITHOUT_SCHEME.fullmatch(text)
    if match is None:
        return ""
    scheme = "https" if match[2] == ":443" else "http"
    return f"{scheme}://{match[1] or '127.0.0.1'}{match[2] or ''}{match[3] or ''}"


def request_place(target: Target, path: str) -> tuple[Origin | None, str]:
    """The origin-form path of a request: "/x" from the origin's root, or a whole URL, which may be of another origin;
    None stands for the target's."""
    if path.startswith("/"):
        if "#" in path:
            raise ValueError(f"expected a path {_NO_FRAGMENT}")
        return None, encode_path(path)
    if not path.lower().startswith(("http://", "https://")):
        raise ValueError(f"expected a path that begins with / or a URL, got {shown_url(path)}")
    other = parse_target(path)
    if other.userinfo is not None:
        raise ValueError("expected a URL without user and password: give them in target or in an Authorization header")
    return (None if other.origin == target.origin else other.origin), other.path


def _port(parts: SplitResult, text: str) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"expected a port from 1 to 65535, got {shown_url(text)}")
    return port or (443 if parts.scheme == "https" else 80)


def _host(host: str, text: str) -> str:
    """The name in its ASCII (IDNA) form, or the address."""
    if ":" in host:
        try:
            socket.inet_pton(socket.AF_INET6, host)
        except OSError:
            raise ValueError(f"expected an IPv6 address such as http://[::1]:8080/, got {shown_url(text)}") from None
        return host
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        ascii_host = ""
    if len(ascii_host) > _LONGEST_HOST or not _HOST.fullmatch(ascii_host):
        raise ValueError(f"expected a URL with a host such as http://127.0.0.1:8080/, got {shown_url(text)}")
    return ascii_host


def _scheme_hint(text: str) -> str:
    """For "localhost:8080": the URL that was probably meant."""
    if "://" in text or "@" in text or PLACEHOLDER.search(text):
        return ""
    try:
        return f"; did you mean {parse_target(f'http://{text}')}?" if text else ""
    except ValueError:
        return ""


def shown_url(text: str) -> str:
    """What may be a URL, for an error: with all before its last @ left out."""
    before, _, after = text.rpartition("@")
    if not before:
        return shown(text)
    scheme = before.partition("://")[0] + "://" if "://" in before else ""
    return shown(f"{scheme}[redacted]@{after}")
