"""Take secrets out of everything that is shown or saved.

All patterns are looked for in the original text and their overlapping finds are joined before anything is replaced,
so that no pattern can hide a secret from another.
"""

import codecs
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from threading import Lock
from urllib.parse import quote, unquote, unquote_plus

from loadgen.base.pattern import pattern
from loadgen.base.spellings import SHORT, cut_length, forms_of, pattern_of, spellings_of

REDACTED = "[redacted]"

_SENSITIVE_HEADER = (
    r"(?:proxy-)?authorization|(?:set-)?cookie2?|api-?key"
    r"|(?:[a-z0-9]+-)+(?:api-?)?(?:token|key|secret|signature|password)"
)
_HEADER_NAME = pattern(_SENSITIVE_HEADER, re.IGNORECASE)
_SENSITIVE_NAME = (
    r"(?<![\w.\-\]%])(?:[\w.\-\[\]%]{0,64}(?:token|signature|secret|passw(?:or)?d|passphrase|pwd|credentials?|sess(?:ion)?_?id"
    r"|(?:api|access|account|auth|private|session|subscription)[-_]?key)|key|sig)[\d\]]{0,4}"
)
_QUOTED = r'"(?:\\.|[^"\\])*"?|' + r"'(?:\\.|[^'\\])*'?"
_HEADER_VALUE = pattern(
    rf"(?<![a-z0-9])(?:{_SENSITIVE_HEADER})[\"']?[ \t]*:[ \t]*({_QUOTED}|[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)",
    re.IGNORECASE,
)
_SCHEME = pattern("https?://")
_USERINFO = pattern(r"//([^\s/?#\"'<>]*)@")
_PARAMETER = pattern(rf"{_SENSITIVE_NAME}=([^\s&;#\"'<>]*)", re.IGNORECASE)
_MEMBER = pattern(
    rf"{_SENSITIVE_NAME}\\?[\"']\s*:\s*({_QUOTED}|\\\"(?:(?!\\\").)*(?:\\\")?|[^\s,}}\]\"'\\]+)", re.IGNORECASE
)
_ELEMENT = pattern(rf"<{_SENSITIVE_NAME}>([^<]+)", re.IGNORECASE)
_BY_NAME = (("=", _PARAMETER), (":", _MEMBER), ("<", _ELEMENT))
_HINTS = (b"auth", b"cookie", b"key", b"token", b"secret", b"sig", b"pass", b"pwd", b"credential", b"sess")
"""One of them is in every name above."""
_WORD = pattern(r"[^\s\"'<>&;,=:/?@#(){}\[\]|\\]+")
_ALREADY = pattern(re.escape(REDACTED))
_MOST_LEARNED = 10_000
_MOST_SPELLED = 1_000
"""Each costs 0.4 ms to make and 5 us a text; those of a long list are looked for by their words, all at once."""
_SHORTEST_BY_NAME = 8
"""A value that only its name makes a secret is hidden beside that name, and from so many characters on anywhere."""

Span = tuple[int, int]


