"""The end of a loop: nobody is waited for that does not want to end."""

import asyncio
import inspect
from typing import NoReturn

import pytest

from loadgen.base.errors import Stopped
from loadgen.base.loop import run_on_loop


async def leaves(task_of: list[asyncio.Task[None]], ended: list[str], *, stubborn: bool) -> str:
    async def stays() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                if not stubborn:
                    raise

    task_of.append(asyncio.create_task(stays()))
    await asyncio.sleep(0)
    return "result"


@pytest.mark.parametrize("stubborn", [False, True])
def test_tasks_that_are_left_are_cancelled_and_not_waited_for_long(
    stubborn: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("loadgen.base.loop.STUBBORN_S", 0.01)
    tasks: list[asyncio.Task[None]] = []
    ended: list[str] = []
    assert run_on_loop(leaves(tasks, ended, stubborn=stubborn)) == "result"
    assert ended == ["cancelled"]
    assert tasks[0].cancelled() is not stubborn
    assert capfd.readouterr().err == ""


def test_what_it_raises_comes_out() -> None:
    async def raises() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_on_loop(raises())


def test_what_a_signal_ends_before_it_has_begun_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        raise AssertionError("it has begun")

    def stopped() -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("uvloop.new_event_loop", stopped)
    begun = main()
    with pytest.raises(KeyboardInterrupt):
        run_on_loop(begun)
    assert inspect.getcoroutinestate(begun) == inspect.CORO_CLOSED


@pytest.mark.parametrize("too_late", [False, True])
def test_a_signal_amid_a_callback_ends_it(too_late: bool, capfd: pytest.CaptureFixture[str]) -> None:
    ended = []

    async def main() -> None:
        def stop() -> NoReturn:
            raise Stopped

        asyncio.get_running_loop().call_soon(stop)
        try:
            await asyncio.sleep(0 if too_late else 60)
        finally:
            ended.append("main")

    with pytest.raises(Stopped):
        run_on_loop(main())
    assert ended == ["main"]
    assert capfd.readouterr().err == ""


def test_what_else_a_callback_raises_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(int, "no number")
        await asyncio.sleep(0)

    run_on_loop(main())
    assert "no number" in caplog.text
