"""The cookies of one user (RFC 6265): kept as replies set them, sent where they belong."""

import re
from calendar import timegm
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import NamedTuple

from loadgen.base.endpoint import Origin

MOST_COOKIES = 180
"""Of one user, as in browsers; then the oldest goes."""

_MOST_BYTES = 4096
_FOREVER = 1 << 62
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f;]")
_MAX_AGE = re.compile(r"-?[0-9]+")
_NOT_IN_DATES = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_Key = tuple[str, bool, str, str]
"""What makes a cookie another: host, whether of it alone, path and name."""


class Cookie(NamedTuple):
    """One cookie. `host` is its domain, with all names below it unless `host_only`; "" is every host. `until_s` is
    seconds since the epoch."""

    name: str
    value: str
    host: str
    host_only: bool
    path: str
    secure: bool
    until_s: float


class CookieJar(MutableMapping[str, str]):
    """Cookies by name. One that a script sets is sent to `host` alone, or without one to every host. `held` is empty or
    None where there are none: to look at it costs less than to ask the jar.

    Where a reply has set several of one name, for other paths or hosts, a name stands for the newest of them.
    """

    __slots__ = ("_host", "_line", "_origin", "_sent", "_until_s", "held")

    def __init__(self, host: str = "") -> None:
        self._host = host
        self.held: dict[_Key, Cookie] | None = None
        self._origin: Origin | None = None
        self._until_s: float = 0
        self._sent: Sequence[tuple[str, str]] = ()
        self._line: str | None = ""  # None where it depends on the path

    def header(self, origin: Origin, target: str, now_s: float) -> str:
        """The value of the Cookie field for a request, or "". `now_s` is seconds since the epoch."""
        if origin is not self._origin or now_s >= self._until_s:
            if not self.held:
                return ""
            self._prepare(self.held, origin, now_s)
        if self._line is not None:
            return self._line
        path = target.partition("?")[0]
        return "; ".join([cookie for folder, cookie in self._sent if _goes_to_path(folder, path)])

    def receive(self, origin: Origin, target: str, values: Iterable[str], now_s: float) -> None:
        """Take in the values of a reply's Set-Cookie fields; what the standard says to ignore is ignored."""
        for value in values:
            if (cookie := parse_cookie(value, origin, target, now_s)) is not None:
                self._store(cookie, now_s)

    def set(self, name: str, value: str, *, path: str = "/") -> None:
        """Add a cookie of the script's own. Raises ValueError for what cannot be sent."""
        if not name or "=" in name or _UNSENDABLE.search(name + value):
            raise ValueError(f"cookie {name!r}: expected a name and a value without ; and control characters")
        try:
            (name + value).encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"cookie {name!r}: a character that no header can hold; percent-encode it") from None
        self._store(Cookie(name, value, self._host, bool(self._host), path, False, _FOREVER), 0)

    def clear(self) -> None:
        self.held = self._origin = None

    def __getitem__(self, name: str) -> str:
        for cookie in reversed((self.held or {}).values()):
            if cookie.name == name:
                return cookie.value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        cookies = self.held or {}
        keys = [key for key, cookie in cookies.items() if cookie.name == name]
        if not keys:
            raise KeyError(name)
        for key in keys:
            del cookies[key]
        self._origin = None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(cookie.name for cookie in (self.held or {}).values()))

    def __bool__(self) -> bool:
        return bool(self.held)

    def __len__(self) -> int:
        return len(list(iter(self))) if self.held else 0

    def __repr__(self) -> str:
        return f"CookieJar({', '.join(self)})"  # values are secrets

    def _store(self, cookie: Cookie, now_s: float) -> None:
        key = (cookie.host, cookie.host_only, cookie.path, cookie.name)
        if self.held is None:
            self.held = {}
        elif self.held.get(key) == cookie:
            return
        self._origin = None
        if cookie.until_s <= now_s:
            self.held.pop(key, None)
            return
        self.held[key] = cookie
        if len(self.held) > MOST_COOKIES:
            del self.held[next(iter(self.held))]

    def _prepare(self, cookies: dict[_Key, Cookie], origin: Origin, now_s: float) -> None:
        """Find out what goes to an origin, in the order in which it is sent, until the first of the cookies ends."""
        for key in [key for key, cookie in cookies.items() if cookie.until_s <= now_s]:
            del cookies[key]
        trusted = _is_trusted(origin)
        sent = [
            (cookie.path, f"{cookie.name}={cookie.value}")
            for cookie in cookies.values()
            if _goes_to_host(cookie, origin.host) and (trusted or not cookie.secure)
        ]
        sent.sort(key=lambda pair: -len(pair[0]))
        self._origin = origin
        self._until_s = min((cookie.until_s for cookie in cookies.values()), default=_FOREVER)
        self._sent = sent
        everywhere = all(folder == "/" for folder, _ in sent)
        self._line = "; ".join([cookie for _, cookie in sent]) if everywhere else None


