"""What a request to the shop says, in whichever of the usual forms it says it."""

import json
from typing import Any
from urllib.parse import parse_qsl

from loadgen.base.dataclass import dataclass
from loadgen.target.answers import origin_form
from loadgen.target.reader import Received

COOKIE = "session"
_LONGEST_NUMBER = 9
_NUMBERED = ("items", "recommendations", "cart", "orders")


class RefusedError(Exception):
    """The request gets `status`, and a reason in JSON."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class ShopRequest:
    """`id` is the number in the path, 0 where it is none; `user` who has logged in with its token or cookie."""

    received: Received
    route: tuple[str, ...]
    id: int
    query: str
    token: str
    user: str | None = None

    def known_user(self) -> str:
        if self.user is None:
            raise RefusedError(401, "log in first")
        return self.user

    def values(self) -> dict[str, Any]:
        """The body as a JSON object or a form."""
        received = self.received
        if len(received.body) < received.body_length:
            raise RefusedError(413, "the body is too long")
        try:
            if received.fields.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"):
                return dict(parse_qsl(received.body.decode(), keep_blank_values=True))
            values = json.loads(received.body)
        except (ValueError, RecursionError):
            raise RefusedError(400, "expected JSON or a form") from None
        if not isinstance(values, dict):
            raise RefusedError(400, "expected a JSON object or a form")
        return values

    def number(self, name: str) -> int:
        """The value `name` of the body, a number or its digits."""
        value = self.values().get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str):
            return number_in(value)
        raise RefusedError(400, f"{name}: expected a number")

    def asked_for(self, name: str) -> str:
        """The parameter `name` of the query, or nothing."""
        return dict(parse_qsl(self.query)).get(name, "")


def route_of(target: bytes) -> tuple[str, ...]:
    """The parts of the path, with `{}` where a number stands: ("items", "{}")."""
    first, *rest = _path_and_query(target)[0].split("/")
    return (first, "{}", *rest[1:]) if rest and first in _NUMBERED else (first, *rest)


def read_request(received: Received, route: tuple[str, ...]) -> ShopRequest:
    """The request as the shop sees it; whose token it is, is not known here."""
    path, query = _path_and_query(received.target)
    number = number_in(path.split("/")[1]) if "{}" in route else 0
    return ShopRequest(received, route, number, query, _token(received.fields))


def number_in(text: str) -> int:
    """0 where it is none, which no item, cart or order has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _token(fields: dict[bytes, bytes]) -> str:
    """That of `Authorization`, else that of the cookie."""
    kind, _, token = fields.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    for cookie in fields.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _path_and_query(target: bytes) -> tuple[str, str]:
    path, _, query = origin_form(target)[1:].decode("latin-1").partition("?")
    return path, query
