"""What lies between a user's journeys in Python, with replies that the test gives and a clock of its own."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from loadgen.base.clock import NS_PER_S
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Request
from loadgen.base.reply import Expect
from loadgen.measure.names import Names
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.base import Fresh, Pause
from loadgen.workloads.scenario.base import Notes
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.python.coroutines import CoroutineScript
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import RequestMaker

HEAD = b"HTTP/1.1 200 OK\r\nSet-Cookie: s=1\r\n\r\n"
ORIGIN = Origin("http", "h", 80)


class World:
    """One user that gets a page in each journey. `now` is the clock."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, journey: Journey, *, flows: bool = True, **options: Any
    ) -> None:
        self.now = 5
        self.wants: Callable[[User], Any] | None = lambda user: user.get("/")
        names = Names()
        journeys = Journeys(
            (journey,), names, Transactions(lambda: self.now, names=names), lambda _now: None,
            limit=None, warmup=False, seed=1, by_user=False, clock=lambda: self.now, **options,
        )  # fmt: skip

        async def visit(user: User) -> None:
            if self.wants is not None:
                await self.wants(user)

        maker = RequestMaker(names, ORIGIN, (), Expect(), keep_alive=True, wire=True)
        self.user = User(0, maker, journeys, None, 1, lambda _feed, _user: None)
        self.script = CoroutineScript(self.user, [visit], journeys, loop)
        self.script.attach(lambda: 0, lambda: None, cast(Notes, None), flows=flows)

    def go(self) -> Any:
        return self.script.resume(None)

    def answered(self) -> Any:
        return self.script.resume(Reply(200, None, HEAD, len(HEAD)))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_a_pause_lies_between_two_journeys(loop: asyncio.AbstractEventLoop) -> None:
    world = World(loop, Journey("a", think_s=(2.0, 2.0)))
    assert isinstance(world.go(), Request)
    world.now += 7
    assert world.answered() == Pause(5 + 7 + 2 * NS_PER_S)
    assert world.script.began_ns == 0
    world.now += 2 * NS_PER_S
    assert isinstance(world.go(), Request)
    world.script.close()


def test_journeys_that_want_nothing_any_more_let_others_have_their_turn(loop: asyncio.AbstractEventLoop) -> None:
    world = World(loop, Journey("a"))
    assert isinstance(world.go(), Request)
    world.wants = None
    assert world.answered() == world.go() == Pause(5)
    world.script.close()


@pytest.mark.parametrize("pauses", [True, False])
def test_a_journey_without_a_request_is_a_pass_of_its_own(loop: asyncio.AbstractEventLoop, pauses: bool) -> None:
    """Whoever drives it says when the next is due."""
    world = World(loop, Journey("a"), flows=False)
    world.wants = (lambda user: user.pause(1)) if pauses else None
    for _ in range(2):
        assert isinstance(world.go(), Pause)
        assert world.go() is None
    world.script.close()


@pytest.mark.parametrize(("took_s", "waits"), [(3, True), (10, False), (12, False)])
def test_journeys_may_begin_at_a_distance(loop: asyncio.AbstractEventLoop, took_s: int, waits: bool) -> None:
    world = World(loop, Journey("a", every_s=10.0))
    world.go()
    world.now += took_s * NS_PER_S
    step = world.answered()
    assert step == Pause(5 + 10 * NS_PER_S) if waits else isinstance(step, Request)
    world.script.close()


def test_a_fresh_journey_has_a_new_connection_and_no_cookies(loop: asyncio.AbstractEventLoop) -> None:
    world = World(loop, Journey("a", fresh=True))
    assert isinstance(world.go(), Request)
    assert isinstance(world.answered(), Fresh)
    assert not world.user.cookies
    assert isinstance(world.go(), Request)
    world.script.close()


def test_a_user_does_no_more_journeys_than_it_may(loop: asyncio.AbstractEventLoop) -> None:
    world = World(loop, Journey("a"), most_each=2)
    assert isinstance(world.go(), Request)
    assert isinstance(world.answered(), Request)
    assert world.answered() is None
    assert world.go() is None
    assert world.script.passes == 2
    world.script.close()


def test_users_of_a_scenario_may_begin_later(loop: asyncio.AbstractEventLoop) -> None:
    world = World(loop, Journey("a", users=1, start_s=3.0))
    assert world.go() == Pause(5 + 3 * NS_PER_S)
    world.now += 3 * NS_PER_S
    assert isinstance(world.go(), Request)
    assert world.script.began_ns == 5 + 3 * NS_PER_S
    world.script.close()


def test_a_request_of_a_journey_takes_neither_a_task_nor_a_future() -> None:
    class Bare(asyncio.SelectorEventLoop):
        """A loop on which nothing can be made."""

        def create_task(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a task was made")

        def create_future(self) -> Any:
            raise AssertionError("a future was made")

    loop = Bare()
    try:
        world = World(loop, Journey("visit"))
        assert isinstance(world.go(), Request)
        for _ in range(20):
            assert isinstance(world.answered(), Request)
        world.script.close()
    finally:
        loop.close()
