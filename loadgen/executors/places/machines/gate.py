"""The start of all machines at one instant: set for all, and opened when each has said that it knows of it."""

from collections.abc import Sequence

from loadgen.base.clock import NS_PER_S
from loadgen.executors.places.machines.links.messages import Message
from loadgen.executors.places.machines.member import Member
from loadgen.executors.places.machines.mirror import Mirror
from loadgen.guard.shared_state import GO

AGAIN_AHEAD_NS = NS_PER_S
"""Somebody was late: the next time there is more time."""

MOST_TIMES = 5
"""More than three seconds, in which whoever is lost is found to be. Then it opens; who hears of it late begins late."""


class Gate:
    """Tells the members what gate `control` has, and hears what they answer. Instants are those of our clock.

    Without the word to open it no machine begins: where one has not answered in time, all get another instant.
    """

    def __init__(self, members: Sequence[Member], control: Mirror) -> None:
        self._members = members
        self._control = control
        self._times = 0
        self._is_open = False

    def tell(self) -> None:
        """To whoever has been told otherwise."""
        gate_ns = self._control.gate_at_ns
        for member in self._living():
            if gate_ns != member.gate_told:
                member.gate_told, member.gate_there = gate_ns, member.clock.there(gate_ns)
                member.gate_heard = False
                member.link.send(Message("gate", {"at": member.gate_there, "open": False}))

    def hear(self, member: Member, at: int, early_ns: int, *, is_open: bool) -> None:
        """A member's answer: how long before the gate it was told of it, or to open it."""
        if at == member.gate_there:
            member.gate_heard = True
            if is_open:
                member.early_ns = early_ns

    def look(self, now: int, delay_ns: int) -> None:
        """Open it once all know of it; where half of the delay that it was set ahead is over before, set it again."""
        control, members = self._control, self._living()
        if not control.gate_at_ns or self._is_open or control.stop != GO:
            return
        is_known = all(member.gate_heard for member in members)
        is_late = control.gate_at_ns - now < delay_ns // 2
        if is_late and self._times < MOST_TIMES:
            self._times += 1
            control.open_gate(now + AGAIN_AHEAD_NS)
        elif is_known or is_late:
            self._is_open = True
            for member in members:
                member.link.send(Message("gate", {"at": member.gate_there, "open": True}))

    def _living(self) -> list[Member]:
        return [member for member in self._members if not member.is_over]
