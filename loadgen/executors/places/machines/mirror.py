"""The Control of workers on other machines: their slots as they were last told, and a header to pass on."""

from array import array
from collections.abc import Callable

from loadgen.guard.shared_state import HEADER_VALUES, SLOT_VALUES, Cause, SharedState


class Mirror(SharedState):
    """A Control. `changed` is called, on any thread, when the gate is set or the run is stopped."""

    changed: Callable[[], None] | None = None

    def show(self, first_worker: int, slots: "array[int]") -> None:
        """What a machine told of its workers."""
        begin = HEADER_VALUES + first_worker * SLOT_VALUES
        self.values[begin : begin + len(slots)] = memoryview(slots)

    def open_gate(self, at_ns: int) -> None:
        super().open_gate(at_ns)
        self._pass_on()

    def trip(self, cause: Cause, now: int) -> bool:
        tripped = super().trip(cause, now)
        if tripped:
            self._pass_on()
        return tripped

    def cut(self) -> None:
        super().cut()
        self._pass_on()

    def _pass_on(self) -> None:
        if self.changed is not None:
            self.changed()
