import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.exchange import ErrorClass
from loadgen.measure.recorder import Recorder
from loadgen.measure.recording import Recording
from loadgen.measure.tape import Tape

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
    """What a user's thread does to its tape, one atomic operation at a time."""

    def __init__(self, tape, requests, between=None):
        self.tape = tape
        self.steps = self._steps(requests)
        self.between = between

    def _steps(self, requests):
        tape = self.tape
        for number, (name_id, error, paced) in enumerate(requests):
            tape.sent += 1
            tape.sent_bytes[name_id] += 10
            yield
            tape.received[name_id] += 5
            yield
            if error not in (None, STATUS):
                tape.losses.append((name_id, error, number, number, "", b""))
                yield
                continue
            track = tape.track(name_id, 500 if error else 200, error)
            if self.between is not None and not isinstance(track.samples, Interrupting):
                track.samples, track.lags = Interrupting(self.between), Interrupting(self.between)
            yield
            if error:
                tape.examples.append((name_id, error, "status 500", b"first"))
                yield
            if paced:
                track.lags.append(2000 * number)
                yield
            track.samples.append(1000 * number)
            yield

    def step(self):
        return next(self.steps, self) is not self

    def finish(self):
        while self.step():
            pass


def recorded(requests, paced):
    """What a drain after the whole writing gives."""
    tape, recorder = Tape(NAMES), Recorder(bytes.decode, paced=paced)
    Writer(tape, requests).finish()
    tape.drain(recorder)
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
    tape, recorder, total = Tape(NAMES), Recorder(bytes.decode, paced=paced), Recording()
    writer = Writer(tape, requests)
    for pause in pauses:
        for _ in range(pause):
            writer.step()
        tape.drain(recorder)
        if pause % 2:
            total.merge(recorder.take())
    writer.finish()
    tape.drain(recorder)
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

    tape, recorder = Tape(NAMES), Recorder(bytes.decode, paced=paced)
    tape.losses, tape.examples = Interrupting(between), Interrupting(between)
    writer = Writer(tape, requests, between)
    for _ in range(5):
        writer.step()
        tape.drain(recorder)
    writer.finish()
    tape.drain(recorder)
    assert recorder.take() == recorded(requests, paced)


def test_an_example_reaches_the_recorder_before_its_reply_is_folded():
    tape, recorder = Tape(1), Recorder(bytes.decode, paced=False)
    tape.examples.append((0, STATUS, "status 500", b"head"))
    tape.track(0, 500, STATUS).samples.append(1000)
    tape.drain(recorder)
    recorder.fold()
    assert recorder.take().tally(0).errors[STATUS].example == "head"


def test_the_same_kind_of_reply_goes_to_the_same_track():
    tape = Tape(1)
    assert tape.track(0, 200, None) is tape.track(0, 200, None)
    assert tape.track(0, 200, None) is not tape.track(0, 200, STATUS)
    assert len(tape.tracks) == 2


def test_a_thread_that_writes_while_another_drains_loses_and_repeats_nothing():
    """Real threads, a bounded count: 3,000 replies and 300 losses."""
    tape, recorder, total = Tape(1), Recorder(bytes.decode, paced=True), Recording()
    requests = [(0, ErrorClass.TIMEOUT if number % 11 == 10 else None, True) for number in range(3300)]
    writer = Writer(tape, requests)
    thread = threading.Thread(target=writer.finish)
    thread.start()
    while thread.is_alive():
        tape.drain(recorder)
        total.merge(recorder.take())
    thread.join()
    tape.drain(recorder)
    total.merge(recorder.take())
    assert total == recorded(requests, paced=True)
    assert (total.tally(0).ok, total.tally(0).failed) == (3000, 300)
    assert total.tally(0).bytes_sent == 33_000
