"""Take secrets out of everything that is shown or saved.

All patterns are looked for in the original text and their overlapping finds are joined before anything is replaced,
so that no pattern can hide a secret from another.
"""

import codecs
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"

_SENSITIVE_HEADER = (
    r"(?:proxy-)?authorization|(?:set-)?cookie2?|api-?key"
    r"|(?:[a-z0-9]+-)+(?:api-?)?(?:token|key|secret|signature|password)"
)
_HEADER_NAME = re.compile(_SENSITIVE_HEADER, re.IGNORECASE)
_QUOTED = r'"(?:\\.|[^"\\])*"?|' + r"'(?:\\.|[^'\\])*'?"
_HEADER_VALUE = re.compile(
    rf"(?<![a-z0-9])(?:{_SENSITIVE_HEADER})[\"']?[ \t]*:[ \t]*({_QUOTED}|[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"//([^\s/?#\"'<>]*)@")
_PARAMETER = re.compile(
    r"(?:^|[?&;\s\"'])[^\s?&;=\"']{0,64}(?:token|signature|key|passw|pwd|secret|credential)[^\s?&;=\"']{0,64}="
    r"([^\s&;#\"'<>]*)",
    re.IGNORECASE,
)
_ALREADY = re.compile(re.escape(REDACTED))
_SHORT = 4
_SHORTEST_BASE64 = 8

Span = tuple[int, int]


class Redactor:
    """Replaces credentials and the given secret values by "[redacted]".

    A secret is found plain, percent-encoded, JSON-escaped and inside base64. One of fewer than four characters is
    replaced only where it stands as a word of its own; an empty one is ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
        self._long = [form for form in forms if len(form) >= _SHORT]
        short = [rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms if len(form) < _SHORT]
        patterns = [_in_any_escape_case(form) for form in self._long] + short
        self._secret = re.compile("|".join(patterns)) if patterns else None

    def text(self, text: str) -> str:
        """`text` without secrets; the rest is unchanged."""
        return _replaced(text, self._spans(text))

    def bytes_(self, data: bytes) -> str:
        r"""Raw bytes, such as the first ones of a reply, as printable text without secrets.

        A secret that is cut off at the end is taken out too. Line ends become "\n", other control characters "\x1b".
        """
        text = _decoded(data)
        tail = self._cut_secret(text)
        spans = [*self._spans(text), (len(text) - tail, len(text))] if tail else self._spans(text)
        return "".join(map(_printable, _replaced(text, spans).replace("\r\n", "\n")))

    def header(self, name: str, value: str) -> str:
        """The value of a header field, or "[redacted]" where the name says that it is a credential."""
        return REDACTED if is_sensitive_header(name) else self.text(value)

    def _spans(self, text: str) -> list[Span]:
        spans = [match.span() for match in _ALREADY.finditer(text)]
        for pattern in (_HEADER_VALUE, _USERINFO, _PARAMETER):
            spans += [_unquoted(text, match.span(1)) for match in pattern.finditer(text)]
        if self._secret is not None:
            spans += [match.span() for match in self._secret.finditer(text)]
        return spans

    def _cut_secret(self, text: str) -> int:
        """How many characters at the end are the beginning of a secret."""
        lengths = (
            length
            for form in self._long
            for length in range(min(len(form) - 1, len(text)), _SHORT - 1, -1)
            if text.endswith(form[:length])
        )
        return max(lengths, default=0)


def is_sensitive_header(name: str) -> bool:
    """Whether the value of a header field of this name is a credential."""
    return _HEADER_NAME.fullmatch(name.strip()) is not None


def sensitive_parameters(path: str) -> list[str]:
    """The values, as written, of query parameters whose names say that they are credentials."""
    return [match[1] for match in _PARAMETER.finditer(path) if match[1]]


def _forms(secret: str) -> Iterator[str]:
    if not secret.strip():
        return
    data = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield data.decode("latin-1")
    yield from (quote(data, safe=""), quote(data), quote_plus(data))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (repr(secret)[1:-1], repr(secret)[1:-1].replace("'", "\\'"))
    for plain in (b64encode(data).decode().rstrip("="), *_base64_forms(data)):
        yield from (plain, plain.replace("+", "-").replace("/", "_"))


def _base64_forms(data: bytes) -> Iterator[str]:
    """What of `data` is the same in every base64 text that holds it, for each of the three ways to be aligned."""
    for offset in range(3):
        encoded = b64encode(bytes(offset) + data).decode()
        inner = encoded[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6]
        if len(inner) >= _SHORTEST_BASE64:
            yield inner


def _in_any_escape_case(form: str) -> str:
    """A pattern for `form` in which %2f and %2F are the same."""
    parts = re.split(r"(%[0-9A-F]{2})", form)
    return "".join(f"(?i:{part})" if index % 2 else re.escape(part) for index, part in enumerate(parts))


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
