"""How a command is read: by which other words its options may be called, and how its help begins."""

import os
from collections.abc import Sequence
from copy import copy
from typing import Any

from typer.core import TyperCommand

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.options import ALIASES, SHORT
from loadgen.cli.short_help import Begin, is_short, write_short_help

OPTIONAL = {"--web": "127.0.0.1:0"}
"""What an option means that is given without a value."""
HELP = ("--help", "--help-all")
LETTERS = 3
"""So long is `-c5` at least: what is longer may be a word behind a single dash, as Go has them."""


class Aliased(TyperCommand):
    """A command whose options may be called by their aliases, too; its help does not have them, and is short at first
    where it has many.

    Of an option whose value may be left out, that is joined to it: what follows it is an argument of its own.
    """

    begin: Begin | None = None
    _typed: list[str] | None = None
    _parted = False

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
        asks = any(word in HELP or (word[:2] != "--" and word[:1] == "-" and "h" in word) for word in args[:last])
        self._typed = None if asks else args[:last]
        try:
            return super().parse_args(ctx, args)
        finally:
            self._typed = None

    def get_params(self, ctx: Any) -> list[Any]:
        """All of them; but once the words are parted, only those that have a value or want one: to read the value of an
        option, and be it none, Typer makes a validator of pydantic's, and there are some ninety."""
        found = super().get_params(ctx)
        if self._typed is None or not self._parted:
            return found
        left = [option for option in found if _is_absent(option, self._typed)]
        ctx.params.update(dict.fromkeys((option.name for option in left), None))
        return [option for option in found if option not in left]

    def make_parser(self, ctx: Any) -> Any:
        """One that knows them."""
        self._parted = False
        parser = super().make_parser(ctx)
        for option in self.params:
            shown: Any = option
            if aliases := ALIASES.get(option.opts[-1]):
                other = copy(option)
                other.opts = list(aliases)
                other.add_to_parser(parser, ctx)
            for flag, value in SHORT.get(option.opts[-1], ()):
                parser.add_option(shown, [flag], shown.name, action="store_const", const=value)
        self._parted = True
        return parser


def _is_absent(option: Any, typed: Sequence[str]) -> bool:
    """Whether an option without a default is given neither by any of its names nor by the environment."""
    if option.param_type_name != "option" or option.default is not None or option.required or option.is_eager:
        return False
    if option.envvar and os.environ.get(option.envvar):
        return False
    own = option.opts[-1]
    names = {*option.opts, *ALIASES.get(own, ()), *(flag for flag, _ in SHORT.get(own, ()))}
    letters = {name[1] for name in names if len(name) == 2}
    return not any(
        word.partition("=")[0] in names or (word[:1] == "-" and word[:2] != "--" and letters & {*word})
        for word in typed
    )


def kind_of(command: Any) -> type[Aliased]:
    """The class of its command for Typer."""

    class Kind(Aliased):
        begin = getattr(command, "begin", None)

    return Kind
