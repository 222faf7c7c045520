"""How a command is read: by which other words its options may be called, and how its help begins."""

from copy import copy
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.options import ALIASES, SHORT
from loadgen.cli.plain import Plain
from loadgen.cli.short_help import Begin, is_short, write_short_help
from loadgen.cli.signature import kinds_of

OPTIONAL = {"--web": "127.0.0.1:0"}
"""What an option means that is given without a value."""
LETTERS = 3
"""So long is `-c5` at least: what is longer may be a word behind a single dash, as Go has them."""


class Aliased(Plain):
    """A command whose options may be called by their aliases, too; its help does not have them, and is short at first
    where it has many.

    Of an option whose value may be left out, that is joined to it: what follows it is an argument of its own.
    """

    begin: Begin | None = None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The short one, unless there is none or all is asked for."""
        if self.begin is not None and is_short(ctx):
            write_short_help(self, self.begin, ctx, formatter)
        else:
            super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """With the value of those that have none. Raises UsageError for a word of another tool's."""
        last = args.index("--") if "--" in args else len(args)
        words = [word for word in args[:last] if word[:1] == "-" and word[1:2].isalpha() and len(word) > LETTERS]
        if words and (reading := imported("loadgen.cli.readings", "reading_of_word")(words)):
            raise UsageError(reading)
        args[:last] = [f"{word}={OPTIONAL[word]}" if word in OPTIONAL else word for word in args[:last]]
        return super().parse_args(ctx, args)

    def make_parser(self, ctx: Any) -> Any:
        """One that knows them."""
        parser = super().make_parser(ctx)
        for option in self.params:
            shown: Any = option
            if aliases := ALIASES.get(option.opts[-1]):
                other = copy(option)
                other.opts = list(aliases)
                other.add_to_parser(parser, ctx)
            for flag, value in SHORT.get(option.opts[-1], ()):
                parser.add_option(shown, [flag], shown.name, action="store_const", const=value)
        return parser


def kind_of(command: Any) -> type[Aliased]:
    """The class of its command for Typer."""

    class Kind(Aliased):
        begin = getattr(command, "begin", None)
        kinds = kinds_of(command)

    return Kind


def plain_kind_of(command: Any) -> type[Plain]:
    """The same for one whose options have no aliases."""

    class Kind(Plain):
        kinds = kinds_of(command)

    return Kind