def parse_cookie(text: str, origin: Origin, target: str, now_s: float) -> Cookie | None:
    """The cookie of a Set-Cookie field of a reply; None for one that is to be ignored."""
    if (pair := name_and_value(text)) is None or _CONTROL.search(text):
        return None
    name, value = pair
    if len(name) + len(value) > _MOST_BYTES:
        return None
    domain, path, secure = "", "", False
    expires_s = max_age_s = None
    for attribute in text.split(";")[1:]:
        key, _, given = attribute.partition("=")
        given = given.strip(" \t")
        match key.strip(" \t").lower():
            case "expires":
                expires_s = _seconds(given) if _seconds(given) is not None else expires_s
            case "max-age" if _MAX_AGE.fullmatch(given):
                max_age_s = now_s + int(given[:20])
            case "domain" if given:
                domain = given.removeprefix(".").lower()
            case "path":
                path = given if given.startswith("/") else ""
            case "secure":
                secure = True
    until_s = max_age_s if max_age_s is not None else expires_s if expires_s is not None else _FOREVER
    host = origin.host.lower()
    if domain and domain != host and ("." not in domain or origin.is_address or not host.endswith(f".{domain}")):
        return None
    host_only = not domain or "." not in domain
    return Cookie(name, value, domain or host, host_only, path or _default_path(target), secure, until_s)


def name_and_value(text: str) -> tuple[str, str] | None:
    """Those of a Set-Cookie field; None where it has none."""
    name, equals, value = text.partition(";")[0].partition("=")
    name = name.strip(" \t")
    return (name, value.strip(" \t")) if equals and name else None


def _default_path(target: str) -> str:
    """The folder of what was asked for, without its last slash."""
    path = target.partition("?")[0]
    return path[: path.rfind("/")] or "/"


def _goes_to_host(cookie: Cookie, host: str) -> bool:
    host = host.lower()
    return host == cookie.host or not cookie.host or (not cookie.host_only and host.endswith(f".{cookie.host}"))


def _goes_to_path(folder: str, path: str) -> bool:
    return folder == path or (path.startswith(folder) and (folder[-1] == "/" or path[len(folder)] == "/"))


def _is_trusted(origin: Origin) -> bool:
    """Where Secure cookies go: https, and this machine itself, as in browsers."""
    host = origin.host
    return origin.scheme == "https" or host in ("localhost", "::1") or (host.startswith("127.") and origin.is_address)


def _seconds(text: str) -> float | None:
    """Seconds since the epoch of a date in any of the forms that servers write (RFC 6265, 5.1.1); None for no date."""
    time = day = month = year = None
    for token in _NOT_IN_DATES.split(text):
        if time is None and (found := _TIME.match(token)):
            time = tuple(map(int, found.groups()))
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    if year < 1601 or not 1 <= day <= _DAYS[month - 1] or time[0] > 23 or time[1] > 59 or time[2] > 59:
        return None
    return timegm((year, month, day, *time))
