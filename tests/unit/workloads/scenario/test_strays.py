"""What tasks and callbacks of a scenario raise is its own; all else is told to whoever was told before."""

import asyncio
from typing import Any

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.strays import Strays


def raised(how: Any) -> BaseException:
    try:
        how()
    except BaseException as error:
        return error
    raise AssertionError


def of_the_users() -> None:
    raise ValueError("no")  # this file is none of ours


@pytest.mark.parametrize(
    ("context", "counts", "goes_on"),
    [
        ({"exception": raised(of_the_users), "future": None}, 1, False),
        ({"exception": RuntimeError("Task got bad yield: <UserRequest>"), "future": None}, 1, False),
        ({"exception": ValueError("of nobody's code"), "handle": None}, 0, True),
        ({"message": "Task was destroyed but it is pending!", "task": None}, 0, False),
        ({"message": "something else"}, 0, True),
    ],
)
def test_it_is_counted_or_goes_on(context: dict[str, Any], counts: int, goes_on: bool) -> None:
    names = Names()
    transactions = Transactions(lambda: 0, names=names)
    told: list[dict[str, Any]] = []
    strays = Strays(lambda _loop, context: told.append(context))
    strays.journeys = Journeys(
        (Journey("a"),), names, transactions, lambda _now: None,
        limit=None, warmup=False, seed=1, by_user=False, clock=lambda: 0,
    )  # fmt: skip
    loop = asyncio.new_event_loop()
    strays(loop, context)
    loop.close()
    recording = Recording()
    transactions.take(recording, last=True)
    tally = recording.transaction(names.number(Kind.CALL, "task"))
    found = sum(count.count for error, count in tally.errors.items() if error is ErrorClass.SCRIPT_ERROR)
    assert (found, told) == (counts, [context] if goes_on else [])
