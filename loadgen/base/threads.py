"""Threads whose results are futures, and that a program which ends does not wait for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Each call has a thread of its own. Those of a ThreadPoolExecutor keep the interpreter as long as one hangs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads: list[threading.Thread] = []

    def run(self, call: Callable[[], T]) -> "asyncio.Future[T]":
        """Call it; a future of the running loop. Raises RuntimeError where the host allows no more threads."""
        future: Future[T] = Future()
        thread = threading.Thread(
            target=_call, args=(call, future), name=f"{self._name}_{len(self._threads)}", daemon=True
        )
        thread.start()
        self._threads.append(thread)
        return asyncio.wrap_future(future)

    def join(self) -> None:
        """Wait for all of them."""
        for thread in self._threads:
            thread.join()


def _call(call: Callable[[], T], future: "Future[T]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
