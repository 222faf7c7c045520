from concurrent.futures import ThreadPoolExecutor

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.measure.histogram import Histogram, bucket_of
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import ErrorCount, Recording, Tally
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


def taken(transactions, *, last):
    recording = Recording()
    transactions.take(recording, last=last)
    return recording.transactions.get(0, Tally())


def test_each_is_timed_from_its_begin_to_its_end_and_taken_once():
    transactions, (first, second), clock = begun(0, 2)
    clock.now += 3 * NS_PER_MS
    transactions.end(second, None, 7)
    transactions.end(first, None, 5)
    tally = taken(transactions, last=False)
    assert tally == Tally(ok=2, payload=12, clocks={"service": Histogram([(3000, 1), (5000, 1)])})
    assert taken(transactions, last=True) == Tally()


def test_one_that_failed_has_failed_once_whatever_follows():
    transactions, (number,), clock = begun(0)
    clock.now += NS_PER_MS
    transactions.end(number, RESET)
    transactions.end(number, RESET)
    transactions.end(number, None, 5)
    assert taken(transactions, last=True) == Tally(failed=1, clocks={"failed": Histogram([(1000, 1)])})


def test_one_of_a_part_counts_there_too_however_it_ends():
    clock = VirtualClock()
    transactions, recording = Transactions(clock), Recording()
    good, bad, _ = transactions.begin(7), transactions.begin(7), transactions.begin(7)
    transactions.begin()
    clock.now += NS_PER_MS
    transactions.end(good, None, 5)
    transactions.end(bad, RESET)
    transactions.take(recording, last=True)
    whole, part = recording.transactions[0], recording.parts[7]
    assert (whole.ok, whole.failed, whole.unknown, whole.payload) == (1, 1, 2, 5)
    assert part == Tally(
        ok=1, failed=1, unknown=1, payload=5,
        clocks={each: Histogram([(1000, 1)]) for each in ("service", "failed", "service_censored")},
    )  # fmt: skip


def test_those_under_way_at_the_end_are_unknown_with_a_lower_bound():
    transactions, (_, cut), clock = begun(0, 1)
    transactions.end(cut, ErrorClass.CUT)
    clock.now += 4 * NS_PER_MS
    assert taken(transactions, last=False) == Tally()
    tally = taken(transactions, last=True)
    assert tally == Tally(unknown=2, clocks={"service_censored": Histogram([(4000, 1), (5000, 1)])})
    assert taken(transactions, last=True) == Tally()


def reading(**kwargs):
    return Transactions(redact=lambda text: text.decode().replace("secret", "***"), **kwargs)


def test_samples_of_a_name_become_its_tally_and_what_came_later_that_of_the_next_recording():
    transactions, one, other = reading(), Recording(), Recording()
    samples = transactions.samples(3)
    assert transactions.samples(3) is samples
    samples.samples.extend((2_000_000, 5_000_000))
    transactions.fold(one)
    samples.samples.append(7_000_000)
    transactions.take(other)
    assert one.transactions == {3: Tally(ok=2, clocks={"service": Histogram([(2000, 1), (5000, 1)])})}
    assert other.transactions == {3: Tally(ok=1, clocks={"service": Histogram([(bucket_of(7000), 1)])})}


def test_a_lag_whose_sample_has_not_come_yet_stays_until_it_has():
    transactions, recording = reading(paced=True), Recording()
    samples = transactions.samples(0)
    samples.lags.extend((500_000, 900_000))
    samples.samples.append(1_000_000)
    transactions.take(recording)
    assert {name: dict(clock.buckets) for name, clock in recording.transactions[0].clocks.items()} == {
        "service": {1000: 1},
        "send_lag": {500: 1},
        "response": {1500: 1},
    }
    assert samples.lags == [900_000]


def test_each_thread_has_samples_of_its_own_so_that_lags_and_samples_belong_together():
    transactions = reading(paced=True)
    mine = transactions.samples(0)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(transactions.samples, 0).result()
    assert other is not mine


def test_the_first_words_of_each_error_are_kept_clean_and_all_are_counted():
    transactions, recording = reading(), Recording()
    transactions.fail(1, ErrorClass.SCRIPT_ERROR, 3_000_000, detail="KeyError: secret", example="File x\nsecret")
    transactions.fail(1, ErrorClass.SCRIPT_ERROR, 1_000_000, detail="another")
    transactions.fail(1, ErrorClass.CHECK_FAILED, 1_000_000)
    transactions.take(recording)
    transactions.fail(1, ErrorClass.CHECK_FAILED, 1_000_000)
    tally = recording.transactions[1]
    assert (tally.failed, tally.clocks["failed"].total) == (3, 3)
    assert tally.errors == {
        ErrorClass.SCRIPT_ERROR: ErrorCount(2, "KeyError: ***", "File x\n***"),
        ErrorClass.CHECK_FAILED: ErrorCount(1, ErrorClass.CHECK_FAILED.text),
    }


@pytest.mark.parametrize("paced", [False, True])
def test_what_is_unfinished_is_a_lower_bound_of_the_clocks_that_ran(paced):
    transactions, recording = reading(paced=paced), Recording()
    transactions.unfinished(2, 4_000_000, 1_000_000)
    transactions.take(recording)
    tally = recording.transactions[2]
    assert (tally.ok, tally.failed, tally.unknown, tally.errors) == (0, 0, 1, {})
    more = {"response_censored": Histogram([(bucket_of(5000), 1)]), "send_lag": Histogram([(1000, 1)])}
    assert tally.clocks == {"service_censored": Histogram([(bucket_of(4000), 1)])} | (more if paced else {})


def test_what_never_started_is_a_lower_bound_alone():
    transactions, recording = reading(paced=True), Recording()
    transactions.never_started(2, 1_000_000)
    transactions.take(recording)
    bound = Histogram([(1000, 1)])
    assert recording.transactions[2] == Tally(clocks={"response_censored": bound, "send_lag_censored": bound})


def test_checks_are_counted_by_how_they_went():
    transactions, recording = reading(), Recording()
    for good in (True, False, True):
        transactions.check(7, good)
    transactions.take(recording)
    assert recording.transactions == {7: Tally(ok=2, failed=1)}


def test_metrics_are_summed_up():
    transactions, recording = reading(), Recording()
    basket = transactions.metric(4, "trend", "EUR")
    assert transactions.metric(4, "trend", "EUR") is basket
    basket.add(20)
    basket.add(-2.5)
    transactions.take(recording)
    transactions.take(recording)
    assert recording.metrics == {4: MetricSums("trend", "EUR", 2, 17.5, -2.5, 20.0, {20.0: 1, -2.5: 1})}


def test_begin_and_end_are_of_the_group_that_the_job_has():
    names = Names([(Kind.REQUEST, "put"), (Kind.GROUP, "upload")])
    transactions, recording = Transactions(VirtualClock(), names=names), Recording()
    transactions.end(transactions.begin(), None)
    transactions.take(recording)
    assert list(recording.transactions) == [1]
