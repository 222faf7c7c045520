"""The manual page: all commands and their options as man shows them (groff's man macros)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typer.models import OptionInfo

from loadgen import __version__
from loadgen.cli.signature import options_of


def manual_page(commands: Mapping[str, type[Any]]) -> str:
    """The text of loadgen.1."""
    lines = [
        f'.TH LOADGEN 1 "" "loadgen {__version__}" "User Commands"',
        ".SH NAME",
        "loadgen \\- simulate thousands of clients, and say what they saw",
        ".SH SYNOPSIS",
        ".B loadgen",
        "[COMMAND] [OPTIONS] [TARGET]",
        ".SH DESCRIPTION",
        "Without a command it is",
        ".BR run .",
        "The commands wrk, hey and ab take the options of those tools, and print what they do.",
        ".SH COMMANDS",
    ]
    for name, command in commands.items():
        lines += _command(name, command)
        for word, inner in getattr(command, "commands", {}).items():
            lines += _command(f"{name} {word}", inner)
    lines += [
        ".SH ENVIRONMENT",
        "Each option may come from the environment: LOADGEN_ and its long name, as LOADGEN_CONNECTIONS.",
    ]
    return "\n".join([*lines, ""])


def _command(name: str, command: type[Any]) -> Iterator[str]:
    yield f".SS {_plain(name)}"
    for paragraph in (command.__doc__ or "").split("\n\n"):
        yield from (".PP", _plain(" ".join(paragraph.split())))
    if getattr(command, "commands", None):
        return
    for flags, option in options_of(command):
        yield from _option(flags, option)


def _option(flags: Sequence[str], option: OptionInfo) -> list[str]:
    names = ", ".join(f"\\fB{_plain(flag)}\\fR" for flag in flags)
    value = (option.metavar or "").strip()
    return [".TP", f"{names} \\fI{_plain(value)}\\fR" if value else names, _plain(option.help or "")]


def _plain(text: str) -> str:
    """A text without meaning to groff."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
