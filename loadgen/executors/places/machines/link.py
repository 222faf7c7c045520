"""How messages get to a machine and back: over the standard input and output of any command."""

import queue
import shlex
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from loadgen.base.errors import UsageError
from loadgen.base.processes import stopping_signals_blocked
from loadgen.executors.places.machines.messages import Message, await_greeting, encode_message, read_message

MACHINE = ("loadgen", "cluster", "machine", "-")
"""What a command is completed with that only says where."""

LEAVE_S = 1.0
"""After its standard input closed a machine ends its processes and goes, which takes milliseconds where it is well."""

LONGEST_NAME = 32

_CODES = {
    127: "; a shell says so where there is no such program: give loadgen's path there, as in "
    "--machine 'ssh host2 /opt/loadgen/bin/loadgen cluster machine -'",
    255: "; ssh says so where it cannot connect, or may not log in without a password",
}

Listen = Callable[[Message | None], None]
"""Takes what comes, on a thread of the link's own; None at the end of all."""


class Link(Protocol):
    """To one machine. `name` is what a report calls it."""

    name: str

    def send(self, message: Message) -> None:
        """Never waits, whatever the machine does; from any thread. After the end it does nothing."""

    def listen(self, to: Listen | None) -> None:
        """From now on it gets what comes, also what came while nobody listened. None: nobody does."""

    def close(self) -> None:
        """The machine ends when it sees that."""

    def wait(self) -> None:
        """After `close`, until the link is gone; not long for one that does not go."""


class Mailbox:
    """Keeps what comes while nobody listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Message | None] = []
        self._listener: Listen | None = None

    def take(self, message: Message | None) -> None:
        """Give it to the listener, or keep it."""
        with self._lock:
            if self._listener is None:
                self._kept.append(message)
            else:
                self._listener(message)

    def listen(self, to: Listen | None) -> None:
        """All that was kept first."""
        with self._lock:
            self._listener = to
            while self._kept and to is not None:
                to(self._kept.pop(0))


class CommandLink:
    """A command that runs here, such as `ssh host2`, whose input and output are the machine's. Raises UsageError."""

    def __init__(self, command: str) -> None:
        try:
            words = shlex.split(command)
        except ValueError:
            raise UsageError(f"--machine: a quotation is not closed in {command!r}") from None
        if not words:
            raise UsageError("--machine: expected a command, such as 'ssh host2'")
        whole = tuple(words[-3:]) == MACHINE[1:]
        self.name = _short(shlex.join(words[:-3] if whole else words))
        try:
            with stopping_signals_blocked():
                self._process = subprocess.Popen(
                    words if whole else [*words, *MACHINE],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for the coordinator alone
                )
        except OSError as error:
            raise UsageError(f"--machine: cannot run {words[0]!r}: {error.strerror}") from None
        self._mailbox = Mailbox()
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: Message) -> None:
        self._out.put(encode_message(message))

    def listen(self, to: Listen | None) -> None:
        self._mailbox.listen(to)

    def close(self) -> None:
        self._out.put(None)

    def wait(self) -> None:
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def how_it_ended(self) -> str:
        """In words, once nothing comes any more."""
        try:
            code = self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    @property
    def why_it_ended(self) -> str:
        """What a code means to those who read it, and what to do; nothing where it may mean anything."""
        return _CODES.get(self._process.returncode, "")

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None
        with suppress(BrokenPipeError):  # it is gone; whoever reads sees that
            while (data := self._out.get()) is not None:
                stream.write(data)
                stream.flush()
        with suppress(BrokenPipeError):
            stream.close()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:
            if await_greeting(stream):
                while (message := read_message(stream)) is not None:
                    self._mailbox.take(message)
        self._mailbox.take(None)


def _short(command: str) -> str:
    """As much of it as fits into a sentence: where it goes stands mostly at its end."""
    command = command.removesuffix(" -m loadgen").removesuffix(" loadgen")
    return command if len(command) <= LONGEST_NAME else f"...{command[3 - LONGEST_NAME :]}"
