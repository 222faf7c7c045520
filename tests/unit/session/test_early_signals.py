import asyncio
import signal

from loadgen.session.early_signals import EarlySignals


def test_a_signal_ends_the_wait_and_what_is_waited_for() -> None:
    ended = []

    async def never() -> bool:
        try:
            return await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def main() -> None:
        early = EarlySignals()
        asyncio.get_running_loop().call_soon(early.receive, signal.SIGINT)
        assert await early.wait_for(never()) is None
        assert early.first is signal.SIGINT

    asyncio.run(main())
    assert ended == [True]


def test_what_came_just_before_the_session_is_handed_to_it() -> None:
    got: list[signal.Signals] = []

    async def main() -> None:
        early = EarlySignals()

        async def there() -> int:
            early.receive(signal.SIGINT)
            early.receive(signal.SIGTERM)
            return 3

        assert await early.wait_for(there()) == 3
        early.hand_over(got.append)
        early.receive(signal.SIGTERM)

    asyncio.run(main())
    assert got == [signal.SIGINT, signal.SIGTERM]
