import asyncio
import subprocess
import sys
import threading

import pytest

from loadgen.base.threads import ThreadPool


def test_each_call_has_a_thread_and_its_result_is_a_future():
    async def main():
        both, loop = threading.Barrier(2), asyncio.get_running_loop()

        def call():
            both.wait()  # neither returns before both run
            return threading.current_thread().name

        with ThreadPool("worker") as pool:
            return await asyncio.gather(loop.run_in_executor(pool, call), loop.run_in_executor(pool, call))

    assert asyncio.run(main()) == ["worker_0", "worker_1"]


def test_what_a_call_raises_is_its_futures():
    def fail():
        raise ZeroDivisionError

    async def main():
        with ThreadPool("worker") as pool:
            await asyncio.get_running_loop().run_in_executor(pool, fail)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())


@pytest.mark.slow  # a process of its own
def test_a_program_ends_though_a_call_hangs():
    hang = (
        "import asyncio, threading; from loadgen.base.threads import ThreadPool\n"
        "async def main(): ThreadPool('worker').submit(threading.Event().wait)\n"
        "asyncio.run(main()); print('ended')"
    )
    done = subprocess.run([sys.executable, "-c", hang], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("ended\n", "")
