"""How messages get to a machine and back."""

from typing import Protocol

from loadgen.executors.places.machines.links.mailbox import Listen
from loadgen.executors.places.machines.links.messages import Message

MACHINE = ("loadgen", "cluster", "machine", "-")
"""What a command is completed with that only says where."""


class Link(Protocol):
    """To one machine. `name` is what a report calls it."""

    name: str

    def send(self, message: Message) -> None:
        """Never waits, whatever the machine does; from any thread. After the end it does nothing."""

    def listen(self, to: Listen | None) -> None:
        """From now on it gets what comes, on the running loop, and first what came while nobody listened.

        None: nobody does.
        """

    def close(self) -> None:
        """The machine ends when it sees that."""

    def wait(self, within_s: float) -> None:
        """After `close`, until the link is gone, and no longer for one that does not go."""
