"""Credentials in requests become variables, whose values are the environment's: none is written into a profile."""

import re
from dataclasses import replace

from loadgen.base.redact import is_sensitive_header, named_values
from loadgen.plan.imports.recorded import Recorded
from loadgen.plan.places import PLACE

_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]*) +(.+)", re.DOTALL)
_NO_SECRET = re.compile(r"null|true|false|-?[0-9]{1,3}|")


class Secrets:
    """`names` are the variables so far; `taken` are names that mean something else. One value has one name."""

    def __init__(self, taken: "frozenset[str]" = frozenset()) -> None:
        self.names: list[str] = []
        self._taken = {name.upper() for name in taken}
        self._by_value: dict[str, str] = {}

    def hidden(self, request: Recorded) -> Recorded:
        """The request with a variable in place of each credential."""
        headers = tuple((name, self._header(name, value)) for name, value in request.headers)
        body = request.body and self._named(request.body)
        parts = tuple(replace(part, text=self._part(part.name, part.text)) for part in request.parts)
        return replace(request, headers=headers, url=self._named(request.url), body=body, parts=parts)

    def whole(self, hint: str, value: str) -> str:
        """A variable in place of all of a value."""
        return self._variable(hint, value)

    def _header(self, name: str, value: str) -> str:
        if not is_sensitive_header(name):
            return self._named(value)
        if PLACE.search(value) or not value.strip():
            return value
        scheme = _SCHEME.fullmatch(value) if name.lower().endswith("authorization") else None
        return f"{scheme[1]} {self._variable(name, scheme[2])}" if scheme else self._variable(name, value)

    def _part(self, name: str, value: str) -> str:
        found = named_values(f"{name}={value}")
        return self._variable(name, value) if found and value and not PLACE.search(value) else value

    def _named(self, text: str) -> str:
        pieces, done = [], 0
        for name, start, end in named_values(text):
            value = text[start:end]
            if start < done or _NO_SECRET.fullmatch(value) or "$" in value or "\\" in value:
                continue
            pieces += [text[done:start], self._variable(name, value)]
            done = end
        return "".join([*pieces, text[done:]])

    def _variable(self, hint: str, value: str) -> str:
        name = self._by_value.get(value)
        if name is None:
            plain = _NO_NAME.sub("_", hint).strip("_").upper()[:40] or "SECRET"
            plain = plain if plain[0].isalpha() else f"SECRET_{plain}"
            name, number = plain, 1
            while name in self._taken:
                number += 1
                name = f"{plain}_{number}"
            self._taken.add(name)
            self._by_value[value] = name
            self.names.append(name)
        return f"${{{name}}}"
