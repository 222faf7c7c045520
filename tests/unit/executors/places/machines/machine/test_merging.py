"""What a machine's workers recorded adds up to the same, whether it was merged on the way or not."""

from dataclasses import replace

from loadgen.base.clock import NS_PER_S
from loadgen.base.exchange import ConnectionCounts
from loadgen.executors.places.machines.machine.merging import HELD_NS, Merger
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Frame, Recording, Tally, Usage
from loadgen.measure.wire import pack_frames, unpack_frames
from loadgen.session.collector import Collector

USAGE = Usage(1, 2, 3, 4, process=1)


def tally(ok, failed=0):
    return Tally(ok=ok, failed=failed, bytes_sent=10 * ok, statuses={200: ok}, clocks={"service": Histogram([(5, ok)])})


def recorded(*tallies, names=(), lag=1):
    counts = ConnectionCounts(opened=1)
    lags = Histogram([(lag, 1)])
    return Recording(dict(enumerate(tallies)), counts, lags, names=[*names], opening={"tls": Histogram([(7, 1)])})


def frames():
    """Of two workers that meet names in another order; the second one is late with its last second."""
    a, b = (Kind.REQUEST, "a"), (Kind.REQUEST, "b")
    return [
        Frame(4, 0, 0, recorded(tally(1), names=[a]), "warmup"),
        Frame(5, 0, NS_PER_S, recorded(tally(2), tally(3), names=[b, a], lag=9)),
        Frame(4, 0, NS_PER_S, recorded(tally(4), tally(5), names=[b])),
        Frame(4, 1, 2 * NS_PER_S, recorded(tally(6), tally(7, 1)), usage=USAGE),
        Frame(5, 1, 2 * NS_PER_S, recorded(tally(8), tally(9)), "drain", USAGE),
    ]  # fmt: skip


def collected(frames):
    seconds = []
    collector = Collector(6, lambda t_s, recording: seconds.append((t_s, recording.total())), Names(most=None))
    for frame in frames:
        collector.add(frame)
    collector.finish()
    by_name = {name: collector.total.tally(number) for name, number in collector.names.of(Kind.REQUEST).items()}
    return (
        by_name, seconds, collector.usages, collector.worker_lag, collector.total.connections,
        collector.total.opening, collector.unmeasured_sent, collector.failed, collector.window_elapsed_ns,
    )  # fmt: skip


def merged(frames):
    merger = Merger(Names(most=None))
    out = []
    for number, frame in enumerate(frames):
        merger.add(frame, 0)
        if number % 3 == 2:
            out += unpack_frames(pack_frames(merger.take()))
    return [*out, *merger.take()]


def test_merged_frames_add_up_to_the_same():
    assert collected(merged(frames())) == collected(frames())


def test_there_is_one_recording_for_a_second_of_all_workers():
    merger = Merger(Names(most=None))
    for frame in frames()[:3]:
        merger.add(frame, 0)
    _, _, sums, *own = merger.take()
    assert sums.recording.total().ok == 14
    assert [(frame.worker, frame.recording.tallies) for frame in own] == [(5, {}), (4, {})]
    assert merger.take() == []


def test_frames_are_held_for_as_long_as_another_worker_may_take():
    merger = Merger(Names(most=None))
    assert not merger.due(10**12)
    merger.add(replace(frames()[0]), 100)
    assert not merger.due(100 + HELD_NS - 1)
    assert merger.due(100 + HELD_NS)
