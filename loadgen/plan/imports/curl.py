"""Command lines of curl, as browsers copy them and people write them down."""

import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator
from dataclasses import field
from typing import Any
from urllib.parse import quote_plus

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.plan.imports.curl_connection import OF_TLS, connection_settings
from loadgen.plan.imports.recorded import Imported, Recorded, kept, literal
from loadgen.plan.imports.urls import is_http, split
from loadgen.plan.jobs.http import Part

_WORD = re.compile(
    r"""\$'((?:\\.|[^'\\])*)'|'([^']*)'|"((?:\\.|[^"\\])*)"|\\(\r?\n)|\^(\r?\n)|\\(.)"""
    r"""|(\r?\n|[;&|]+)|([ \t\r\f\v]+)|([^\s'"\\;&|$^]+|[$^])""",
    re.DOTALL,
)
_ANSI = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}
_IN_DOUBLE = re.compile(r'\\([\\"$`]|\r?\n)')
FORM, JSON = "application/x-www-form-urlencoded", "application/json"

_SHORT = {
    "X": "request", "H": "header", "d": "data", "F": "form", "G": "get", "I": "head", "u": "user", "b": "cookie",
    "A": "user-agent", "e": "referer", "k": "insecure", "m": "max-time", "E": "cert", "x": "proxy", "L": "location",
    "T": "upload-file", "o": "output", "w": "write-out", "c": "cookie-jar", "D": "dump-header", "r": "range",
    "K": "config", "U": "proxy-user", "Y": "speed-limit", "y": "speed-time", "z": "time-cond", "C": "continue-at",
    "P": "ftp-port", "Q": "quote", "t": "telnet-option", "h": "help",
}  # fmt: skip
_VALUED = frozenset(
    (
        "request", "header", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json", "form",
        "form-string", "user", "cookie", "user-agent", "referer", "max-time", "connect-timeout", "url", "cacert",
        "cert", "key", "proxy", "upload-file", "output", "write-out", "cookie-jar", "dump-header", "range", "retry",
        "retry-delay", "retry-max-time", "limit-rate", "max-redirs", "resolve", "connect-to", "unix-socket", "ciphers",
        "tls13-ciphers", "tls-max", "interface", "local-port", "max-filesize", "noproxy", "oauth2-bearer", "aws-sigv4",
        "proxy-user", "speed-limit", "speed-time", "stderr", "trace", "trace-ascii", "config", "keepalive-time",
        "cert-type", "key-type", "pass", "capath", "dns-servers", "proto", "proto-default", "variable", "url-query",
        "time-cond", "continue-at", "ftp-port", "quote", "telnet-option", "expect100-timeout",
        "happy-eyeballs-timeout-ms", "socks5", "socks5-hostname", "socks4", "socks4a",
    )
)  # fmt: skip
_SAID = {
    "aws-sigv4": "the signature (--aws-sigv4) is left out",
    "config": "the file of options (-K) is left out",
}
"""What of a command line is not in the profile, and matters."""


def read_curl(text: str) -> Imported:
    """All commands of a text, one after the other; what is no command of curl is passed over. Raises UsageError."""
    commands = [_Command(words) for words in _commands(text)]
    requests = tuple(request for command in commands for request in command.requests())
    if not requests:
        raise UsageError("no command of curl with a URL, such as curl 'http://127.0.0.1:8080/'")
    notes = dict.fromkeys(note for command in commands for note in command.notes)
    return Imported(
        requests, settings=_joined(commands, {split(request.url)[0] for request in requests}), notes=tuple(notes)
    )


def _joined(commands: Iterable["_Command"], servers: Collection[str]) -> dict[str, Any]:
    """The settings of all commands: lists add up, of others the last one's count. Left out is what a profile for these
    servers cannot say: to follow redirects between several, and how TLS is to be where there is none."""
    joined: dict[str, Any] = {}
    for command in commands:
        for key, value in command.settings.items():
            joined[key] = [*dict.fromkeys([*joined.get(key, []), *value])] if isinstance(value, list) else value
    cannot = {"redirects"} if len(servers) > 1 else set()
    if not any(server.startswith("https") for server in servers):
        cannot |= {*OF_TLS}
    return {key: value for key, value in joined.items() if key not in cannot}


