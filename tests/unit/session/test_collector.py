import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.clock import NS_PER_S
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Frame, Recording, Tally, Usage
from loadgen.results.block import MOST_BLOCKS
from loadgen.session.collector import Collector
from loadgen.session.named_results import transactions_of

USAGE = Usage(1, 2, 3, 4)


def frame(worker, second, elapsed_s, ok=1, window="measured", usage=None, latency_us=1000, **sums):
    clocks = {"service": Histogram([(latency_us, ok)])} if ok else {}
    recording = Recording({0: Tally(ok=ok, statuses={200: ok}, clocks=clocks, **sums)})
    return Frame(worker, second, round(elapsed_s * NS_PER_S), recording, window, usage)


def collected(workers, *frames, **hooks):
    collector = Collector(workers, **hooks)
    for one in frames:
        collector.add(one)
    return collector


def test_a_second_closes_when_every_worker_is_past_it():
    collector = Collector(2)
    collector.add(frame(0, 0, 1.01))
    collector.add(frame(0, 1, 2.01))
    assert collector.seconds == []
    collector.add(frame(1, 0, 1.2, ok=5))
    assert [(row.t_s, row.ok) for row in collector.seconds] == [(0, 6)]
    collector.add(frame(1, 1, 2.2, ok=5))
    assert [(row.t_s, row.ok) for row in collector.seconds] == [(0, 6), (1, 6)]


def test_a_worker_that_has_ended_holds_nobody_up():
    collector = collected(2, frame(0, 0, 0.4, usage=USAGE), frame(1, 0, 1.0), frame(1, 1, 2.0))
    assert [(row.t_s, row.ok) for row in collector.seconds] == [(0, 2), (1, 1)]


def test_a_worker_that_ended_in_the_warm_up_holds_nobody_up():
    collector = collected(2, frame(0, 0, 0.0, window="warmup", usage=USAGE), frame(1, 0, 1.0), frame(1, 1, 2.0))
    assert [row.t_s for row in collector.seconds] == [0, 1]


