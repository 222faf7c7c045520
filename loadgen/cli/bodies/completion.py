"""`loadgen completion`: print a script for a shell."""

from loadgen.base.errors import UsageError
from loadgen.cli.app import COMMANDS, command_of
from loadgen.cli.commands.completion import Completion
from loadgen.cli.completion import SHELLS, known_commands
from loadgen.cli.streams import emit


def completion(given: Completion) -> int:
    """Raises UsageError for another shell."""
    make = SHELLS.get(given.shell)
    if make is None:
        raise UsageError(f"expected {', '.join(SHELLS)}, got {given.shell!r}")
    emit(make(known_commands({name: command_of(name) for name in COMMANDS})))
    return 0
