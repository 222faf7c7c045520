"""Where a redirect leads, as browsers, requests and httpx follow it."""

from urllib.parse import urljoin, urlsplit

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.paths import split_url

MOST_REDIRECTS = 10

OF_BODIES = ("content-type", "content-encoding", "content-language", "content-length")
"""Fields that tell of a body: a request that has none after a redirect goes without them."""

_FOLLOWED = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class Redirect:
    """The request that follows. Without `keep_body` it has neither the body nor the fields that describe it; to another
    origin it has no Authorization."""

    method: str
    origin: Origin
    target: str
    keep_body: bool
    same_origin: bool


def next_request(reply: Reply, method: str, target: str, origin: Origin) -> Redirect | None:
    """What a reply to a request for `target` at `origin` says to ask for instead; None where nothing follows."""
    if reply.status not in _FOLLOWED or not (location := reply.header("location")):
        return None
    try:
        parts = urlsplit(urljoin(f"{origin}{target}", _as_utf8(location)))
        host = parts.netloc.rpartition("@")[2]
        there, path = split_url(parts._replace(netloc=host, fragment="").geturl())
    except ValueError:
        return None
    following = _next_method(reply.status, method)
    return Redirect(following, there, path, following == method, there == origin)


def _next_method(status: int, method: str) -> str:
    if method == "HEAD" or status in (307, 308) or (status == 301 and method != "POST"):
        return method
    return "GET"


def _as_utf8(location: str) -> str:
    """A header is read as Latin-1; what is UTF-8 in it is so."""
    try:
        return location.encode("latin-1").decode()
    except UnicodeDecodeError:
        return location
