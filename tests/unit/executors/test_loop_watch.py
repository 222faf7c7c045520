"""Who holds up a worker's loop, and since when it hangs."""

import threading

import pytest

from loadgen.executors.loop_watch import HUNG_LOOKS, PATIENCE_NS, LoopWatch
from tests.support.fakes import VirtualClock


class Watched:
    """A watch over the thread of a test, which looks when the test says so."""

    def __init__(self, due_ns: int, now_ns: int = 0) -> None:
        self.clock = VirtualClock(now_ns)
        self.hung: list[str] = []
        self.watch = LoopWatch(lambda: due_ns, self.hung.append, self.clock)

    def looks(self, times: int) -> None:
        thread = threading.Thread(target=lambda: [self.watch.look() for _ in range(times)])
        thread.start()
        thread.join()


def test_who_keeps_a_loop_from_turning_is_named_where_it_took_longest() -> None:
    watched = Watched(due_ns=10**12)
    watched.watch.beat()
    watched.looks(1)
    assert watched.watch.longest == ""
    watched.looks(3)
    first = watched.watch.longest
    assert first.startswith("test_loop_watch.py:")
    assert first.endswith(" in looks")
    watched.watch.beat()
    watched.looks(2)
    assert (watched.watch.longest, watched.hung) == (first, [])


@pytest.mark.parametrize(
    ("now_ns", "looks", "hangs"),
    [
        (PATIENCE_NS + 5, HUNG_LOOKS, True),
        (PATIENCE_NS + 4, HUNG_LOOKS, False),
        (PATIENCE_NS + 5, HUNG_LOOKS - 1, False),
    ],
)
def test_a_loop_hangs_that_does_not_turn_when_all_is_to_be_over(now_ns: int, looks: int, hangs: bool) -> None:
    watched = Watched(due_ns=5, now_ns=now_ns)
    watched.looks(looks)
    assert bool(watched.hung) is hangs


def test_a_loop_that_turns_now_and_then_does_not_hang() -> None:
    watched = Watched(due_ns=5, now_ns=10**12)
    for _ in range(3):
        watched.looks(HUNG_LOOKS - 1)
        watched.watch.beat()
    assert watched.hung == []
