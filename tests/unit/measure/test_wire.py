import io
import json
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.exemplar import Exemplar
from loadgen.measure.histogram import HIGHEST_US, Histogram
from loadgen.measure.metric_sums import Form, MetricSums
from loadgen.measure.names import Kind
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import ErrorCount, Frame, Recording, Tally, Usage, Window
from loadgen.measure.reply_hints import FirstReply
from loadgen.measure.wire import read_frame, second_in, second_out, write_frame

numbers = st.integers(0, 10**15)
texts = st.text(max_size=8)
counts = st.builds(
    Histogram,
    st.dictionaries(st.integers(0, HIGHEST_US), st.integers(1, 10**9), max_size=3).map(lambda found: found.items()),
    numbers,
)
tallies = st.builds(
    Tally,
    numbers,
    numbers,
    numbers,
    numbers,
    numbers,
    numbers,
    st.dictionaries(st.integers(100, 599), numbers, max_size=2),
    st.dictionaries(texts, numbers, max_size=2),
    st.dictionaries(st.sampled_from(ErrorClass), st.builds(ErrorCount, numbers, texts, texts), max_size=2),
    st.dictionaries(st.sampled_from(["response", "service_censored"]), counts, max_size=2),
    texts,
    st.none() | st.builds(FirstReply, numbers, numbers, texts),
)
values = st.floats(-1e9, 1e9)
metrics = st.builds(
    MetricSums, st.sampled_from(get_args(Form)), texts, numbers, values, values, values,
    st.dictionaries(values, numbers, max_size=3),
)  # fmt: skip
sums = [item.name for item in fields(ConnectionCounts) if item.type is int]
reasons = st.dictionaries(texts, st.dictionaries(texts, numbers, max_size=2), max_size=2)
connections = st.builds(
    ConnectionCounts,
    connect_ns=st.lists(numbers, max_size=2),
    tls_ns=st.lists(numbers, max_size=2),
    addresses=reasons,
    **dict.fromkeys(sums, numbers),
)
exemplars = st.builds(
    Exemplar, numbers, numbers, numbers, numbers, st.none() | st.booleans(), numbers, numbers, texts, texts, texts
)
recordings = st.builds(
    Recording,
    st.dictionaries(st.integers(0, 9), tallies, max_size=2),
    connections,
    counts,
    st.dictionaries(st.sampled_from(["connect", "tls"]), counts, max_size=2),
    st.dictionaries(st.integers(0, 9), tallies, max_size=2),
    st.dictionaries(st.integers(0, 9), metrics, max_size=2),
    st.lists(st.tuples(st.sampled_from(Kind), texts), max_size=2),
    texts,
    numbers,
    st.dictionaries(st.integers(0, 9), st.lists(exemplars, max_size=2), max_size=2),
)
by_name = st.dictionaries(texts, tallies, max_size=2)
seconds = st.builds(
    RunSecond, numbers, numbers, by_name, by_name, connections, counts, by_name,
    st.dictionaries(texts, metrics, max_size=2), st.dictionaries(texts, st.sampled_from(Kind), max_size=2),
)  # fmt: skip
usages = st.none() | st.builds(Usage, *[numbers] * (len(fields(Usage)) - 1), texts)
frames = st.builds(Frame, numbers, numbers, numbers, recordings, st.sampled_from(get_args(Window)), usages)


def written(*several):
    stream = io.BytesIO()
    for frame in several:
        write_frame(stream, frame)
    return stream.getvalue()


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(frames, max_size=2))
def test_frames_come_out_as_they_went_in(several):
    stream = io.BytesIO(written(*several))
    assert [read_frame(stream) for _ in several] == several
    assert read_frame(stream) is None


FRAME = Frame(1, 2, 3, Recording({0: Tally(ok=1)}))


@settings(max_examples=15)
@given(seconds)
def test_a_second_comes_out_as_it_went_in(second):
    assert second_in(json.loads(json.dumps(second_out(second)))) == second


def test_a_stream_cut_at_any_byte_gives_the_whole_frames_and_then_none():
    data = written(FRAME, FRAME)
    for length in range(len(data)):
        stream = io.BytesIO(data[:length])
        if length >= len(data) // 2:
            assert read_frame(stream) == FRAME
        assert read_frame(stream) is None


def test_a_frame_is_flushed_at_once():
    class Pipe(io.BytesIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    pipe = Pipe()
    write_frame(pipe, FRAME)
    assert pipe.flushed == 1


def test_a_frame_is_a_length_and_json_without_what_is_as_it_would_be():
    data = written(FRAME)
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert json.loads(data[4:]) == {
        "worker": 1, "second": 2, "elapsed_ns": 3, "recording": {"tallies": {"0": {"ok": 1}}},
    }  # fmt: skip


def test_an_error_class_that_is_not_known_is_refused():
    data = written(Frame(0, 0, 0, Recording({0: Tally(errors={ErrorClass.TLS: ErrorCount(1)})})))
    with pytest.raises(ValueError, match="tls_eRRor"):
        read_frame(io.BytesIO(data.replace(b"tls_error", b"tls_eRRor")))
