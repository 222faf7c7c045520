"""Plain functions stepped like coroutines: in which greenlet each runs, and how it ends."""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from greenlet import getcurrent

from loadgen.workloads.scenario.python.greenlets import GreenletSteps, PlainFunction


def want(step: object) -> Any:
    """Ask whoever drives the function."""
    driver = getcurrent().parent
    assert driver is not None
    return driver.switch(step)


def ended(steps: Any, answer: object = None) -> Any:
    """What comes of it with its last answer."""
    with pytest.raises(StopIteration) as end:
        steps.send(answer)
    return end.value.value


def asks(_user: object) -> tuple[object, object]:
    return getcurrent(), want("step")


def test_functions_of_a_user_follow_each_other_in_one_greenlet() -> None:
    user, greenlets = SimpleNamespace(), set()
    for answer in range(3):
        steps = PlainFunction(asks)(user)
        assert steps.send(None) == "step"
        current, answered = ended(steps, answer)
        assert answered == answer
        greenlets.add(current)
    assert len(greenlets) == 1


def test_what_comes_while_one_is_in_the_middle_has_another() -> None:
    user = SimpleNamespace()
    first, second = PlainFunction(asks)(user), PlainFunction(asks)(user)
    assert first.send(None) == second.send(None) == "step"
    one, other = ended(first, 1), ended(second, 2)
    assert (one[1], other[1]) == (1, 2)
    assert one[0] is not other[0]


def test_a_user_that_goes_on_in_another_thread_has_another() -> None:
    user, seen = SimpleNamespace(), []

    def whole() -> None:
        steps = PlainFunction(asks)(user)
        steps.send(None)
        seen.append(ended(steps)[0])

    whole()
    thread = Thread(target=whole)
    thread.start()
    thread.join()
    assert len(set(map(id, seen))) == 2


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_what_a_function_raises_comes_out_and_the_next_one_runs(error: BaseException) -> None:
    user = SimpleNamespace()

    def fails(_user: object) -> None:
        raise error

    with pytest.raises(type(error)):
        PlainFunction(fails)(user).send(None)
    assert ended(PlainFunction(lambda _user: 7)(user)) == 7


def test_what_is_thrown_arrives_where_the_function_waits() -> None:
    def caught(_user: object) -> str:
        try:
            want("step")
        except TimeoutError:
            return "late"
        return "in time"

    steps = PlainFunction(caught)(SimpleNamespace())
    steps.send(None)
    with pytest.raises(StopIteration) as end:
        steps.throw(TimeoutError())
    assert end.value.value == "late"


def test_a_function_that_is_closed_runs_what_it_has_to_do_at_its_end() -> None:
    done = []

    def waits(_user: object) -> None:
        try:
            want("step")
        finally:
            done.append(True)

    steps = PlainFunction(waits)(SimpleNamespace())
    steps.send(None)
    steps.close()
    assert done == [True]


async def lives(*parts: Callable[[], object]) -> None:
    for part in parts:
        part()
        await PlainFunction(lambda _: want("of a greenlet inside"))(SimpleNamespace())


def test_a_coroutine_in_a_greenlet_may_call_what_waits_by_itself() -> None:
    seen: list[object] = []
    steps = GreenletSteps(lives(lambda: seen.append(want("first")), lambda: seen.append(want("second"))))
    taken = [steps.send(answer) for answer in (None, 1, 2, 3)]
    assert taken == ["first", "of a greenlet inside", "second", "of a greenlet inside"]
    assert seen == [1, 3]


@pytest.mark.parametrize("begun", [True, False])
def test_a_coroutine_in_a_greenlet_ends_as_any_other(begun: bool) -> None:
    done: list[bool] = []

    def waits() -> None:
        try:
            want("step")
        finally:
            done.append(True)

    steps = GreenletSteps(lives(waits))
    if begun:
        steps.send(None)
    steps.close()
    steps.close()
    assert done == [True] * begun


def test_a_coroutine_in_a_greenlet_that_does_not_end_is_told_of() -> None:
    def swallows() -> None:
        with suppress(GeneratorExit):
            want("step")
        want("one more")

    steps = GreenletSteps(lives(swallows))
    steps.send(None)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        steps.close()


def test_what_is_thrown_into_a_coroutine_in_a_greenlet_arrives_where_it_waits() -> None:
    async def late() -> None:
        with suppress(TimeoutError):
            want("step")
        with pytest.raises(KeyError):
            await PlainFunction(lambda _: want("another"))(SimpleNamespace())
        want("last")

    steps = GreenletSteps(late())
    assert steps.send(None) == "step"
    assert steps.throw(TimeoutError()) == "another"
    assert steps.throw(KeyError()) == "last"
    steps.close()
