"""YAML text -> plain values with the line of each, or problems. Nothing in a document can run code or explode.

Scalars are resolved as `yaml.safe_load` does, except that dates stay text and mapping keys are always text. Where the
profile wants text (a header value, a path), a number or a boolean keeps the characters that were written.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any

import yaml

from loadgen.base.dataclass import dataclass
from loadgen.base.units import shown
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles.journey_names import request_key

LARGEST_DOCUMENT = 1 << 20
MOST_VALUES = 20_000
_DEEPEST = 40

_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + name for name in ("str", "int", "float", "bool", "null", "value", "timestamp")}
_TEXTS = {_TAG + name for name in ("str", "value", "timestamp")}
_TEXT_KEYS = frozenset(
    (
        "name",
        "description",
        "target",
        "path",
        "method",
        "body",
        "body_contains",
        "body_file",
        "cacert",
        "cert",
        "key",
        "file",
        "group",
        "scenario",
        "locust",
    )
)


@dataclass(slots=True)
class Document:
    """`values` as plain data; `lines` by place, from 1; `texts` are non-text scalars as they were written.

    `spoiled` are places whose value could not be read and has been reported.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Where, int] = field(default_factory=dict)
    texts: dict[Where, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Where] = field(default_factory=set)


def load(data: bytes) -> Document:
    """Read one YAML document. A document that cannot be read at all has no values and says why in `problems`."""
    if len(data) > LARGEST_DOCUMENT:
        return _unreadable("expected a profile of at most 1 MiB, this file is larger")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable("expected UTF-8 text", data.count(b"\n", 0, error.start) + 1)
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        return _Tree(loader).document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "it cannot be read"
        return _unreadable(f"not valid YAML: {reason}", mark.line + 1 if mark else None)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _unreadable("not valid YAML: it holds a character that is not allowed in text files", line)
    except RecursionError:
        return _unreadable("not a profile: values are nested too deeply, or aliases repeat too much")
    finally:
        if loader is not None:
            loader.dispose()


class _Tree:
    """Turns the nodes of one document into values."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._result = Document()
        self._count = 0

    def document(self, root: yaml.Node | None) -> Document:
        if root is None:
            return self._result
        if not isinstance(root, yaml.MappingNode):
            return _unreadable("expected a mapping of keys such as `target: http://127.0.0.1:8080`", 1)
        self._result.values = self._mapping(root, ())
        return self._result

    def _value(self, node: yaml.Node, where: Where) -> Any:
        self._result.lines.setdefault(where, node.start_mark.line + 1)
        match node:
            case yaml.MappingNode(tag=tag) if tag == f"{_TAG}map":
                return self._mapping(node, where)
            case yaml.SequenceNode(tag=tag) if tag == f"{_TAG}seq":
                return self._list(node, where)
            case yaml.ScalarNode(tag=tag) if tag in _SCALARS:
                return self._scalar(node, where)
        self._result.spoiled.add(where)
        self._problem(where, f"the YAML tag {node.tag.replace(_TAG, '!!')!r} is not allowed here", node)
        return None

    def _list(self, node: yaml.SequenceNode, where: Where) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            self._count_one(where)
            items.append(self._value(item, (*where, index)))
        return items

    def _scalar(self, node: yaml.ScalarNode, where: Where) -> Any:
        if node.tag in _TEXTS or _wants_text(where):
            return str(node.value)
        try:
            value = self._loader.construct_object(node)
        except (ValueError, KeyError, OverflowError):
            self._result.spoiled.add(where)
            self._problem(where, f"not a value of its YAML type: {shown(node.value)}", node)
            return None
        self._result.texts[where] = node.value
        return value

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            self._count_one(where)
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(where, "expected a text as key", key_node)
                continue
            if key_node.tag == f"{_TAG}merge":
                for source in self._merge_sources(value_node, where):
                    merged = self._mapping(source, where) | merged
                continue
            key = str(key_node.value)
            if key in first_lines:
                self._problem((*where, key), f"given twice, first in line {first_lines[key]}", key_node)
                continue
            first_lines[key] = line
            self._result.lines[(*where, key)] = line
            own[key] = self._value(value_node, (*where, key))
        return merged | own

    def _merge_sources(self, node: yaml.Node, where: Where) -> Iterator[yaml.MappingNode]:
        """The mappings that `<<` names, the one with precedence first."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            self._count_one(where)
            if isinstance(source, yaml.MappingNode):
                yield source
            else:
                self._problem((*where, "<<"), "expected an alias of a mapping", source)

    def _count_one(self, where: Where) -> None:
        """No profile has more values or levels; aliases could make them without end."""
        self._count += 1
        if self._count > MOST_VALUES or len(where) > _DEEPEST:
            raise RecursionError

    def _problem(self, where: Where, text: str, node: yaml.Node) -> None:
        self._result.problems.append(Problem(where, text, node.start_mark.line + 1))


def _wants_text(where: Where) -> bool:
    if where[0] == "variables" or "json" in where:
        return False
    if where[-1] in _TEXT_KEYS or (len(where) > 1 and where[-2] == "headers"):
        return True
    found = request_key(where) if "form" in where or "multipart" in where or "base64" in where else None
    return found is not None and found[1] in ("form", "multipart", "base64")


def _unreadable(text: str, line: int | None = None) -> Document:
    return Document(problems=[Problem((), text, line)])
