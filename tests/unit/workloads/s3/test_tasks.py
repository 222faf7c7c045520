"""Tasks: what is sent next, by whom, and who goes on when."""

from collections.abc import Iterator

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Outcome, Request
from loadgen.base.reply import Reply
from loadgen.workloads.base import Pause
from loadgen.workloads.s3.tasks import (
    FIRST_PAUSE_NS,
    LONGEST_PAUSE_NS,
    LONGEST_RETRY_AFTER_NS,
    Fork,
    Send,
    Task,
    Tasks,
    TaskScript,
    asked_pause_ns,
)
from tests.support.fakes import VirtualClock

GOOD = Outcome(0, 0, Reply(200, 0, 100))
BUSY = Outcome(0, 0, Reply(503, 0, 100), ErrorClass.UNEXPECTED_STATUS)


class Shard:
    """Some users of one shard; `log` is what tasks wrote."""

    def __init__(self, *tasks: Task, users: int = 1, clock: VirtualClock | None = None) -> None:
        self.log: list[str] = []
        self.clock = clock or VirtualClock()
        begun = iter(tasks)
        self.tasks = Tasks(lambda: next(begun, None), clock=self.clock)
        self.scripts = [self.tasks.script(user) for user in range(users)]

    def next(self, user: int = 0) -> object:
        """What a user does next: the target of its request, or a Pause, or None."""
        step = self.scripts[user].resume(None)
        return step.target if isinstance(step, Request) else step

    def end(self, outcome: Outcome = GOOD, user: int = 0) -> None:
        """A user's request has ended."""
        assert self.scripts[user].resume(outcome) is None


def get(target: str) -> Request:
    return Request(0, "GET", target, Fields(()))


def request(target: str, send: Send = Send()) -> Task:  # noqa: B008  a frozen value
    yield from send(lambda: get(target))


def parts(*targets: str) -> Iterator[Task]:
    return (request(target) for target in targets)


def test_a_request_is_made_when_it_is_sent_and_is_awaited() -> None:
    shard = Shard(request("a"))
    step = shard.scripts[0].resume(None)
    assert isinstance(step, Request)
    assert step.awaited
    shard.end()
    assert shard.next() is None


def test_a_fork_is_sent_by_whoever_is_free_and_its_parent_goes_on_after_the_last() -> None:
    def parent() -> Task:
        yield from request("begin")
        yield Fork(parts("1", "2", "3"))
        yield from request("end")

    shard = Shard(parent(), users=3)
    assert (shard.next(0), shard.next(1)) == ("begin", Pause())
    shard.end(user=0)
    assert [shard.next(user) for user in (0, 1, 2)] == ["1", "2", "3"]
    shard.end(user=2)
    shard.end(user=0)
    assert (shard.next(0), shard.next(2)) == (Pause(), Pause())
    shard.end(user=1)
    assert [shard.next(user) for user in (0, 1)] == ["end", Pause()]
    shard.end(user=0)
    assert [shard.next(user) for user in (0, 1, 2)] == [None] * 3


def test_what_goes_on_is_sent_before_a_fork_and_that_before_another_task() -> None:
    def parent() -> Task:
        yield Fork(iter([two("1a", "1b"), request("2")]))

    def two(first: str, second: str) -> Task:
        yield from request(first)
        yield from request(second)

    shard = Shard(parent(), request("other"))
    sent = []
    while (target := shard.next()) is not None:
        sent.append(target)
        shard.end()
    assert sent == ["1a", "1b", "2", "other"]


@pytest.mark.parametrize("depth", [0, 1, 5000])
def test_forks_of_forks_end_from_within(depth: int) -> None:
    def nested(left: int) -> Task:
        yield Fork(iter([nested(left - 1)] if left else []))

    ended = []

    def outer() -> Task:
        yield from nested(depth)
        ended.append(depth)

    assert Shard(outer()).next() is None
    assert ended == [depth]


def test_a_fork_may_end_before_all_of_it_was_sent() -> None:
    failed: list[bool] = []

    def part(number: int) -> Task:
        outcome = yield from Send()(lambda: get(str(number)))
        failed.extend([True] if outcome.error else [])

    def parent() -> Task:
        yield Fork(part(number) for number in range(9) if not failed)
        yield from request("give up")

    shard = Shard(parent(), users=2)
    assert [shard.next(user) for user in (0, 1)] == ["0", "1"]
    shard.end(bad(403), user=0)
    assert shard.next(0) == Pause()
    shard.end(user=1)
    assert shard.next(1) == "give up"


def test_pauses_double_up_to_a_limit_and_then_it_has_failed() -> None:
    clock, outcomes = VirtualClock(), []

    def task() -> Task:
        outcomes.append((yield from Send(8, 10, clock)(lambda: get("a"))))

    shard = Shard(task(), clock=clock)
    pauses = []
    for attempt in range(9):
        step = shard.scripts[0].resume(None)
        assert isinstance(step, Request)
        assert step.name_id == (10 if attempt else 0)
        shard.end(BUSY)
        if attempt < 8:
            pause = shard.scripts[0].resume(None)
            assert isinstance(pause, Pause)
            assert pause.until_ns is not None
            pauses.append(pause.until_ns - clock())
            clock.advance(pauses[-1])
    assert pauses[:3] == [FIRST_PAUSE_NS, 2 * FIRST_PAUSE_NS, 4 * FIRST_PAUSE_NS]
    assert pauses[-2:] == [LONGEST_PAUSE_NS] * 2
    assert (outcomes, shard.next()) == ([BUSY], None)


