"""Who asks: a pair of user and password, or a function that adds to the request."""

from base64 import b64encode
from typing import Any

from loadgen.workloads.locust.exceptions import LocustError
from loadgen.workloads.locust.http.headers import HeaderDict
from loadgen.workloads.locust.http.urls import path_of
from loadgen.workloads.locust.hub import Call


def authorize(call: Call, headers: HeaderDict, auth: Any) -> None:
    """A pair of user and password, or a function that is given the request and adds to it."""
    if isinstance(auth, tuple | list):
        pair = ":".join(part.decode("latin-1") if isinstance(part, bytes) else str(part) for part in auth)
        headers["Authorization"] = "Basic " + b64encode(pair.encode("latin-1", "replace")).decode()
        return
    if not callable(auth):
        raise LocustError(f"auth: expected a pair of user and password, got {auth!r}")
    sent = _Authorized(call, headers)
    done = auth(sent) or sent
    call.method, call.url, call.body = done.method, done.url, done.body or b""


class _Authorized:
    """The request that a function for `auth` is given."""

    def __init__(self, call: Call, headers: HeaderDict) -> None:
        self.method = call.method
        self.url = call.url
        self.body = call.body
        self.headers = headers

    @property
    def path_url(self) -> str:
        """Path and query."""
        return path_of(self.url)

    def register_hook(self, *_: object) -> None:
        """Digest asks for one."""
        raise LocustError("auth: a scheme that answers the server's challenge (Digest) is not supported")
