"""The request to which a reply redirects, as requests follows it."""

from urllib.parse import urljoin

from loadgen.workloads.locust.http.headers import HeaderDict
from loadgen.workloads.locust.http.urls import origin_of, prepared
from loadgen.workloads.locust.hub import REDIRECTS, Call

_BODY_FIELDS = ("content-length", "content-type", "transfer-encoding")


def following(call: Call, status: int, location: str | None) -> tuple[Call, HeaderDict] | None:
    """The next call and its fields, without cookies; None where the reply leads nowhere."""
    if status not in REDIRECTS or not location:
        return None
    try:
        url = prepared(urljoin(call.url, location.encode("latin-1").decode("utf-8", "replace")))
    except ValueError:
        return None
    method, headers, body = call.method, HeaderDict(call.headers), call.body
    if status not in (307, 308):
        if method != "HEAD" and (status != 301 or method == "POST"):
            method = "GET"
        body = b""
        for name in _BODY_FIELDS:
            headers.pop(name, None)
    if origin_of(url) != origin_of(call.url):
        headers.pop("authorization", None)
    headers.pop("cookie", None)
    return Call(method, url, call.name, (), body, timeout_s=call.timeout_s, settles=call.settles), headers