def bad(status: int, code: str = "", head: bytes = b"") -> Outcome:
    kept = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
    return Outcome(0, 0, Reply(status, 0, 100, kept, head), ErrorClass.UNEXPECTED_STATUS)


@pytest.mark.parametrize(
    "outcome",
    [
        GOOD,
        bad(403, "AccessDenied"),
        bad(400, "InvalidDigest"),
        bad(404),
        Outcome(0, 0, None, ErrorClass.TLS),
        Outcome(0, 0, None, ErrorClass.CUT),
        Outcome(0, 0, Reply(200, 0, 100), ErrorClass.WRONG_CONTENT),
        Outcome(0, 0, Reply(200, 0, 100), ErrorClass.PROCESSING),
    ],
)
def test_what_will_be_the_same_the_next_time_is_not_sent_again(outcome: Outcome) -> None:
    failed: list[int] = []
    shard = Shard(request("a", Send(3, 1, on_failed=failed.append)))
    assert shard.next() == "a"
    shard.end(outcome)
    assert shard.next() is None
    assert len(failed) == (outcome.error is not None and outcome.error.fault == "target")


@pytest.mark.parametrize(
    "outcome",
    [
        *(bad(status) for status in (408, 429, 500, 502, 503, 504)),
        bad(400, "RequestTimeout"),
        bad(200, "InternalError"),
        *(
            Outcome(0, 0, None, error)
            for error in (ErrorClass.CONNECTION_RESET, ErrorClass.CONNECTION_REFUSED, ErrorClass.TIMEOUT)
        ),
        *(Outcome(0, 0, None, error) for error in (ErrorClass.EARLY_CLOSE, ErrorClass.STALE_CONNECTION)),
    ],
)
def test_what_may_pass_the_next_time_is_sent_again_and_has_not_failed(outcome: Outcome) -> None:
    failed: list[int] = []
    clock = VirtualClock()
    shard = Shard(request("a", Send(1, 1, clock, failed.append)), clock=clock)
    assert shard.next() == "a"
    shard.end(outcome)
    clock.advance(FIRST_PAUSE_NS)
    assert (shard.next(), failed) == ("a", [])
    shard.end(outcome)
    assert (shard.next(), failed) == (None, [clock()])


@pytest.mark.parametrize(
    ("field", "asked_ns"),
    [
        (b"Retry-After: 3", 3 * NS_PER_S),
        (b"retry-after:0", 0),
        (b"Retry-After: Thu, 01 Jan 1970 00:02:05 GMT", 5 * NS_PER_S),
        (b"Retry-After: Thu, 01 Jan 1970 00:00:05 GMT", 0),
        (b"Retry-After: 86400", LONGEST_RETRY_AFTER_NS),
        (b"Retry-After: soon", 0),
        (b"X-Retry-After: 3", 0),
    ],
)
def test_the_pause_that_a_store_asks_for_is_made(field: bytes, asked_ns: int) -> None:
    busy = bad(503, head=b"HTTP/1.1 503 Busy\r\n" + field + b"\r\n\r\n")
    assert asked_pause_ns(busy, 120.0) == asked_ns
    clock = VirtualClock()
    shard = Shard(request("a", Send(1, 1, clock)), clock=clock)
    shard.next()
    shard.end(bad(503, head=b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n"))
    assert shard.next() == Pause(clock() + 7 * NS_PER_S)


def test_while_many_wait_for_another_try_no_others_are_begun() -> None:
    clock = VirtualClock()
    begun = (request(str(number), Send(1, 1, clock)) for number in range(9))
    tasks = Tasks(lambda: next(begun, None), clock=clock, most_pausing=2)
    script = tasks.script(0)
    for _ in range(2):
        assert isinstance(script.resume(None), Request)
        assert script.resume(BUSY) is None
    assert script.resume(None) == Pause(clock() + FIRST_PAUSE_NS)
    clock.advance(FIRST_PAUSE_NS)
    again = script.resume(None)
    assert isinstance(again, Request)
    assert again.target == "0"


def test_users_sleep_only_while_no_request_is_out_that_may_bring_them_work() -> None:
    clock = VirtualClock()
    shard = Shard(request("a", Send(1, 1, clock)), request("b"), users=2, clock=clock)
    assert [shard.next(user) for user in (0, 1)] == ["a", "b"]
    shard.end(BUSY, user=0)
    assert shard.next(0) == Pause()
    shard.end(user=1)
    assert [shard.next(user) for user in (0, 1)] == [Pause(clock() + FIRST_PAUSE_NS)] * 2
    clock.advance(FIRST_PAUSE_NS + NS_PER_MS)
    assert [shard.next(user) for user in (0, 1)] == ["a", Pause()]


def test_a_script_has_no_request_that_is_always_the_same() -> None:
    assert TaskScript(Shard().tasks).only is None
