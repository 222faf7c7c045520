"""The help of a command with many options: an example and what most people need. `--help-all` has the rest."""

from typing import Annotated, Any

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import FLAG

_ALL = "loadgen.help_all"
"""Says in the context of a command that all of its options are asked for."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What a command's help begins with: a command line to type, and the long flags of the options that are shown."""

    example: str
    flags: tuple[str, ...]


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted:
        context.meta[_ALL] = True
        typer.echo(context.get_help())
        raise typer.Exit


HelpAll = Annotated[
    bool,
    typer.Option("--help-all", metavar=FLAG, is_eager=True, callback=_show_all, help="Every option, by its purpose."),
]


def is_short(context: Any) -> bool:
    """Whether the help that a command has in this context is the short one."""
    return not context.meta.get(_ALL)


def write_short_help(command: Any, begin: Begin, context: Any, formatter: Any) -> None:
    """The first paragraph of the command's help, the example, the arguments and the options that are shown."""
    shown = (*begin.flags, "--help-all", "--help")
    options = {flag: option for option in command.get_params(context) for flag in option.opts}
    arguments = [option for option in command.get_params(context) if option.param_type_name == "argument"]
    command.format_usage(context, formatter)
    formatter.write_paragraph()
    formatter.write_text((command.help or "").partition("\n\n")[0])
    with formatter.section("Example"):
        formatter.write(f"{'':{formatter.current_indent}}{begin.example}\n")
    with formatter.section("Arguments"):
        formatter.write_dl([(option.metavar, option.help) for option in arguments])
    with formatter.section("Options"):
        formatter.write_dl([options[flag].get_help_record(context) for flag in shown])
