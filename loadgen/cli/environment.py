"""Variables of the environment that were meant for loadgen, and are none of its options."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from loadgen.cli.options import variable_of
from loadgen.cli.signature import flags_of


def unknown_variables(given: Collection[str], commands: Iterable[type[Any]]) -> list[str]:
    """A sentence for each of `given` that stands for no option of the commands."""
    every = [inner for command in commands for inner in (command, *getattr(command, "commands", {}).values())]
    known = frozenset().union(*(_variables(command) for command in every if hasattr(command, "body")))
    texts = []
    for name in sorted(set(given) - known):
        close = get_close_matches(name, known, n=1, cutoff=0.8)
        hint = f"; did you mean {close[0]}?" if close else ""
        texts.append(f"{name} in the environment is the variable of no option{hint}")
    return texts


@cache
def _variables(command: type[Any]) -> frozenset[str]:
    """Those of all its options."""
    return frozenset(variable_of(flags) for flags in flags_of(command))
