"""Targets of requests as templates: `/items/{}` has a value that is percent-encoded, `{+}/pay` one that is not."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from loadgen.base.endpoint import Origin
from loadgen.base.units import counted
from loadgen.plan.encodings import encode_path
from loadgen.plan.pairs import as_pairs, encode_pairs, plain
from loadgen.plan.profiles.address import parse_target

Params = Mapping[str, object] | Iterable[tuple[str, object]] | str

_PLACE = re.compile(r"(\{\{|\}\}|\{\+?(?:[A-Za-z_][A-Za-z0-9_]*)?\}|[{}])")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_AUTHORITY = re.compile(r"https?://[^/?{}]+(?=[/?]|$)", re.IGNORECASE)
_NO_FRAGMENT = "nothing from a # on reaches a server: write %23 for one that belongs there, or leave it out"


class PathTemplate:
    """One compiled template. `text` is as it was written; `places` is how many values it takes.

    `origin` is that of an absolute URL, None where the run's own target is meant. `roams`: values may make it an
    absolute URL, which `render` gives as it is, for `split_url`; all others are rendered in origin form.

    `render(*values)` is the target with a value in each place. It raises ValueError for another number of them, and for
    values that are no texts or numbers. A function for each template is half the price of a method. `around` is what
    it puts before and after the one value of a template that has one place and does not roam.
    """

    __slots__ = ("_encoders", "_format", "around", "origin", "places", "render", "roams", "text")

    def __init__(self, text: str, base: str = "") -> None:
        if not isinstance(text, str):
            raise TypeError(f"path: expected a text such as '/items/{{}}', got {text!r}")
        if "#" in text:
            raise ValueError(f"path {text!r}: {_NO_FRAGMENT}")
        authority = _AUTHORITY.match(text)
        literals, encoders = _parsed(text, text[authority.end() :] if authority else text)
        self.text = text
        self.places = len(encoders)
        self.origin = split_url(authority[0])[0] if authority else None
        begins = literals[0]
        self.roams = not authority and bool(encoders) and (not begins or _ABSOLUTE.match(begins) is not None)
        if not self.roams:
            if not authority and _SCHEME.match(begins):
                raise ValueError(f"path {text!r}: expected a path, or a URL with http or https and a host")
            literals[0] = ("" if authority else base) + _rooted(begins)
        self._encoders = tuple(encoders)
        pieces = [encode_path(literal) for literal in literals]
        self._format = "%s".join(piece.replace("%", "%%") for piece in pieces)
        self.around: tuple[str, str] | None = None
        self.render: Callable[..., str] = self._rendered
        if len(encoders) == 1 and not self.roams:
            self.around = before, after = pieces[0], pieces[1]
            self.render = _with_one(before, after, self._rendered)
        elif not encoders:
            self.render = _with_none(pieces[0], self._rendered)

    def _rendered(self, *values: object) -> str:
        encoders = self._encoders
        if len(values) != len(encoders):
            needed = counted(self.places, "value is", "values are") if self.places else "no values are"
            body = "" if self.places else "; a body is json=, form=, files= or data="
            raise ValueError(f"path {self.text!r}: {needed} needed, {len(values)} given{body}")
        try:
            text = self._format % tuple([encode(value) for encode, value in zip(encoders, values, strict=True)])
        except ValueError as error:
            raise ValueError(f"path {self.text!r}: {error}") from None
        return _rooted(text) if self.roams else text


def _with_one(before: str, after: str, otherwise: Callable[..., str]) -> Callable[..., str]:
    """Renders one value, a number or a plain name at once; `otherwise` is asked for all else."""

    def render(*values: object) -> str:
        if len(values) == 1:
            (value,) = values
            if type(value) is int or (type(value) is str and value.isascii() and value.isalnum()):
                return f"{before}{value}{after}"
        return otherwise(*values)

    return render


def _with_none(target: str, otherwise: Callable[..., str]) -> Callable[..., str]:
    """Renders what takes no value."""

    def render(*values: object) -> str:
        return otherwise(*values) if values else target

    return render


@lru_cache(maxsize=4096)
def compile_path(text: str, base: str = "") -> PathTemplate:
    """The template of a text, in which `{}` or `{name}` is a value that is percent-encoded, `{+}` or `{+name}` one that
    is not, and `{{` and `}}` are braces. Values are given in order; names only say what they are.

    `base` is put before a path of the run's own target that does not begin with a value. Raises ValueError.
    """
    return PathTemplate(text, base)


@lru_cache(maxsize=1024)
def split_url(url: str) -> tuple[Origin, str]:
    """The origin of an absolute URL, and what to ask for there. Raises ValueError."""
    target = parse_target(url)
    if target.userinfo is not None:
        raise ValueError("expected a URL without user and password: give them in an Authorization header")
    return target.origin, target.path


def with_params(target: str, params: Params) -> str:
    """The target with more of a query: names and values are percent-encoded, a list is its name once for each value,
    and None leaves a name out. A text is added as it is. None are no params.
    """
    if params is None:
        return target
    if isinstance(params, str):
        query = encode_path(params.lstrip("?&"))
    else:
        query = encode_pairs(as_pairs(params, "params"), _encoded)
    if not query:
        return target
    return f"{target}{'' if target[-1] in '?&' else '&' if '?' in target else '?'}{query}"


def _encoded(value: object) -> str:
    """The value percent-encoded: nothing in it means anything to a server."""
    if type(value) is str and value.isascii() and value.isalnum():
        return value
    return str(value) if type(value) is int else quote(plain(value), safe="")


def _reserved(value: object) -> str:
    """The value as part of a URL that is one already: only what cannot stand in a URL is percent-encoded. What follows
    a # is for browsers.
    """
    text = plain(value)
    return encode_path((text if isinstance(text, str) else text.decode("latin-1")).partition("#")[0])


def _parsed(whole: str, text: str) -> tuple[list[str], list[Callable[[object], str]]]:
    """The literal texts, one more than there are places, and what encodes the value of each place."""
    literals, encoders = [""], list[Callable[[object], str]]()
    for index, piece in enumerate(_PLACE.split(text)):
        if index % 2 == 0 or piece in ("{{", "}}"):
            literals[-1] += piece[:1] if index % 2 else piece
        elif piece in ("{", "}"):
            raise ValueError(
                f"path {whole!r}: a lone {piece}: write {{}} where a value goes, {{+}} for one that is not "
                f"percent-encoded, {piece * 2} for the character"
            )
        else:
            encoders.append(_reserved if piece[1] == "+" else _encoded)
            literals.append("")
    return literals, encoders


def _rooted(text: str) -> str:
    """The same from the root on, if it is no absolute URL."""
    return text if text[:1] == "/" or _ABSOLUTE.match(text) else f"/{text}"
