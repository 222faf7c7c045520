"""What a FaultServer can be told to do on a connection, one step after another."""

from dataclasses import dataclass, field
from threading import Event

GATE_TIMEOUT_S = 10.0


class Gate:
    """Opened once by one side to let the other pass: the handshake that stands in for a sleep."""

    def __init__(self) -> None:
        self._event = Event()

    def open(self) -> None:
        self._event.set()

    def wait(self) -> None:
        """Block until the gate is open; raises TimeoutError after ten seconds, so that no test hangs."""
        if not self._event.wait(GATE_TIMEOUT_S):
            raise TimeoutError("the gate was not opened")


@dataclass(frozen=True)
class ReadRequest:
    """Read one whole request, head and body, and record it. The script ends if the client closes before that."""


@dataclass(frozen=True)
class ReadHead:
    """Read and record one head only; the body, if any, stays unread."""


@dataclass(frozen=True)
class ReadBody:
    """Read the body of the request whose head was read, and record both as one."""


@dataclass(frozen=True)
class Send:
    """Send bytes; with `sizes`, in pieces of these sizes (the rest last), each in a segment of its own."""

    data: bytes
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pass:
    """Wait until the test opens the gate."""

    gate: Gate


@dataclass(frozen=True)
class Tell:
    """Open the gate, to tell the test that the script has come this far."""

    gate: Gate = field(default_factory=Gate)


@dataclass(frozen=True)
class EndSending:
    """Send FIN but keep reading possible."""


@dataclass(frozen=True)
class Close:
    """Close: FIN, or a reset by the kernel where bytes of the client are unread. The end of a script does the same."""


@dataclass(frozen=True)
class Reset:
    """Close with RST."""


@dataclass(frozen=True)
class Stall:
    """Neither read nor write until the server ends."""


@dataclass(frozen=True)
class AwaitClose:
    """Read, and drop, until the client closes."""


Step = ReadRequest | ReadHead | ReadBody | Send | Pass | Tell | EndSending | Close | Reset | Stall | AwaitClose
