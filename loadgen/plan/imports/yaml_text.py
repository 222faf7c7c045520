"""Values as YAML that every reader takes for what they are: block style outside, flow style for what is small."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_/.?=&%+~-]*")
_PLAIN_IN_FLOW = re.compile(r"[A-Za-z/][A-Za-z0-9_/.-]*")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_UNPRINTABLE = re.compile("[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WIDEST = 110


def yaml_lines(value: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """The lines of a mapping. Values are texts, numbers, booleans, mappings and lists."""
    margin = " " * indent
    for key, item in value.items():
        name = f"{margin}{yaml_text(key)}:"
        flow = f"{name} {_flow(item)}"
        if not isinstance(item, dict | list) or not item or (len(flow) <= _WIDEST and _is_small(item)):
            yield flow
        elif isinstance(item, dict):
            yield name
            yield from yaml_lines(item, indent + 2)
        else:
            yield name
            for entry in item:
                yield from _entry(entry, indent + 2)


def yaml_text(text: str) -> str:
    """A text as a scalar: plain where that is safe, in single quotes where it has double ones, else in double ones."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if '"' in text and not _UNPRINTABLE.search(text) and "\t" not in text:
        return "'" + text.replace("'", "''") + "'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{_UNPRINTABLE.sub(_escaped, escaped)}"'


def _entry(entry: Any, indent: int) -> Iterator[str]:
    margin = " " * indent
    flow = f"{margin}- {_flow(entry)}"
    if not isinstance(entry, dict) or (len(flow) <= _WIDEST and _is_small(entry)):
        yield flow
        return
    lines = list(yaml_lines(entry, indent + 2))
    yield f"{margin}- {lines[0].lstrip()}"
    yield from lines[1:]


def _is_small(value: Any) -> bool:
    """Whether it holds no more than one level of values."""
    items = value.values() if isinstance(value, dict) else value
    return all(not isinstance(item, dict | list) or not item for item in items)


def _flow(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_in_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            return _in_flow(value)
    return str(value)


def _in_flow(text: str) -> str:
    """Between braces fewer characters are safe."""
    quoted = yaml_text(text)
    return quoted if quoted[0] in "'\"" or _PLAIN_IN_FLOW.fullmatch(text) else f'"{text}"'


def _escaped(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
