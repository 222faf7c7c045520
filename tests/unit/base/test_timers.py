import asyncio

from loadgen.base.alarm import make_alarm
from loadgen.base.clock import now_ns
from loadgen.base.timers import Timers

MS = 1_000_000


def test_callbacks_come_in_order_of_their_instants_and_never_early() -> None:
    async def whole() -> list[tuple[int, int]]:
        timers, done = Timers(make_alarm()), asyncio.get_running_loop().create_future()
        seen: list[tuple[int, int]] = []
        began = now_ns()
        timers.at(began + 3600 * 1000 * MS, lambda: seen.append((0, 0)))
        for offset_ns in (6 * MS, 2 * MS, 2 * MS + 300_000, 5 * MS, 0, -MS):
            due = began + offset_ns
            timers.at(due, lambda due=due: seen.append((due, now_ns())))  # type: ignore[misc]
        timers.at(began + 7 * MS, lambda: done.set_result(None))
        async with asyncio.timeout(10):
            await done
        timers.close()
        return seen

    seen = asyncio.run(whole())
    assert len(seen) == 6
    assert [due for due, _ in seen] == sorted(due for due, _ in seen)
    assert all(called >= due for due, called in seen)


def test_a_callback_may_ask_for_the_next_one_without_starving_the_loop() -> None:
    async def whole() -> None:
        timers = Timers(make_alarm())

        def again() -> None:
            timers.at(0, again)

        again()
        async with asyncio.timeout(10):
            for _ in range(10):
                await asyncio.sleep(0)
        timers.close()

    asyncio.run(whole())


def test_while_it_spins_for_an_instant_others_are_served_and_it_is_not_early() -> None:
    """With an hour to spin before each instant, every turn of the loop is one of the spin."""

    async def whole() -> list[str]:
        timers, done = Timers(make_alarm(), spin_ns=3600 * 1000 * MS), asyncio.get_running_loop().create_future()
        seen: list[str] = []
        due = now_ns() + 3 * MS
        timers.at(due, lambda: (seen.append("late" if now_ns() >= due else "early"), done.set_result(None)))  # type: ignore[func-returns-value]
        timers.at(due - MS, lambda: seen.append("an earlier one"))
        asyncio.get_running_loop().call_soon(seen.append, "another's callback")
        async with asyncio.timeout(10):
            await done
        timers.close()
        return seen

    assert asyncio.run(whole()) == ["another's callback", "an earlier one", "late"]
