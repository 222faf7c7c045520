"""`${NAME}` in a profile: where its value comes from, and putting it in.

A value is looked for in `--set`, then in the profile's own `variables:`. The environment is asked only where the
profile names it: by `env`, or by a name to which it gives no value. `${NAME:-text}` falls back to `text` where that is
unset or empty, `$$` is a literal `$`. Values go into finished scalars, encoded for the place where they stand
(encodings.py), and are never read as YAML. A variable that changes with every request stays `${NAME}` for the workload.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from loadgen.base.dataclass import dataclass
from loadgen.base.pattern import pattern
from loadgen.base.redact import REDACTED
from loadgen.base.suggest import did_you_mean
from loadgen.base.units import shown
from loadgen.plan.encodings import Encode, as_it_is, body_kind, encode_path, in_body, in_url, percent
from loadgen.plan.jobs.http import Variable
from loadgen.plan.places import COLUMN, NAME_TEXT, places_in
from loadgen.plan.problems import Problem, Where, where_text
from loadgen.plan.profiles.journey_names import JourneyNames, journey_names, may_change, request_key
from loadgen.plan.profiles.values import PER_REQUEST, Raw, as_text, changing, like

if TYPE_CHECKING:
    from loadgen.plan.profiles.yaml_tree import Document

NAME = pattern(NAME_TEXT)
PLACEHOLDER = pattern(rf"\$\{{({NAME_TEXT})\}}")
_REFERENCE = pattern(rf"\$\$|\$\{{({NAME_TEXT}(?:\.{COLUMN})?)(:-[^}}]*)?\}}|\$\{{")
_FIXED = ("default", "env", "secret", "encoded")


@dataclass(frozen=True, slots=True)
class FoundValue:
    """The value of a variable, redacted where it is a secret, and where it was found."""

    name: str
    value: str
    source: str


@dataclass(slots=True)
class Resolution:
    """A document with its variables put in. `spoiled` are places whose value is wrong and has been reported."""

    values: dict[str, Any] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    found: dict[str, FoundValue] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    names: JourneyNames = field(default_factory=JourneyNames)
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Where] = field(default_factory=set)


class Resolver:
    """Puts every variable's value into a document, all problems in one pass. `headers` are those given by flags."""

    def __init__(
        self,
        document: "Document",
        settings: Mapping[str, str],
        environment: Mapping[str, str],
        headers: Sequence[tuple[str, str]],
    ) -> None:
        self._document = document
        self._headers = headers
        self._settings = settings
        self._environment = environment
        self._known: dict[str, tuple[Any, str]] = {}  # the typed value, and the text it has inside other text
        self._changing: dict[str, Variable] = {}
        self._encoded: set[str] = set()
        self._secrets: list[str] = []
        self._unknown: dict[str, list[Where]] = {}
        self._unset: dict[str, str] = {}  # of a declared name, the variable of the environment
        self._used: set[str] = set()
        self._names = journey_names(document.values)
        self._result = Resolution(names=self._names)

    def resolve(self) -> Resolution:
        values = dict(self._document.values)
        declared = values.pop("variables", {})
        if isinstance(declared, dict):
            for name, entry in declared.items():
                self._declare(name, entry, ("variables", name))
        else:
            self._problem(("variables",), f"expected a mapping of names and values, got {shown(declared)}")
        self._result.values = {key: self._put_in(value, (key,)) for key, value in values.items()}
        self._report_unknown()
        self._report_unused_settings(declared if isinstance(declared, dict) else {})
        self._result.variables = tuple(self._changing.values())
        self._result.secrets = tuple(secret for secret in self._secrets if secret)
        return self._result

    def _declare(self, name: str, entry: Any, where: Where) -> None:
        if not NAME.fullmatch(name):
            self._problem(where, "expected a name of letters, digits and _ that does not begin with a digit")
        elif not isinstance(entry, dict):
            self._declare_fixed(name, {"default": entry}, where, where)
        elif any(key in entry for key in PER_REQUEST):
            self._declare_changing(name, entry, where)
        else:
            self._declare_fixed(name, entry, where, (*where, "default"))

    def _declare_fixed(self, name: str, entry: dict[str, Any], where: Where, default_at: Where) -> None:
        for key in entry:
            if key not in _FIXED:
                hint = did_you_mean(key, _FIXED + PER_REQUEST)
                self._problem((*where, key), f"unknown key{hint}")
        default, other = entry.get("default"), entry.get("env", name)
        secret, encoded = (self._flag(entry, key, where) for key in ("secret", "encoded"))
        if isinstance(default, dict | list):
            self._problem(default_at, f"expected a text or a number, got {shown(default)}")
            default = ""
        if not isinstance(other, str) or not other:
            self._problem((*where, "env"), f"expected the name of an environment variable, got {shown(other)}")
            other = name
        text = self._document.texts.get(default_at, "")
        if isinstance(default, str):
            default = self._put_in(default, default_at)
            text = as_text(default)
        if encoded:
            self._encoded.add(name)
        from_environment = self._environment.get(other) if default is None or "env" in entry else None
        outside = self._settings.get(name, from_environment)
        if outside is not None:
            self._known[name] = (like(default, outside), outside)
            source = "--set" if name in self._settings else f"{other} in the environment"
        elif default is not None:
            self._known[name] = (default, text)
            source = "the profile"
        else:
            self._unset[name] = other
            return
        self._found(name, REDACTED if secret else self._known[name][1], source)
        if secret:
            self._secrets += [self._known[name][1], text]

    def _flag(self, entry: Mapping[str, Any], key: str, where: Where) -> bool:
        """A true or false among the keys of a variable; anything wrong counts as true."""
        value = entry.get(key, False)
        if not isinstance(value, bool):
            self._problem((*where, key), f"expected true or false, got {shown(value)}")
        return value is not False

    def _declare_changing(self, name: str, entry: dict[str, Any], where: Where) -> None:
        entry = dict(entry)
        encoded = self._flag(entry, "encoded", where)
        entry.pop("encoded", None)
        if encoded:
            self._encoded.add(name)
        if name in self._settings:
            self._known[name] = (Raw(self._settings[name]), self._settings[name])
            self._found(name, self._settings[name], "--set")
        elif len(entry) > 1:
            self._problem(where, f"expected one of {', '.join(PER_REQUEST)}, alone")
        else:
            ((kind, found),) = entry.items()
            try:
                self._changing[name] = replace(changing(name, kind, found), encoded=encoded)
            except ValueError as error:
                self._problem((*where, kind), str(error))
                self._changing[name] = Variable(name, "uuid")

    def _put_in(self, value: Any, where: Where) -> Any:
        match value:
            case dict():
                return {self._key(key, where): self._put_in(item, (*where, key)) for key, item in value.items()}
            case list():
                return [self._put_in(item, (*where, index)) for index, item in enumerate(value)]
            case str():
                return self._put_into_text(value, where)
        return value

    def _key(self, key: str, where: Where) -> str:
        if "${" in key:
            self._problem((*where, key), "a variable can stand in a value, not in a key")
        return key

    def _put_into_text(self, text: str, where: Where) -> Any:
        if "$" not in text:
            return text
        whole = _REFERENCE.fullmatch(text)
        if whole and whole[1] and whole[1] not in self._names:
            return self._typed(whole, where)
        kept: list[str] = []
        matches = [*_REFERENCE.finditer(text)]
        ends = [0, *(match.end() for match in matches)]
        literals = [
            text[end:start] for end, start in zip(ends, [*(m.start() for m in matches), len(text)], strict=True)
        ]
        encoders = self._encoders(where, literals)
        put_in = [self._text(match, where, kept, encode) for match, encode in zip(matches, encoders, strict=True)]
        done = "".join(chain.from_iterable(zip(literals, [*put_in, ""], strict=True)))
        if [place.whole_name for place in places_in(done) if self._changes(place.whole_name)] != kept:
            self._spoil(where, "a literal ${NAME} cannot have the name of a variable that changes with every request")
        return Raw(done)

    def _encoders(self, where: Where, literals: Sequence[str]) -> list[Encode]:
        """What writes each value at its place between the literal texts."""
        request, key = request_key(where) or ((), "")
        if where == ("target",) or key == "path":
            return in_url(literals)
        if key == "body":
            own: Any = self._document.values
            for step in request:
                own = own[step]
            given = [*self._pairs(self._document.values.get("headers")), *self._headers]
            return in_body(body_kind([*given, *self._pairs(own.get("headers"))]), literals)
        return [as_it_is] * (len(literals) - 1)

    def _pairs(self, headers: object) -> Iterator[tuple[str, str]]:
        """Header fields with the values that are known, to tell what a body is."""
        for name, value in headers.items() if isinstance(headers, dict) else ():
            yield name, _REFERENCE.sub(lambda match: self._known.get(match[1] or "", ("", ""))[1], str(value))

    def _typed(self, match: re.Match[str], where: Where) -> Any:
        """The value itself, so that a number stays a number."""
        name = match[1]
        if name in self._changing:
            return self._text(match, where, [], as_it_is)
        known = self._known.get(name)
        if known and known[1]:
            self._used.add(name)
            return known[0]
        return Raw(self._text(match, where, [], as_it_is))

    def _text(self, match: re.Match[str], where: Where, kept: list[str], encode: Encode) -> str:
        if match[0] == "$$":
            return "$"
        name, default = match[1], match[2]
        if name is None:
            self._spoil(where, "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${)")
            return ""
        self._used.add(name)
        if "." in name and name not in self._names:
            feed = name.partition(".")[0]
            hint = did_you_mean(feed, sorted(self._names.feeds)) or "; feeds are files of rows, by name, under `feeds`"
            self._spoil(where, f"${{{name}}}: there is no feed {feed!r}{hint}")
            return ""
        if self._changes(name):
            if not may_change(where):
                when = "changes with every request" if name in self._changing else "is found out while it runs"
                self._spoil(where, f"${{{name}}} {when}, so it can stand only in a request's path, headers or body")
            kept.append(name)
            given = "" if default is None or name in self._changing else f":-{encode(default[2:])}"
            return f"${{{name}{given}}}"
        value = self._looked_up(name, default, where)
        return encode_path(value) if encode is percent and name in self._encoded else encode(value)

    def _changes(self, name: str) -> bool:
        return name in self._changing or (name in self._names and name not in self._known)

    def _looked_up(self, name: str, default: str | None, where: Where) -> str:
        if default is not None and "${" in default:
            self._spoil(where, f"the default of ${{{name}}} cannot hold another variable")
            return ""
        known = self._known.get(name)
        text = known[1] if known else self._settings.get(name, self._environment.get(name))
        if text is None and default is None:
            self._unknown.setdefault(name, []).append(where)
            self._result.spoiled.add(where)
            return ""
        if not known:
            inside = "--set" if name in self._settings else f"{name} in the environment"
            self._found(name, text or (default or "")[2:], inside if text else "the default beside its name")
        return text or (default or "").removeprefix(":-")

    def _report_unknown(self) -> None:
        for name, places in self._unknown.items():
            also = [f"{where_text(place)} (line {self._document.lines[place]})" for place in places[1:]]
            more = f"; also used in {', '.join(also)}" if also else ""
            remedy = f"give it with --set {name}=..., in the environment, or under variables"
            if name in self._unset:
                declared = self._document.lines.get(("variables", name))
                at = f" (line {declared})" if declared else ""
                remedy = f"{self._unset[name]}{at} is not set in the environment: set it, or give --set {name}=..."
            if self._names.extracted:
                hint = did_you_mean(name, sorted(self._names.extracted))
                remedy += f", or extract it in a step before{hint}"
            text = f"${{{name}}} has no value: {remedy}{more}"
            self._result.problems.append(Problem(places[0], text, has_value=False))

    def _report_unused_settings(self, declared: Mapping[str, Any]) -> None:
        for name in self._settings:
            if name not in declared and name not in self._used:
                hint = did_you_mean(name, sorted({*declared, *self._used}))
                self._problem(("--set",), f"the profile has no variable {name!r}{hint}")

    def _found(self, name: str, value: str, source: str) -> None:
        self._result.found[name] = FoundValue(name, value, source)

    def _spoil(self, where: Where, text: str) -> None:
        self._result.spoiled.add(where)
        self._problem(where, text)

    def _problem(self, where: Where, text: str) -> None:
        self._result.problems.append(Problem(where, text))
