"""The command line: its commands, and what becomes of errors."""

import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from loadgen import __version__
from loadgen.base.errors import LoadgenError, NotReadyError, ScriptError, was_stopped
from loadgen.base.imported import imported
from loadgen.cli.aliased import kind_of, plain_kind_of
from loadgen.cli.commands.front_doors import TOOLS, FrontDoor
from loadgen.cli.signature import Command, callback_of
from loadgen.cli.streams import tell, tell_error

INTERNAL, USAGE = 1, 2
CODES: dict[type[LoadgenError], int] = {ScriptError: 107, NotReadyError: 99}
"""Of what ends a command before there is a Result; all else is USAGE."""

Call = Callable[[Any], int]
"""Does what a command's parameters ask for; the exit code."""

# Typer has brought its own copy of click since 0.26, so click's classes are found by way of Typer's.
ClickException: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
COMMANDS = {
    "run": "Run", "find-max": "FindMax", "s3": "S3", "check": "Check", "demo": "Demo", "target": "Target",
    "report": "Report", "gate": "Gate", "compare": "Compare", "diff": "Diff", "calibrate": "Calibrate",
    "baseline": "Baseline", "profiles": "Profiles", "import": "Import", "cluster": "Cluster", "trend": "Trend",
    "completion": "Completion", "serve": "Serve",
}  # fmt: skip
"""The class of each command's parameters, in the module of its name in commands/."""

OPTIONS_ALONE = ("-h", "--help", "-V", "--version")


class Commands(TyperGroup):
    """The list of commands as plain text: to import what draws frames takes longer than all the rest."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Without Typer's own."""
        super(TyperGroup, self).format_help(ctx, formatter)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"loadgen {__version__}")
        raise typer.Exit


def loadgen(
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Simulate thousands of clients, and say what they saw.

    Begin with: loadgen demo

    `loadgen wrk|hey|ab ...` takes the options of those tools, and prints what they do.
    """


def call_body(given: Command) -> int:
    """Import the body of a command, now that its parameters are known to be good, and call it.

    What it makes may have a body of its own, which comes next; the exit code is the last one's.
    """
    made: Any = given
    while not isinstance(made, int):
        module, function = made.body.split(":")
        made = _imported(f"bodies.{module}", function)(made)
    return made


def meant_by(arguments: Sequence[str]) -> list[str]:
    """The arguments with a command before a target or options alone; `help` and `version` as the options they are."""
    match arguments:
        case ["help", *words]:
            return [*words, "--help"]
        case ["version"]:
            return ["--version"]
        case [first, *_] if first.startswith("-") and first not in OPTIONS_ALONE and len(arguments) > 1:
            return ["run", *arguments]
        case [first, *_] if not first.startswith("-") and (first == "localhost" or {*":/."} & {*first}):
            return ["run", *arguments]
    return list(arguments)


def make_app(arguments: Sequence[str], call: Call = call_body) -> typer.Typer:
    """The application with the command that is asked for; where none is, with what all of them are called and for.

    To import a command and to read its parameters takes time. So does it to find that no option stands before it.
    """
    names_one = _is_word(arguments[:1])
    app = typer.Typer(
        name="loadgen",
        cls=Commands,
        no_args_is_help=True,
        add_help_option=not names_one,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_listed if names_one else loadgen)
    asked = next((word for word in arguments if not word.startswith("-")), "")
    if asked not in COMMANDS:
        for name in COMMANDS:
            app.command(name, help=command_of(name).__doc__, hidden=name == "completion")(_listed)
        return app
    command = command_of(asked)
    if hasattr(command, "commands"):
        app.add_typer(_group(asked, command, call, has_options=not _is_word(arguments[1:2])))
    else:
        app.command(asked, cls=kind_of(command))(callback_of(command, call))
    return app


def _is_word(arguments: Sequence[str]) -> bool:
    """Whether there is a first one, which is no option."""
    return any(not word.startswith("-") for word in arguments[:1])


def _listed() -> None:
    """Stands for a command that is not asked for, and for the options before one where there are none."""


def _group(name: str, command: Any, call: Call, *, has_options: bool) -> typer.Typer:
    """Commands of a command, which may have a body of its own for when none of them is asked for."""
    alone = hasattr(command, "body")
    group = typer.Typer(
        name=name,
        help=command.__doc__,
        no_args_is_help=not alone,
        invoke_without_command=alone,
        add_help_option=has_options,
    )
    for inner, parameters in command.commands.items():
        group.command(inner, cls=plain_kind_of(parameters))(callback_of(parameters, call))

    def without(context: typer.Context) -> int:
        return call(command()) if alone and context.invoked_subcommand is None else 0

    group.callback(help=command.__doc__)(without)
    return group


def module_of(name: str) -> str:
    """The module of a command's parameters, in commands/; `import` is a word of Python's."""
    return "imports" if name == "import" else name.replace("-", "_")


def command_of(name: str) -> Any:
    """The class of a command's parameters."""
    return _imported(f"commands.{module_of(name)}", COMMANDS[name])


def _imported(module: str, name: str) -> Any:
    return imported(f"loadgen.cli.{module}", name)


def _warn_of_unknown(variables: Collection[str]) -> None:
    """Say on stderr which of these stand for no option of any command."""
    if variables:
        commands = [command_of(name) for name in COMMANDS]
        for text in _imported("environment", "unknown_variables")(variables, commands):
            tell(f"loadgen: {text}\n")


def _show(error: Any, arguments: Sequence[str]) -> None:
    """One line, with where to look; all the help where nothing was asked for."""
    if type(error).__name__ == "NoArgsIsHelpError":
        tell(f"{error.format_message()}\n")
        return
    text = " ".join(error.format_message().split()).rstrip(".")
    if "extra argument" in text:  # what is left over may be the half of an unquoted header, a token
        reading = _imported("readings", "reading_of_left_over")(arguments)
        text = reading or "too many arguments; quote values that have blanks"
    elif type(error).__name__ == "NoSuchOption":
        text = _imported("readings", "reading_of")(error.option_name) or text
    elif hasattr(error.__cause__, "errors"):  # what pydantic found for Typer
        text = _imported("readings", "reading_of_number")(error.param.opts[-1], error.__cause__.errors()[0]) or text
    context = getattr(error, "ctx", None)
    tell(f"loadgen: {text}; see `{context.command_path if context else 'loadgen'} --help`\n")


def run_app(call: Call = call_body) -> int:
    """Run one command; the exit code. Expected errors are one clear line each, on stderr."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  None where the shell has closed it
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars and dots are no reason to fail on an ASCII terminal
    _warn_of_unknown([name for name in os.environ if name.startswith("LOADGEN_")])
    arguments = meant_by(sys.argv[1:])
    try:
        if arguments[:1] and arguments[0] in TOOLS:
            return call(FrontDoor(arguments[0], tuple(arguments[1:])))
        code = make_app(arguments, call)(arguments, standalone_mode=False, prog_name="loadgen")
    except ClickException as error:
        _show(error, arguments)
        return int(error.exit_code)
    except LoadgenError as error:
        tell_error(error)
        return next((code for kind, code in CODES.items() if isinstance(error, kind)), USAGE)
    except SystemExit:  # Typer's own, where the reader of the help has gone
        return 0
    except Exception as error:
        if was_stopped(error):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # the help is written by others than `emit`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            tell(f"loadgen: cannot write to standard output: {error.strerror}\n")
            return USAGE
        tell(f"{traceback.format_exc()}loadgen: this is a bug in loadgen; please report it with the lines above\n")
        return INTERNAL
    return int(code or 0)
