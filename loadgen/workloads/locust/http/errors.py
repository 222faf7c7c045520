"""What goes wrong with requests, as exceptions: those of requests where the file has imported it, else our own.

Files catch `requests.exceptions.HTTPError` only where they have imported requests.
"""

import sys
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any, cast

from loadgen.workloads.scenario.replies.reply import Reply


class LocustBadStatusCode(Exception):  # noqa: N818 - named by Locust
    """A status from 400 on."""


class HTTPError(OSError):
    """A status from 400 on."""


class ConnectionFailed(OSError):  # noqa: N818
    """No reply came."""


def http_error(response: Any, url: str) -> Exception:
    """For a reply with a status that is an error."""
    kind = "Client" if response.status_code < 500 else "Server"
    text = f"{response.status_code} {kind} Error: {response.reason} for url: {url}"
    error: Any = _class("HTTPError", HTTPError)(text)
    error.response = response
    return cast(Exception, error)


def connection_error(reply: Reply) -> Exception:
    """For a reply that never came."""
    text = reply.detail or (reply.error.text if reply.error else "no reply")
    name = "Timeout" if reply.error is not None and "timeout" in reply.error.value else "ConnectionError"
    return _class(name, ConnectionFailed)(text)


def json_error(error: JSONDecodeError) -> Exception:
    """For a body that is no JSON; a JSONDecodeError in any case."""
    return _class("JSONDecodeError", JSONDecodeError)(error.msg, error.doc, error.pos)


def _class(name: str, ours: Callable[..., Exception]) -> Callable[..., Exception]:
    known = sys.modules.get("requests.exceptions")
    found: Callable[..., Exception] = getattr(known, name, ours) if known is not None else ours
    return found
