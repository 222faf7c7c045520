"""The URLs of requests as requests writes them: quoted where that is missing, with their parameters."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_IN_PATH = "!$%&'()*+,/:;=@~"
_IN_QUERY = _IN_PATH + "?"
_PERCENT = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9/._~=&?,:;@!$'()*+-]*")


class InvalidURL(ValueError):  # noqa: N818 - named by requests
    """No URL to which a request could be sent."""


def absolute(base_url: str, path: Any) -> str:
    """A path behind the client's base URL, with one slash between them; an absolute URL as it is."""
    text = path if isinstance(path, str) else path.decode() if isinstance(path, bytes) else str(path)
    if _ABSOLUTE.match(text):
        return text
    return f"{base_url.removesuffix('/') if text.startswith('/') else base_url}{text}"


def prepared(url: str, params: Any = None) -> str:
    """The URL quoted, with `params` after its query; its fragment stays. Raises InvalidURL."""
    url = url.lstrip()
    query = encoded_pairs(params) if params else ""
    if not query and _PLAIN.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidURL(f"{url!r}: {error}; does the path begin with a slash?") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise InvalidURL(f"{url!r}: expected a path behind a host such as http://localhost, or a whole URL")
    if query:
        parts = parts._replace(query=f"{parts.query}&{query}" if parts.query else query)
    netloc = parts.netloc
    if not netloc.isascii():
        netloc = netloc.encode("idna").decode()
    path, quoted_query = _requoted(parts.path or "/", _IN_PATH), _requoted(parts.query, _IN_QUERY)
    return urlunsplit(parts._replace(netloc=netloc, path=path, query=quoted_query))


def path_of(url: str) -> str:
    """Path and query of a prepared URL: the name of a request that has none."""
    url = url.partition("#")[0]
    at = url.find("/", url.find("//") + 2)
    return url[at:] if at >= 0 else "/"


def origin_of(url: str) -> str:
    """Scheme and authority of a prepared URL."""
    at = url.find("/", url.find("//") + 2)
    return url[:at] if at >= 0 else url


def encoded_pairs(data: Any) -> str:
    """Parameters or a form: a mapping or pairs, whose values may be lists; None leaves one out, text is as it is."""
    if isinstance(data, bytes):
        return data.decode("latin-1")
    if isinstance(data, str):
        return data
    pairs: list[tuple[Any, Any]] = []
    for key, value in items_of(data):
        values = [value] if isinstance(value, str | bytes) or not isinstance(value, Iterable) else value
        pairs += [(key, item) for item in values if item is not None]
    return urlencode(pairs)


def items_of(data: Any) -> list[tuple[Any, Any]]:
    """The pairs of a mapping, or of a list or tuple of pairs."""
    return list(data.items()) if isinstance(data, Mapping) else [(key, value) for key, value in data]


def _requoted(text: str, safe: str) -> str:
    """Quote what may not stand in a URL, and unquote what need not be quoted."""
    text = _PERCENT.sub(lambda found: found[0].upper(), text)
    if "%" in _PERCENT.sub("", text):  # a percent sign that quotes nothing
        return quote(text, safe=safe.replace("%", ""))
    return quote(_PERCENT.sub(_unquoted_if_plain, text), safe=safe)


def _unquoted_if_plain(found: re.Match[str]) -> str:
    char = unquote(found[0])
    return char if char in _UNRESERVED else found[0]