def test_a_worker_that_falls_silent_holds_up_what_is_two_seconds_old_and_nothing_more():
    closed = []
    collector = collected(2, frame(0, 0, 1.0), frame(1, 0, 1.0), on_second=lambda t_s, _: closed.append(t_s))
    seen = []
    for second in range(1, 6):
        collector.add(frame(0, second, second + 1))
        seen.append(list(closed))
    assert seen == [[0], [0], [0, 1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]


def test_what_comes_late_is_counted_in_the_next_second_and_nothing_is_lost():
    collector = collected(2, *[frame(0, second, second + 1) for second in range(5)])
    assert [row.t_s for row in collector.seconds] == [0, 1, 2, 3, 4]
    collector.add(frame(1, 1, 5.2, ok=7, failed=2))
    collector.add(frame(0, 5, 6.0))
    collector.add(frame(1, 5, 6.0))
    assert [(row.t_s, row.ok, row.failed) for row in collector.seconds[4:]] == [(4, 1, 0), (5, 9, 2)]
    assert (collector.window_ok, collector.total.tally(0).ok, collector.blocks[5].ok) == (14, 14, 9)


def in_turns(turns, ok):
    """Each worker's own frames come in order; the workers' are interleaved."""
    progress = dict.fromkeys(turns, 0)
    collector = Collector(3)
    for worker in turns:
        second = progress[worker]
        progress[worker] += 1
        collector.add(frame(worker, second, second + 1.001, ok=ok[worker], latency_us=100 * (second + 1)))
    collector.finish()
    return collector


@settings(max_examples=50)
@given(st.permutations([0, 0, 1, 1, 2, 2]))
def test_seconds_close_in_order_however_the_workers_take_turns(turns):
    collector = in_turns(turns, ok=[1, 2, 4])
    assert [(row.t_s, row.ok, row.p50_us) for row in collector.seconds] == [(0, 7, 100), (1, 7, 200)]


@settings(max_examples=50)
@given(st.permutations([worker for worker in range(3) for _ in range(6)]))
def test_however_far_workers_fall_behind_nothing_is_lost(turns):
    collector = in_turns(turns, ok=[1, 10, 100])
    assert sum(row.ok for row in collector.seconds) == sum(block.ok for block in collector.blocks) == 666
    assert collector.total.tally(0).clocks["service"] == Histogram([(100 * (second + 1), 111) for second in range(6)])
    assert [row.t_s for row in collector.seconds] == sorted({row.t_s for row in collector.seconds})


def test_a_second_has_its_quantiles_and_all_that_ended_in_it():
    collector = collected(1, frame(0, 0, 0.5, ok=98, failed=3, unknown=1), frame(0, 0, 1.1, ok=2, latency_us=1500))
    collector.finish()
    (row,) = collector.seconds
    assert (row.ok, row.failed, row.sent) == (100, 3, 104)
    assert (row.p50_us, row.p99_us, collector.last_p99_us) == (1000, 1500, 1500)


def test_a_second_without_good_replies_has_no_quantiles():
    collector = collected(1, frame(0, 0, 1.0, ok=0, failed=3))
    collector.finish()
    assert (collector.seconds[0].p50_us, collector.last_p99_us) == (None, None)


def test_a_second_without_a_frame_is_left_out():
    collector = collected(1, frame(0, 0, 3.5), frame(0, 3, 4.1))
    collector.finish()
    assert [row.t_s for row in collector.seconds] == [0, 3]


@pytest.mark.parametrize(
    ("seconds", "blocks", "length_s"),
    [(1, 1, 1), (60, 60, 1), (61, 31, 2), (120, 60, 2), (121, 31, 4), (3600, 57, 64)],
)
def test_there_are_never_more_than_sixty_blocks_and_each_keeps_its_counts(seconds, blocks, length_s):
    collector = Collector(1)
    for second in range(seconds):
        collector.add(frame(0, second, second + 1, latency_us=second % 50))
        assert len(collector.blocks) <= MOST_BLOCKS
    collector.finish()
    assert (len(collector.blocks), {block.length_s for block in collector.blocks}) == (blocks, {length_s})
    assert [block.start_s for block in collector.blocks] == [index * length_s for index in range(blocks)]
    assert sum(block.ok for block in collector.blocks) == seconds
    together = Histogram()
    for block in collector.blocks:
        together.merge(block.histogram())
    assert together == collector.total.tally(0).clocks["service"]


def test_only_the_window_counts_for_rates_and_the_drain_for_the_totals():
    collector = collected(
        2,
        frame(0, 0, 10.0, ok=7, failed=1),
        frame(1, 0, 10.2, ok=5, unknown=1),
        frame(0, 10, 11.5, ok=2, window="drain", usage=USAGE),
        frame(1, 10, 10.9, ok=0, window="drain", usage=USAGE),
    )
    collector.finish()
    assert (collector.window_ok, collector.window_done) == (12, 14)
    assert (collector.window_elapsed_ns, collector.drain_elapsed_ns) == (10_200_000_000, 11_500_000_000)
    assert collector.total.tally(0).ok == 14
    assert sum(row.ok for row in collector.seconds) == 12


@pytest.mark.parametrize("window", ["warmup", "cooldown"])
def test_what_is_sent_before_and_after_the_measurement_is_only_counted(window):
    collector = collected(1, frame(0, 0, 0.0, ok=9, failed=2, window=window, usage=USAGE), frame(0, 0, 1.0))
    assert collector.unmeasured_sent == 11
    assert collector.total.tally(0).ok == 1
    assert collector.usages == {0: USAGE}


def test_each_worker_keeps_its_own_delay():
    collector = Collector(2)
    for worker, lag_us in ((0, 5), (1, 9), (1, 9)):
        collector.add(Frame(worker, 0, 1, Recording(loop_lag=Histogram([(lag_us, 1)]))))
    assert collector.worker_lag == [Histogram([(5, 1)]), Histogram([(9, 2)])]


def test_the_seconds_that_are_told_add_up_to_the_window_and_leave_what_was_recorded_alone():
    told = {}
    collector = collected(
        2,
        *[frame(worker, second, second + 1, ok=3) for second in range(3) for worker in range(2)],
        on_second=told.__setitem__,
    )
    collector.finish()
    assert [recording.tally(0).ok for recording in told.values()] == [6, 6, 6]
    assert collector.total.tally(0).clocks["service"] == Histogram([(1000, 18)])
    assert told[1].tally(0).clocks["service"] == Histogram([(1000, 6)])


def named(worker, recording, *new, window="measured", second=0):
    recording.names = list(new)
    return Frame(worker, second, (second + 1) * NS_PER_S, recording, window)


def test_the_numbers_that_workers_gave_to_names_become_those_of_the_run():
    """Each worker met the same requests in another order, one of them in its second frame alone."""
    home, pay, buy = (Kind.REQUEST, "home"), (Kind.REQUEST, "pay"), (Kind.JOURNEY, "buy")
    collector = Collector(2, names=Names([buy], most=None))
    first = Recording({1: Tally(ok=1), 2: Tally(ok=2)}, transactions={0: Tally(ok=7)})
    collector.add(named(0, first, home, pay))
    collector.add(named(1, Recording({1: Tally(ok=10)}, transactions={0: Tally(ok=1)}), pay))
    later = Recording({1: Tally(ok=20), 2: Tally(ok=30)}, metrics={3: MetricSums(count=4)})
    collector.add(named(1, later, home, (Kind.METRIC, "basket"), window="drain", second=1))
    collector.finish()
    names, total = collector.names, collector.total
    assert {names[number][1]: tally.ok for number, tally in total.tallies.items()} == {"home": 31, "pay": 32}
    assert {names[number]: tally.ok for number, tally in total.transactions.items()} == {buy: 8}
    assert {names[number]: sums.count for number, sums in total.metrics.items()} == {(Kind.METRIC, "basket"): 4}


def test_names_of_a_warmup_are_known_after_it():
    collector = Collector(1, names=Names(most=None))
    collector.add(named(0, Recording({0: Tally(ok=1)}), (Kind.REQUEST, "home"), window="warmup"))
    collector.add(named(0, Recording({0: Tally(ok=5)}), window="drain"))
    assert collector.total.tallies[collector.names.of(Kind.REQUEST)["home"]].ok == 5


def test_names_have_blocks_of_their_own_once_there_are_several():
    collector = Collector(1, names=Names([(Kind.REQUEST, "a"), (Kind.REQUEST, "b")]))
    for second, names in enumerate(((0,), (0, 1), (1,))):
        recording = Recording({number: Tally(ok=number + 1) for number in names})
        collector.add(Frame(0, second, (second + 1) * NS_PER_S, recording, usage=None))
    collector.finish()
    named = collector.named.items()
    seen = {number: [(block.start_s, block.ok) for block in blocks.slices] for number, blocks in named}
    assert seen == {0: [(0, 1), (1, 1)], 1: [(1, 2), (2, 2)]}


def test_each_journey_has_blocks_of_its_own():
    collector = Collector(1, names=Names([(Kind.JOURNEY, "buy"), (Kind.GROUP, "buy/checkout")]))
    for second in range(2):
        recording = Recording(transactions={0: Tally(ok=second + 1), 1: Tally(ok=9)})
        collector.add(Frame(0, second, (second + 1) * NS_PER_S, recording))
    collector.finish()
    assert [(row.t_s, row.ok) for row in transactions_of(collector)["buy"].course] == [(0, 1), (1, 2)]
    assert transactions_of(collector)["buy/checkout"].course == []


def test_a_name_alone_has_none():
    collector = Collector(1, names=Names([(Kind.REQUEST, "a")]))
    collector.add(Frame(0, 0, NS_PER_S, Recording({0: Tally(ok=1)})))
    collector.finish()
    assert collector.named == {}
