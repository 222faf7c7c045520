import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.error_class import ErrorClass
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Recording
from loadgen.measure.sample_buffer import SampleBuffer

STATUS = ErrorClass.UNEXPECTED_STATUS
NAMES = 2


class Interrupting(list):
    """A list that lets the other thread's next step happen right before each of its operations."""

    def __init__(self, between):
        super().__init__()
        self.between = between

    def __getitem__(self, index):
        self.between()
        return super().__getitem__(index)

    def __delitem__(self, index):
        self.between()
        super().__delitem__(index)

    def __len__(self):
        self.between()
        return super().__len__()

    def __iter__(self):
        self.between()
        return super().__iter__()

    def clear(self):
        self.between()
        super().clear()


class Writer:
    """What a user's thread does to its buffer, one atomic operation at a time."""

    def __init__(self, buffer, requests, between=None):
        self.buffer = buffer
        self.steps = self._steps(requests)
        self.between = between

    def _steps(self, requests):
        buffer = self.buffer
        for number, (name_id, error, paced) in enumerate(requests):
            buffer.sent_bytes[name_id] += 10
            yield
            buffer.received[name_id] += 5
            yield
            if error not in (None, STATUS):
                buffer.losses.append((name_id, error, number, number, "", b""))
                yield
                continue
            kind = buffer.replies(name_id, 500 if error else 200, error)
            if self.between is not None and not isinstance(kind.samples, Interrupting):
                kind.samples, kind.lags = Interrupting(self.between), Interrupting(self.between)
            yield
            if error:
                buffer.examples.append((name_id, error, "status 500", b"first"))
                yield
            if paced:
                kind.lags.append(2000 * number)
                yield
            kind.samples.append(1000 * number)
            yield

    def step(self):
        return next(self.steps, self) is not self

    def finish(self):
        while self.step():
            pass


def recorded(requests, paced):
    """What a drain after the whole writing gives."""
    buffer, recorder = SampleBuffer(), Recorder(bytes.decode, paced=paced)
    Writer(buffer, requests).finish()
    buffer.drain(recorder)
    return recorder.take()


request_lists = st.booleans().flatmap(
    lambda paced: st.tuples(
        st.lists(
            st.tuples(
                st.integers(0, NAMES - 1),
                st.sampled_from([None, None, STATUS, ErrorClass.TIMEOUT, ErrorClass.CONNECTION_RESET]),
                st.just(paced),
            ),
            max_size=12,
        ),
        st.just(paced),
    )
)


@settings(max_examples=30)
@given(request_lists, st.lists(st.integers(0, 8), max_size=20))
def test_drains_between_any_two_steps_of_the_writer_lose_and_repeat_nothing(written, pauses):
    requests, paced = written
    buffer, recorder, total = SampleBuffer(), Recorder(bytes.decode, paced=paced), Recording()
    writer = Writer(buffer, requests)
    for pause in pauses:
        for _ in range(pause):
            writer.step()
        buffer.drain(recorder)
        if pause % 2:
            total.merge(recorder.take())
    writer.finish()
    buffer.drain(recorder)
    total.merge(recorder.take())
    assert total == recorded(requests, paced)


@settings(max_examples=30)
@given(request_lists, st.lists(st.booleans(), min_size=1, max_size=40))
def test_a_writer_that_goes_on_inside_a_drain_loses_and_repeats_nothing(written, turns):
    """Before each operation of the drain on a list, the writer may take its next step."""
    requests, paced = written
    turn = iter(turns * 100)
    busy = False

    def between():
        nonlocal busy
        if not busy and next(turn, False):
            busy = True
            writer.step()
            busy = False

    buffer, recorder = SampleBuffer(), Recorder(bytes.decode, paced=paced)
    buffer.losses, buffer.examples = Interrupting(between), Interrupting(between)
    writer = Writer(buffer, requests, between)
    for _ in range(5):
        writer.step()
        buffer.drain(recorder)
    writer.finish()
    buffer.drain(recorder)
    assert recorder.take() == recorded(requests, paced)


def test_an_example_reaches_the_recorder_before_its_reply_is_folded():
    buffer, recorder = SampleBuffer(), Recorder(bytes.decode, paced=False)
    buffer.examples.append((0, STATUS, "status 500", b"head"))
    buffer.replies(0, 500, STATUS).samples.append(1000)
    buffer.drain(recorder)
    recorder.fold()
    assert recorder.take().tally(0).errors[STATUS].example == "head"


def test_the_same_kind_of_reply_goes_to_the_same_kind():
    buffer = SampleBuffer()
    assert buffer.replies(0, 200, None) is buffer.replies(0, 200, None)
    assert buffer.replies(0, 200, None) is not buffer.replies(0, 200, STATUS)
    assert len(buffer.all_replies) == 2


def test_a_thread_that_writes_while_another_drains_loses_and_repeats_nothing():
    """Real threads, a bounded count: 3,000 replies and 300 losses."""
    buffer, recorder, total = SampleBuffer(), Recorder(bytes.decode, paced=True), Recording()
    requests = [(0, ErrorClass.TIMEOUT if number % 11 == 10 else None, True) for number in range(3300)]
    writer = Writer(buffer, requests)
    thread = threading.Thread(target=writer.finish)
    thread.start()
    while thread.is_alive():
        buffer.drain(recorder)
        total.merge(recorder.take())
    thread.join()
    buffer.drain(recorder)
    total.merge(recorder.take())
    assert total == recorded(requests, paced=True)
    assert (total.tally(0).ok, total.tally(0).failed) == (3000, 300)
    assert total.tally(0).bytes_sent == 33_000
