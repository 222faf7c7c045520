from loadgen.base.clock import NS_PER_MS
from loadgen.base.exchange import ErrorClass
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import Tally
from loadgen.measure.transactions import Transactions
from tests.support.fakes import VirtualClock

RESET = ErrorClass.CONNECTION_RESET


def begun(*at_ms):
    """Transactions that began at these instants, their numbers, and the clock."""
    clock = VirtualClock()
    transactions, zero_ns = Transactions(clock), clock()
    numbers = []
    for at in at_ms:
        clock.now = zero_ns + at * NS_PER_MS
        numbers.append(transactions.begin())
    return transactions, numbers, clock


def test_each_is_timed_from_its_begin_to_its_end_and_taken_once():
    transactions, (first, second), clock = begun(0, 2)
    clock.now += 3 * NS_PER_MS
    transactions.end(second, None, 7)
    transactions.end(first, None, 5)
    tally = transactions.take(last=False)
    assert tally == Tally(ok=2, payload=12, clocks={"service": Histogram([(3000, 1), (5000, 1)])})
    assert transactions.take(last=True) == Tally()


def test_one_that_failed_has_failed_once_whatever_follows():
    transactions, (number,), clock = begun(0)
    clock.now += NS_PER_MS
    transactions.end(number, RESET)
    transactions.end(number, RESET)
    transactions.end(number, None, 5)
    assert transactions.take(last=True) == Tally(failed=1, clocks={"failed": Histogram([(1000, 1)])})


def test_those_under_way_at_the_end_are_unknown_with_a_lower_bound():
    transactions, (_, cut), clock = begun(0, 1)
    transactions.end(cut, ErrorClass.CUT)
    clock.now += 4 * NS_PER_MS
    assert transactions.take(last=False) == Tally()
    tally = transactions.take(last=True)
    assert tally == Tally(unknown=2, clocks={"service_censored": Histogram([(4000, 1), (5000, 1)])})
    assert transactions.take(last=True) == Tally()
