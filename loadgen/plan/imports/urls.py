"""URLs of imported requests: their origins and paths, and whether a profile can hold them."""

import re
from base64 import b64encode
from urllib.parse import unquote

from loadgen.plan.profiles.address import parse_target

_URL = re.compile(r"(https?://[^/?#]*|\$\{[^}]*\})([^#]*)", re.IGNORECASE)
_USERINFO = re.compile(r"(https?://)([^/?#@]*)@", re.IGNORECASE)
_UNSENDABLE = re.compile("[\x00-\x20\x7f\ud800-\udfff]")


def split(url: str) -> tuple[str, str]:
    """The origin as it is written, and the path with the query; what follows a # is for browsers.

    Raises ValueError for what is no URL of http.
    """
    found = _URL.match(url)
    if found is None:
        raise ValueError(f"expected a URL with http or https, got {url[:80]!r}")
    path = found[2] if found[2][:1] == "/" else f"/{found[2]}"
    return (found[1] if "$" in found[1] else found[1].lower()), path


def without_userinfo(url: str) -> tuple[str, str | None]:
    """The URL without user and password, and the value of an Authorization header that says the same."""
    found = _USERINFO.match(url)
    if found is None or "$" in found[2]:
        return url, None
    pair = b64encode(unquote(found[2]).encode("utf-8", "replace")).decode()
    return found[1] + url[found.end() :], f"Basic {pair}"


def is_http(url: str) -> bool:
    """Whether it is a URL that can be asked for: no data:, no blob:, no ws:, no port that there is not."""
    if _URL.match(url) is None or _UNSENDABLE.search(url):
        return False
    try:
        parse_target(_USERINFO.sub(r"\1", url.partition("#")[0]))
    except ValueError:
        return False
    return True
