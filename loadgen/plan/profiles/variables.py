"""`${NAME}` in a profile: where its value comes from, and putting it in.

A value is looked for in `--set`, then in the environment, then in the profile's own `variables:`; `${NAME:-text}` falls
back to `text` where it is unset or empty, `$$` is a literal `$`. Values go into finished scalars and are never read as
YAML. A variable that changes with every request stays `${NAME}` for the workload.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loadgen.plan.jobs.http import Variable
from loadgen.plan.problems import Problem, Where, did_you_mean, shown, where_text

if TYPE_CHECKING:
    from loadgen.plan.profiles.yaml_tree import Document

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REFERENCE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}|\$\{")
_PER_REQUEST = ("random", "sequence", "choice", "uuid")
_FIXED = ("default", "env", "secret")


class Raw(str):
    """Text that came from outside YAML, so that "100" may still become a number."""

    __slots__ = ()


@dataclass(slots=True)
class Resolution:
    """A document with its variables put in. `spoiled` are places whose value is wrong and has been reported."""

    values: dict[str, Any] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    secrets: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Where] = field(default_factory=set)


def resolve(document: "Document", settings: Mapping[str, str], environment: Mapping[str, str]) -> Resolution:
    """Put every variable's value in; all problems are found in one pass."""
    return _Resolver(document, settings, environment).resolve()


class _Resolver:
    """One pass over one document."""

    def __init__(self, document: "Document", settings: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._document = document
        self._settings = settings
        self._environment = environment
        self._known: dict[str, tuple[Any, str]] = {}  # the typed value, and the text it has inside other text
        self._changing: dict[str, Variable] = {}
        self._secrets: list[str] = []
        self._unknown: dict[str, list[Where]] = {}
        self._used: set[str] = set()
        self._result = Resolution()

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
        elif any(key in entry for key in _PER_REQUEST):
            self._declare_changing(name, entry, where)
        else:
            self._declare_fixed(name, entry, where, (*where, "default"))

    def _declare_fixed(self, name: str, entry: dict[str, Any], where: Where, default_at: Where) -> None:
        for key in entry:
            if key not in _FIXED:
                hint = did_you_mean(key, _FIXED + _PER_REQUEST)
                self._problem((*where, key), f"unknown key{hint}")
        default, other, secret = entry.get("default"), entry.get("env", name), entry.get("secret", False)
        if isinstance(default, dict | list):
            self._problem(default_at, f"expected a text or a number, got {shown(default)}")
            default = ""
        if not isinstance(other, str) or not other:
            self._problem((*where, "env"), f"expected the name of an environment variable, got {shown(other)}")
            other = name
        if not isinstance(secret, bool):
            self._problem((*where, "secret"), f"expected true or false, got {shown(secret)}")
        text = self._document.texts.get(default_at, "")
        if isinstance(default, str):
            default = self._put_in(default, default_at)
            text = _as_text(default)
        outside = self._settings.get(name, self._environment.get(other))
        if outside is not None:
            self._known[name] = (_like(default, outside), outside)
        elif default is not None:
            self._known[name] = (default, text)
        if secret is not False and name in self._known:
            self._secrets += [self._known[name][1], text]

    def _declare_changing(self, name: str, entry: dict[str, Any], where: Where) -> None:
        if name in self._settings:
            self._known[name] = (Raw(self._settings[name]), self._settings[name])
        elif len(entry) > 1:
            self._problem(where, f"expected one of {', '.join(_PER_REQUEST)}, alone")
        else:
            ((kind, found),) = entry.items()
            try:
                self._changing[name] = _changing(name, kind, found)
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
        if whole and whole[1]:
            return self._typed(whole, where)
        kept: list[str] = []
        done = _REFERENCE.sub(lambda match: self._text(match, where, kept), text)
        if [found for found in PLACEHOLDER.findall(done) if found in self._changing] != kept:
            self._spoil(where, "a literal ${NAME} cannot have the name of a variable that changes with every request")
        return Raw(done)

    def _typed(self, match: re.Match[str], where: Where) -> Any:
        """The value itself, so that a number stays a number."""
        name = match[1]
        if name in self._changing:
            return self._text(match, where, [])
        known = self._known.get(name)
        if known and known[1]:
            self._used.add(name)
            return known[0]
        return Raw(self._text(match, where, []))

    def _text(self, match: re.Match[str], where: Where, kept: list[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, default = match[1], match[2]
        if name is None:
            self._spoil(where, "expected ${NAME} or ${NAME:-default} (write $${ for a literal ${)")
            return ""
        self._used.add(name)
        if name in self._changing:
            if not _may_change(where):
                place = "changes with every request, so it can stand only in a request's path, headers or body"
                self._spoil(where, f"${{{name}}} {place}")
            kept.append(name)
            return f"${{{name}}}"
        return self._looked_up(name, default, where)

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
        return text or (default or "").removeprefix(":-")

    def _report_unknown(self) -> None:
        for name, places in self._unknown.items():
            also = [f"{where_text(place)} (line {self._document.lines[place]})" for place in places[1:]]
            more = f"; also used in {', '.join(also)}" if also else ""
            remedy = f"give it with --set {name}=..., in the environment, or under variables"
            self._problem(places[0], f"${{{name}}} has no value: {remedy}{more}")

    def _report_unused_settings(self, declared: Mapping[str, Any]) -> None:
        for name in self._settings:
            if name not in declared and name not in self._used:
                hint = did_you_mean(name, sorted({*declared, *self._used}))
                self._problem(("--set",), f"the profile has no variable {name!r}{hint}")

    def _spoil(self, where: Where, text: str) -> None:
        self._result.spoiled.add(where)
        self._problem(where, text)

    def _problem(self, where: Where, text: str) -> None:
        self._result.problems.append(Problem(where, text))


def _like(default: Any, text: str) -> Any:
    """A text from outside as the type of the default it takes the place of, where it can be read so."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, int | float):
            return type(default)(text)
    except (KeyError, ValueError):
        pass
    return Raw(text)


def _changing(name: str, kind: str, found: Any) -> Variable:
    """The variable of one `{kind: found}` entry. Raises ValueError saying what would be right."""
    match kind, found:
        case "random", [int(low), int(high)] if low <= high and bool not in (type(low), type(high)):
            return Variable(name, "random", (low, high))
        case "sequence", int(first) if not isinstance(first, bool):
            return Variable(name, "sequence", (first,))
        case "choice", [_, *_] if all(isinstance(item, str | int | float) for item in found):
            return Variable(name, "choice", tuple(_choice(item) for item in found))
        case "uuid", True:
            return Variable(name, "uuid")
    right = {
        "random": "the lowest and the highest integer such as [1, 1000]",
        "sequence": "the first integer such as 1",
        "choice": "a list of texts or numbers such as [a, b]",
        "uuid": "true",
    }
    raise ValueError(f"expected {right[kind]}, got {shown(found)}")


def _choice(item: str | float) -> int | str:
    return item if isinstance(item, int) and not isinstance(item, bool) else _as_text(item)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _may_change(where: Where) -> bool:
    """Whether the workload looks for variables here: a request's path, headers and body."""
    match where:
        case ("headers", _) | ("requests", _, "headers", _) | ("requests", _, "path" | "body"):
            return True
        case ("requests", _, "json", *_):
            return True
    return False