class Redactor:
    """Replaces credentials and the given secret values by "[redacted]".

    A secret is found plain, inside base64, and with any of its characters written as in a URL, a form, JSON or HTML.
    One of fewer than four characters is replaced only where it stands as a word of its own; an empty one is ignored.
    Parameters, members of JSON and elements of XML whose names say so are credentials. Of more than a thousand secrets
    the others are found plain and percent-encoded.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        distinct = tuple(dict.fromkeys(secrets))
        forms = sorted(
            {form for secret in distinct[:_MOST_SPELLED] for form in forms_of(secret)}, key=len, reverse=True
        )
        self._long = [[spellings_of(character) for character in form] for form in forms if len(form) >= SHORT]
        patterns = [pattern_of(form) if len(form) >= SHORT else rf"(?<!\w){pattern_of(form)}(?!\w)" for form in forms]
        self._secret = re.compile("|".join(patterns)) if patterns else None
        self._words, self._sorted_words = _words_of(distinct[_MOST_SPELLED:])
        self._learned: dict[str, None] = {}
        self._learned_before: dict[str, None] = {}
        self._lock = Lock()

    def learn(self, secret: str) -> None:
        """Take out, from now on, what has become known as a secret while a run goes on: any thread may say so.

        The last 10,000 are kept at least, and looked for as they are and percent-encoded. They are forgotten all at
        once: to take the first one out of a dict costs more than all else, as it looks through those taken out before.
        """
        if len(secret) >= SHORT:
            self._learned[secret] = None
            if len(self._learned) >= _MOST_LEARNED:
                with self._lock:
                    if len(self._learned) >= _MOST_LEARNED:
                        self._learned, self._learned_before = {}, self._learned

    def text(self, text: str) -> str:
        """`text` without secrets; the rest is unchanged."""
        return _replaced(text, self._spans(text))

    def bytes_(self, data: bytes) -> str:
        r"""Raw bytes, such as the first ones of a reply, as printable text without secrets.

        A secret that is cut off at the end is taken out too. Line ends become "\n", other control characters "\x1b".
        """
        text = _decoded(data)
        spans = [*self._spans(text), (len(text) - self._cut_secret(text), len(text))]
        return "".join(map(_printable, _replaced(text, spans).replace("\r\n", "\n")))

    def address(self, text: str) -> str:
        """The same where `text` may be the URL of a server, whose scheme is no secret."""
        scheme = _SCHEME.match(text)
        kept = scheme.end() if scheme else 0
        return _replaced(text, [(max(start, kept), end) for start, end in self._spans(text)])

    def header(self, name: str, value: str) -> str:
        """The value of a header field, or "[redacted]" where the name says that it is a credential."""
        return REDACTED if is_sensitive_header(name) else self.text(value)

    def _spans(self, text: str) -> list[Span]:
        spans = [match.span() for match in _ALREADY.finditer(text)]
        named = chain(_HEADER_VALUE.finditer(text), _USERINFO.finditer(text), _by_name(text))
        spans += [_unquoted(text, match.span(1)) for match in named]
        if self._secret is not None:
            spans += [match.span() for match in self._secret.finditer(text)]
        if self._words:
            spans += self._spans_of_words(text)
        for secret in dict.fromkeys([*self._learned_before, *self._learned]):
            for form in dict.fromkeys((secret, quote(secret, safe=""))):
                at = text.find(form)
                while at >= 0:
                    spans.append((at, at + len(form)))
                    at = text.find(form, at + 1)
        return spans

    def _spans_of_words(self, text: str) -> Iterator[Span]:
        """Where secrets of a long list stand: each with all that is around its word, or the word alone."""
        for match in _WORD.finditer(text):
            word = match[0]
            for form in (word, word.strip("."), *(_WORD.findall(unquote(word)) if "%" in word else ())):
                secret = self._words.get(form)
                if secret is not None:
                    at = text.find(secret, max(0, match.start() - len(secret)), match.end() + len(secret))
                    yield from (match.span(), (at, at + len(secret) if at >= 0 else at))

    def _cut_secret(self, text: str) -> int:
        """How many characters at the end are the beginning of a secret."""
        longest = max((cut_length(text, spellings) for spellings in self._long), default=0)
        last = re.search(rf"(?:{_WORD.pattern})?\Z", text) if self._sorted_words else None
        if last is not None and len(last[0]) >= max(SHORT, longest):
            place = bisect_left(self._sorted_words, last[0])
            longest = len(last[0]) if "".join(self._sorted_words[place : place + 1]).startswith(last[0]) else longest
        return longest


def is_sensitive_header(name: str) -> bool:
    """Whether the value of a header field of this name is a credential."""
    return _HEADER_NAME.fullmatch(name.strip()) is not None


def may_hold_credentials(data: bytes) -> bool:
    """Whether a name in it may say so: a quick look, before a thorough one."""
    return any(map(data.lower().__contains__, _HINTS))


def values_by_name(text: str) -> list[str]:
    """The long values in a path, a form or JSON whose names say that they are credentials, as written and decoded."""
    found = [text[slice(*_unquoted(text, match.span(1)))] for match in _by_name(text)]
    decoded = (form for value in found for form in (value, unquote(value), unquote_plus(value)))
    return [value for value in dict.fromkeys(decoded) if len(value) >= _SHORTEST_BY_NAME]


def named_values(text: str) -> list[tuple[str, int, int]]:
    """Where in a path, a form or JSON values stand whose names say that they are credentials, each with its name."""
    found = []
    for match in _by_name(text):
        name = match[0][: match.start(1) - match.start()].strip("<> \t\r\n\\\"'=:")
        found.append((name, *_unquoted(text, match.span(1))))
    return sorted(found, key=lambda item: item[1:])


def _by_name(text: str) -> Iterator[re.Match[str]]:
    """Parameters, members and elements whose names say that their values, the first groups, are credentials."""
    return chain.from_iterable(pattern.finditer(text) for mark, pattern in _BY_NAME if mark in text)


@lru_cache(maxsize=1)
def _words_of(secrets: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """The secrets by the longest word of each, and these words in order."""
    words: dict[str, str] = {}
    for secret in secrets:
        word = max(_WORD.findall(secret), key=len, default="")
        if word and (len(word) >= SHORT or word == secret) and len(secret) > len(words.get(word, "")):
            words[word] = secret
    return words, sorted(words)


def _unquoted(text: str, span: Span) -> Span:
    """The span without the quotes around it, so that they stay."""
    start, end = span
    if end - start >= 2 and text[start] in "\"'" and text[end - 1] == text[start]:
        return start + 1, end - 1
    return span


def _replaced(text: str, spans: Iterable[Span]) -> str:
    pieces, done = [], 0
    for start, end in _joined(spans):
        pieces += [text[done:start], REDACTED]
        done = end
    return "".join([*pieces, text[done:]])


def _joined(spans: Iterable[Span]) -> list[Span]:
    """In order, without empty ones, and with those that touch or overlap made one."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _decoded(data: bytes) -> str:
    """UTF-8, perhaps with its last character cut, else latin-1."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _printable(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode()
