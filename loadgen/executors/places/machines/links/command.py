"""A Link over the standard input and output of any command."""

import shlex
import subprocess

from loadgen.base.errors import UsageError
from loadgen.base.processes import stopping_signals_blocked
from loadgen.executors.places.machines.links.base import MACHINE
from loadgen.executors.places.machines.links.mailbox import Listen
from loadgen.executors.places.machines.links.messages import Message, encode_message
from loadgen.executors.places.machines.links.pipe_ends import PipeReader, PipeWriter

LEAVE_S = 1.0
"""After its standard input closed a machine ends its processes and goes, which takes milliseconds where it is well."""

LONGEST_NAME = 32

_CODES = {
    127: "; a shell says so where there is no such program: give loadgen's path there, as in "
    "--machine 'ssh host2 /opt/loadgen/bin/loadgen'",
    255: "; ssh says so where it cannot connect, or may not log in without a password",
}
_BY_HAND = "; try the command by hand, with `loadgen --version` behind it"


class CommandLink:
    """A command that runs here, such as `ssh host2`, whose input and output are the machine's. Raises UsageError."""

    def __init__(self, command: str) -> None:
        try:
            words = shlex.split(command)
        except ValueError:
            raise UsageError(f"--machine: a quotation is not closed in {command!r}") from None
        if not words:
            raise UsageError("--machine: expected a command, such as 'ssh host2'")
        self.name = name_of(words)
        try:
            with stopping_signals_blocked():
                self._process = subprocess.Popen(
                    whole(words),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C is for the coordinator alone
                )
        except OSError as error:
            way = f"; it is a command that reaches a machine, as 'ssh {words[0]}'" if len(words) == 1 else ""
            raise UsageError(f"--machine: cannot run {words[0]!r}: {error.strerror}{way}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._out = PipeWriter(self._process.stdin)
        self._in = PipeReader(self._process.stdout, greeting=True)

    def send(self, message: Message) -> None:
        self._out.send(encode_message(message))

    def listen(self, to: Listen | None) -> None:
        self._in.listen(to)

    def close(self) -> None:
        self._out.close()

    def wait(self, within_s: float) -> None:
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._in.close()

    @property
    def how_it_ended(self) -> str:
        """In words, once nothing comes any more."""
        if self._in.is_noise:
            return "wrote to its output what no machine says"
        try:
            code = self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    @property
    def why_it_ended(self) -> str:
        """What a code means to those who read it, and what to do."""
        if self._in.is_noise:
            return "; nothing else may be written there"
        return _CODES.get(self._process.returncode, _BY_HAND)


def whole(words: list[str]) -> list[str]:
    """With what the command lacks: nothing where it names the machine, loadgen itself where it does not."""
    if _plain(words)[-3:] == [*MACHINE[1:]]:
        return words
    return [*words, *(MACHINE[1:] if _loadgen_in(words) else MACHINE)]


def _loadgen_in(words: list[str]) -> int:
    """How many words at the end are loadgen by its path, or as Python's module: its name alone may be a host's."""
    if words[-2:] == ["-m", "loadgen"]:
        return 3
    return 1 if words[-1].endswith("/loadgen") else 0


def _plain(words: list[str]) -> list[str]:
    """The same where what a shell over there runs is one word here."""
    return " ".join(words).split()


def name_of(words: list[str]) -> str:
    """What reaches the machine, without the loadgen there: as much of it as fits into a sentence.

    Where it goes stands mostly at its end.
    """
    name, way, there = shlex.join(words), words, _loadgen_in(words)
    if (plain := _plain(words))[-3:] == [*MACHINE[1:]]:
        way = plain[:-3]
        there = _loadgen_in(way) or 1
    if there:
        name = " ".join(way[:-there] or way[-1:])
    return name if len(name) <= LONGEST_NAME else f"...{name[3 - LONGEST_NAME :]}"
