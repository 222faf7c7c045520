"""The command line: its commands, and what becomes of errors."""

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from loadgen import __version__
from loadgen.base.errors import LoadgenError
from loadgen.cli.baseline import baseline_app
from loadgen.cli.calibrate import calibrate
from loadgen.cli.check import check
from loadgen.cli.compare import compare
from loadgen.cli.demo import demo
from loadgen.cli.diff import diff
from loadgen.cli.find_max import find_max
from loadgen.cli.gate import gate
from loadgen.cli.profiles import profiles_app
from loadgen.cli.report import report
from loadgen.cli.run import run
from loadgen.cli.s3 import s3
from loadgen.cli.target import target

INTERNAL, USAGE = 1, 2
# Typer has brought its own copy of click since 0.26, so click's classes are found by way of Typer's.
ClickException: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


class Commands(TyperGroup):
    """The list of commands as plain text: to import what draws frames takes longer than all the rest."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Without Typer's own."""
        super(TyperGroup, self).format_help(ctx, formatter)


app = typer.Typer(
    name="loadgen",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"loadgen {__version__}")
        raise typer.Exit


@app.callback()
def loadgen(
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Simulate thousands of clients, and say what they saw.

    Begin with: loadgen demo
    """


app.command()(run)
app.command()(find_max)
app.command()(s3)
app.command()(check)
app.command()(demo)
app.command()(target)
app.command()(report)
app.command()(gate)
app.command()(compare)
app.command()(diff)
app.command()(calibrate)
app.add_typer(baseline_app)
app.add_typer(profiles_app)


def _show(error: Any) -> None:
    """One line, with where to look; all the help where nothing was asked for."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    text = " ".join(error.format_message().split()).rstrip(".")
    if "extra argument" in text:  # what is left over may be the half of an unquoted header, a token
        text = "too many arguments; quote values that have blanks"
    context = getattr(error, "ctx", None)
    sys.stderr.write(f"loadgen: {text}; see `{context.command_path if context else 'loadgen'} --help`\n")


def run_app() -> int:
    """Run one command; the exit code. Expected errors are one clear line each, on stderr."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115  None where the shell has closed it
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars and dots are no reason to fail on an ASCII terminal
    try:
        code = app(standalone_mode=False)
    except ClickException as error:
        _show(error)
        return int(error.exit_code)
    except LoadgenError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"loadgen: {line}\n")
        return USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        import traceback

        traceback.print_exc()
        sys.stderr.write("loadgen: this is a bug in loadgen; please report it with the lines above\n")
        return INTERNAL
    return int(code or 0)
