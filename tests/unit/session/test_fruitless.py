"""Who is asked for the reason where nothing succeeds, and when."""

import asyncio

import pytest

from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.error_class import ErrorClass
from loadgen.guard.shared_state import Cause, SharedState, Slot
from loadgen.measure.recording import ErrorCount, Recording
from loadgen.session import reach
from loadgen.session.fruitless import FruitlessWatch
from loadgen.session.reach import Reach, place_of
from tests.support.fakes import make_plan

HERE = Endpoint(Origin("http", "h", 80), ((2, ("10.0.0.1", 80)),))
E = ErrorClass


def seen(*errors: ErrorClass, ok: int = 0, opened: int = 1, statuses: tuple[int, ...] = ()) -> Recording:
    """Of requests that failed, on connections of which one did not open where none is open."""
    recording = Recording()
    tally = recording.tally(0)
    tally.ok, tally.failed = ok, len(errors)
    tally.errors = {error: ErrorCount(1) for error in errors}
    tally.statuses = dict.fromkeys(statuses, 1)
    recording.connections.opened, recording.connections.failed = opened, int(not opened)
    return recording


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked; the answer is its name."""
    questions: list[str] = []

    def answer(name: str) -> object:
        def ask(_endpoint: Endpoint) -> str:
            questions.append(name)
            return name

        return ask

    for name in ("obstacle", "wrong_scheme"):
        monkeypatch.setattr(reach, name, answer(name))
    return questions


@pytest.mark.parametrize(
    ("recording", "cause", "found"),
    [
        (seen(E.CONNECTION_REFUSED, opened=0), Cause.COMPLETED, "obstacle"),
        (seen(E.UNEXPECTED_STATUS, statuses=(500,)), Cause.COMPLETED, ""),
        (seen(E.TIMEOUT), Cause.COMPLETED, ""),
        (seen(E.UNEXPECTED_STATUS, statuses=(400,)), Cause.COMPLETED, "wrong_scheme"),
        (seen(E.MALFORMED_REPLY, E.EARLY_CLOSE), Cause.COMPLETED, "wrong_scheme"),
        (seen(E.MALFORMED_REPLY, E.TIMEOUT), Cause.COMPLETED, ""),
        (seen(), Cause.COMPLETED, ""),
        (seen(E.CONNECTION_REFUSED, opened=0, ok=1), Cause.COMPLETED, ""),
        (seen(E.CONNECTION_REFUSED, opened=0), Cause.FAIL_FAST, ""),
        (seen(E.CONNECTION_REFUSED, opened=0), Cause.SIGNAL, ""),
    ],
)
def test_what_is_asked_depends_on_what_was_seen(
    recording: Recording, cause: Cause, found: str, asked: list[str]
) -> None:
    control = SharedState.create(1)
    if cause is not Cause.COMPLETED:
        control.trip(cause, 1)
    watch = FruitlessWatch(control, lambda: Reach(make_plan()))
    watch.add(recording)
    assert asyncio.run(watch.check_end()) == found
    assert asked == [found] * bool(found)
    control.close()


def test_a_good_reply_of_which_no_frame_tells_yet_counts(asked: list[str]) -> None:
    control = SharedState.create(1)
    control.put(0, Slot.OK, 1)
    watch = FruitlessWatch(control, lambda: Reach(make_plan()))
    watch.add(seen(E.CONNECTION_REFUSED, opened=0))
    assert (watch.check(), asked) == ("", [])
    control.close()


def test_a_name_is_shown_with_its_addresses() -> None:
    assert place_of(HERE) == "h:80 (10.0.0.1)"
    assert place_of(Endpoint(Origin("http", "::1", 80), ((10, ("::1", 80)),))) == "[::1]:80"
