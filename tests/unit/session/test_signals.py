"""Who gets the signals of a run."""

import asyncio
import signal
import threading

import pytest

from loadgen.session.signals import signals_restored, signals_to


def test_stacks_are_shown_by_the_main_thread_whichever_gets_the_signal(capfd: pytest.CaptureFixture[str]) -> None:
    """It holds the interpreter's lock: the stacks of threads that run cannot be read."""
    received: list[signal.Signals] = []

    async def main() -> None:
        with signals_to(received.append):
            other = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGQUIT))
            other.start()
            other.join()
            while not received:
                await asyncio.sleep(0)

    with signals_restored():
        asyncio.run(main())
    assert received == [signal.SIGQUIT]
    assert f"Current thread {threading.get_ident():#018x} (most recent call first)" in capfd.readouterr().err


@pytest.mark.parametrize("patience_s", [0.0, 1000.0])
def test_a_loop_that_never_comes_back_does_not_keep_signals_from_their_receiver(
    monkeypatch: pytest.MonkeyPatch, patience_s: float
) -> None:
    monkeypatch.setattr("loadgen.session.signals.HUNG_S", patience_s)
    received: list[signal.Signals] = []
    amid: list[signal.Signals] = []

    async def main() -> None:
        with signals_to(received.append):
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            amid.extend(received)
            while len(received) < 2:
                await asyncio.sleep(0)

    with signals_restored():
        asyncio.run(main())
    assert amid == ([signal.SIGTERM, signal.SIGINT] if not patience_s else [])


def test_a_signal_that_no_other_follows_is_received_by_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.session.signals.ALONE_S", 0.0)
    received: list[signal.Signals] = []
    came = threading.Event()

    def receive(number: signal.Signals) -> None:
        received.append(number)
        came.set()

    async def main() -> None:
        with signals_to(receive):
            signal.raise_signal(signal.SIGTERM)
            assert came.wait(60), "the loop does not turn meanwhile"
            await asyncio.sleep(0)

    with signals_restored():
        asyncio.run(main())
    assert received == [signal.SIGTERM]


def test_a_signal_that_the_loop_had_no_time_to_take_is_too_late_afterwards() -> None:
    received: list[signal.Signals] = []

    async def run() -> list[threading.Timer]:
        with signals_restored(), signals_to(received.append):
            signal.raise_signal(signal.SIGINT)
            return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]

    timers = asyncio.run(run())
    assert timers
    for timer in timers:
        timer.join()
    assert received == []
