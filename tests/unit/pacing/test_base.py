from threading import Thread

from loadgen.base.clock import NEVER_NS
from loadgen.pacing.arrivals import SharedArrivals
from loadgen.pacing.base import LockedPacer


def test_threads_share_the_arrivals_without_loss_or_repeats():
    pacer = LockedPacer(SharedArrivals(iter(range(2000))))
    pacer.begin(1_000_000, NEVER_NS)
    due_ns = [[] for _ in range(4)]

    def work(user):
        while (due := pacer.next_due_ns(user, 0)) != NEVER_NS:
            due_ns[user].append(due)

    threads = [Thread(target=work, args=(user,)) for user in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(due for each in due_ns for due in each) == [1_000_000 + offset for offset in range(2000)]


def test_a_lock_changes_no_answer():
    plain, locked = (SharedArrivals(iter((0, 7))) for _ in range(2))
    locked = LockedPacer(locked)
    for pacer in (plain, locked):
        pacer.begin(5, 100)
    assert locked.eager is plain.eager
    assert locked.spans_ns(0) == plain.spans_ns(0)
    assert (
        [locked.next_due_ns(0, 0) for _ in range(3)] == [plain.next_due_ns(0, 0) for _ in range(3)] == [5, 12, NEVER_NS]
    )