def is_curl(text: str) -> bool:
    """Whether a text is a command line of curl, and no name of a file."""
    return re.match(r"\s*(?:\$\s+)?curl(?:\.exe)?\s+\S", text) is not None


def _commands(text: str) -> Iterator[list[str]]:
    """The arguments of each curl, as a shell parts them."""
    words: list[str] = []
    for word in [*_words(text), None]:
        if word is not None:
            words.append(word)
            continue
        while words and (("=" in words[0] and words[0].partition("=")[0].isidentifier()) or words[0] in ("$", "time")):
            words.pop(0)
        if words and re.split(r"[/\\]", words[0])[-1].lower() in ("curl", "curl.exe"):
            yield words[1:]
        words = []


def _words(text: str) -> Iterator[str | None]:
    """Words; None where a command ends. Comments are left out."""
    text = re.sub(r"(?m)^[ \t]*#.*$", "", text)
    word: list[str] | None = None
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise UsageError(f"a quote that does not end, in {text[at : at + 40]!r}")
        at = found.end()
        ansi, single, double, joined, caret, escaped, end, blank, plain = found.groups()
        if joined is not None or caret is not None:
            continue
        if end is None and blank is None:
            word = word if word is not None else []
            word.append(_value(ansi, single, double, escaped, plain))
            continue
        if word is not None:
            yield "".join(word)
            word = None
        if end is not None:
            yield None
    if word is not None:
        yield "".join(word)


def _value(ansi: str | None, single: str | None, double: str | None, escaped: str | None, plain: str | None) -> str:
    if ansi is not None:
        return _ANSI.sub(_ansi, ansi)
    if double is not None:
        return _IN_DOUBLE.sub(lambda match: "" if match[1][-1] == "\n" else match[1], double)
    return next(text for text in (single, escaped, plain) if text is not None)


