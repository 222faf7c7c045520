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
