"""What a command line of another tool asks for; and its options, as that tool reads them."""

import getopt
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, NoReturn

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.report.front_doors.rows import Row
from loadgen.results.result import Result

Options = list[tuple[str, str]]
"""In the order in which they were given; one without a value has an empty one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A run: where to, with flags by the keys of a profile. `head` is printed before it, `text` makes what comes after;
    `files` make the texts of files, by name. `rows` makes one of the single requests, for the file of `rows_file`, or
    in place of the report."""

    url: str
    flags: Mapping[str, Any]
    text: Callable[[Result], str]
    head: str = ""
    files: Mapping[str, Callable[[Result], str]] = field(default_factory=dict)
    rows: Callable[[Sequence[Row]], str] | None = None
    rows_file: str | None = None


def short_options(tool: str, arguments: Sequence[str], letters: str, words: Sequence[str] = ()) -> tuple[Options, str]:
    """The options of a tool that reads them by getopt, `-t2 -kc 5`, and its URL. Raises UsageError."""
    try:
        options, rest = getopt.gnu_getopt(list(arguments), letters, list(words))
    except getopt.GetoptError as error:
        raise UsageError(f"{tool}: {error}; {_help(tool)}") from None
    return options, _url(tool, rest)


def go_options(
    tool: str, arguments: Sequence[str], valued: Collection[str], plain: Collection[str]
) -> tuple[Options, str]:
    """The same of a tool that reads them as Go does: `-n 200`, `-n=200`, `--n 200`, all before the URL."""
    options: Options = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        name, equals, value = word.lstrip("-").partition("=")
        if name in plain:
            options.append((name, ""))
        elif name not in valued:
            raise UsageError(f"{tool}: it has no option -{name}; {_help(tool)}")
        elif equals:
            options.append((name, value))
        elif rest:
            options.append((name, rest.pop(0)))
        else:
            raise UsageError(f"{tool}: -{name} needs a value; {_help(tool)}")
    return options, _url(tool, rest)


def refuse(tool: str, option: str, why: str) -> NoReturn:
    """Raise UsageError for an option that is known and cannot be done."""
    raise UsageError(f"{tool}: {option} {why}; `loadgen run --help-all` has what there is")


def file_body(tool: str, option: str, name: str) -> bytes:
    """The body that a file holds. Raises UsageError."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{tool}: {option}: cannot read {name!r}: {error.strerror}") from None


def basic(pair: str) -> str:
    """The header of a user and a password."""
    return f"Authorization: Basic {b64encode(pair.encode()).decode()}"


def whole(tool: str, option: str, text: str) -> int:
    """A number above 0. Raises UsageError."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise UsageError(f"{tool}: {option}: expected a number above 0, got {text!r}")
    return int(text)


def _url(tool: str, rest: Sequence[str]) -> str:
    if len(rest) != 1:
        raise UsageError(f"{tool}: expected one URL after the options, got {len(rest)}; {_help(tool)}")
    return rest[0] if "://" in rest[0] else f"http://{rest[0]}"


def _help(tool: str) -> str:
    return f"see `loadgen {tool} --help`"
