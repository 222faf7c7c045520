"""What a machine says, and who listens to it."""

from collections import deque
from collections.abc import Callable

from loadgen.executors.places.machines.links.messages import Message

Listen = Callable[[Message | None], None]
"""Takes what comes; None at the end of all."""


class Mailbox:
    """Keeps what comes while nobody listens. Not to be used by two threads at once."""

    def __init__(self) -> None:
        self._kept: deque[Message | None] = deque()
        self._listener: Listen | None = None

    def take(self, message: Message | None) -> None:
        """Give it to the listener, or keep it."""
        self._kept.append(message)
        self._give()

    def listen(self, to: Listen | None) -> None:
        """All that was kept first."""
        self._listener = to
        self._give()

    def _give(self) -> None:
        while self._kept and self._listener is not None:
            self._listener(self._kept.popleft())