def _ansi(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
    elif code[0] in "01234567":
        number = int(code, 8)
    else:
        return _ESCAPES.get(code, code)
    return chr(number) if number < 0x110000 else "\ufffd"


@dataclass(slots=True)
class _Command:
    """One command line: its options, and the requests that it makes."""

    words: list[str]
    notes: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    _given: dict[str, list[str]] = field(default_factory=dict)
    _data: list[tuple[str, str]] = field(default_factory=list)
    _urls: list[str] = field(default_factory=list)

    def requests(self) -> Iterator[Recorded]:
        """One for each URL. Raises UsageError."""
        self._read()
        self.settings = connection_settings(self._given, self.notes)
        for url in self._urls:
            whole = url if "://" in url else f"http://{url}"
            if not is_http(whole):
                raise UsageError(f"curl: expected a URL with http or https, got {url[:80]!r}")
            yield self._request(literal(whole))

    def _read(self) -> None:
        words = iter(self.words)
        for word in words:
            if word == "--":
                self._urls += words
            elif word.startswith("--"):
                name, equals, inline = word[2:].partition("=")
                self._take(name, (inline if equals else next(words, "")) if name in _VALUED else "")
            elif word.startswith("-") and len(word) > 1:
                self._letters(word[1:], words)
            elif word:
                self._urls.append(word)

    def _letters(self, letters: str, words: Iterator[str]) -> None:
        for index, letter in enumerate(letters):
            name = _SHORT.get(letter, letter)
            if name in _VALUED:
                self._take(name, letters[index + 1 :] or next(words, ""))
                return
            self._take(name, "")

    def _take(self, name: str, value: str) -> None:
        if name == "url":
            self._urls.append(value)
        elif name in ("data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json"):
            self._data.append((name, value))
        self._given.setdefault(name, []).append(value)
        if name in _SAID:
            self.notes.append(_SAID[name])

    def _request(self, url: str) -> Recorded:
        headers = self._headers()
        names = {name.lower() for name, _ in headers}
        body: dict[str, Any] = {}
        if self._data and "get" in self._given:
            query = "&".join(self._text(kind, value) for kind, value in self._data)
            url += f"{'&' if '?' in url else '?'}{query}"
        elif self._data:
            body = self._body()
            kind = JSON if any(kind == "json" for kind, _ in self._data) else FORM
            if "content-type" not in names:
                headers.append(("Content-Type", kind))
        elif forms := [*self._given.get("form", []), *(f"{text}\0" for text in self._given.get("form-string", []))]:
            body = {"parts": tuple(_part(text) for text in forms)}
            headers = [pair for pair in headers if pair[0].lower() != "content-type"]
        elif files := self._given.get("upload-file"):
            body = {"body_file": literal(files[-1])}
        default = (
            "HEAD" if "head" in self._given else "PUT" if "upload-file" in self._given else "POST" if body else "GET"
        )
        method = self._given.get("request", [default])[-1].upper()
        return Recorded(url, method, kept(headers), **body)

    def _headers(self) -> list[tuple[str, str]]:
        pairs = []
        for line in self._given.get("header", []):
            name, colon, value = line.partition(":")
            if colon and value.strip():
                pairs.append((name.strip(), literal(value.strip())))
            elif line.endswith(";"):
                pairs.append((line[:-1].strip(), ""))
        for name, option in (("User-Agent", "user-agent"), ("Referer", "referer"), ("Range", "range")):
            pairs += [(name, literal(value)) for value in self._given.get(option, [])[-1:]]
        cookies = [value for value in self._given.get("cookie", []) if "=" in value]
        if cookies:
            pairs.append(("Cookie", literal("; ".join(cookies))))
        if len(cookies) < len(self._given.get("cookie", [])):
            self.notes.append("the file of cookies (-b) is left out")
        for pair in self._given.get("user", [])[-1:]:
            pairs.append(("Authorization", f"Basic {b64encode(pair.encode('utf-8', 'replace')).decode()}"))
        for token in self._given.get("oauth2-bearer", [])[-1:]:
            pairs.append(("Authorization", f"Bearer {literal(token)}"))
        return pairs

    def _body(self) -> dict[str, Any]:
        kind, value = self._data[0]
        if len(self._data) == 1 and value[:1] == "@" and kind not in ("data-raw", "data-urlencode"):
            return {"body_file": literal(value[1:])}
        joined = ("" if kind == "json" else "&").join(self._text(kind, value) for kind, value in self._data)
        return {"body": joined}

    def _text(self, kind: str, value: str) -> str:
        if kind == "data-urlencode":
            name, equals, rest = value.partition("=")
            if "@" in name or (not equals and value[:1] == "@"):
                raise UsageError(f"curl: --data-urlencode {value!r}: a file's content is not read; write it out")
            return literal(f"{name}={quote_plus(rest)}" if name and equals else quote_plus(rest if equals else value))
        if kind != "data-raw" and value[:1] == "@":
            raise UsageError(f"curl: a body of a file, {value!r}, and more: join them in one file")
        return literal(value)


def _part(text: str) -> Part:
    """A field of -F; a NUL at its end says that it means nothing but itself."""
    name, _, value = text.partition("=")
    if value.endswith("\0"):
        return Part(literal(name), literal(value[:-1]))
    value, *options = value.split(";") if value[:1] in "@<" else [value]
    given = dict(option.strip().partition("=")[::2] for option in options)
    kind, file_name = given.get("type"), given.get("filename")
    if value[:1] == "@":
        return Part(literal(name), file=literal(value[1:]), type=kind, file_name=file_name and file_name.strip('"'))
    if value[:1] == "<":
        return Part(literal(name), file=literal(value[1:]), type=kind or "text/plain", file_name="")
    return Part(literal(name), literal(value.strip('"')))
