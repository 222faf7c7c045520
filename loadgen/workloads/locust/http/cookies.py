"""The cookies of a client, with the methods of requests' jar."""

from collections.abc import Iterator, KeysView, Mapping, ValuesView
from typing import Any

from loadgen.workloads.scenario.replies.cookies import Cookie, CookieJar


class _Jar(CookieJar):
    """A jar whose cookies can be seen, and taken over."""

    __slots__ = ()

    def cookies(self) -> list[Cookie]:
        return list((self.held or {}).values())

    def take(self, other: "_Jar") -> None:
        for cookie in other.cookies():
            self._store(cookie, 0)


class Cookies:
    """Cookies by name, as a dict has them; iterating gives the cookies themselves."""

    __slots__ = ("jar",)

    def __init__(self, cookies: Any = None) -> None:
        self.jar = _Jar()
        self.update(cookies or {})

    def set(self, name: str, value: Any, *, path: str = "/", **_where: Any) -> None:
        """Set one, for every host; a value of None takes it away."""
        if value is None:
            self.pop(name, None)
        else:
            self.jar.set(name, str(value), path=path)

    def get(self, name: str, default: Any = None, **_where: Any) -> Any:
        return self.jar.get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        return self.jar.pop(name, *default)

    def update(self, other: Any = (), **more: Any) -> None:
        """Take those of another jar, or of a dict."""
        if isinstance(other, Cookies):
            self.jar.take(other.jar)
            return
        pairs = other.items() if isinstance(other, Mapping) else ((getattr(c, "name", c), c) for c in other)
        for name, value in [*pairs, *more.items()]:
            self.set(name, getattr(value, "value", value))

    def set_cookie(self, cookie: Any) -> None:
        """Set one of http.cookiejar."""
        self.set(cookie.name, cookie.value, path=getattr(cookie, "path", "/") or "/")

    def get_dict(self, *_where: Any, **_more: Any) -> dict[str, str]:
        """Names and values."""
        return dict(self.jar)

    def clear(self, *_where: Any) -> None:
        self.jar.clear()

    def keys(self) -> KeysView[str]:
        return self.jar.keys()

    def values(self) -> ValuesView[str]:
        return self.jar.values()

    def items(self) -> list[tuple[str, str]]:
        return list(self.jar.items())

    def copy(self) -> "Cookies":
        return Cookies(self)

    def __getitem__(self, name: str) -> str:
        return self.jar[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        del self.jar[name]

    def __contains__(self, name: object) -> bool:
        return name in self.jar

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self.jar.cookies())

    def __len__(self) -> int:
        return len(self.jar)

    def __bool__(self) -> bool:
        return bool(self.jar)

    def __repr__(self) -> str:
        return repr(self.jar)
