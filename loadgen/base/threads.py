"""A thread pool that a program which ends does not wait for, though one of its threads hangs."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from loadgen.base.whereabouts import whereabouts

T = TypeVar("T")


class ThreadPool(Executor):
    """A thread for each call; `shutdown` lets them go. Those of a ThreadPoolExecutor would keep the interpreter as long
    as one of them hangs: a user's own code may.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()

    def submit(self, call: Callable[..., T], /, *arguments: Any, **options: Any) -> "Future[T]":
        """Raises RuntimeError where the host allows no more threads, or after `shutdown`."""
        if self._over.is_set():
            raise RuntimeError("the pool is shut down")
        future: Future[T] = Future()
        thread = threading.Thread(
            target=self._run, args=(future, call, arguments, options), name=f"{self._name}_{len(self._threads)}",
            daemon=True,
        )  # fmt: skip
        thread.start()
        self._threads.append(thread)
        return future

    def whereabouts(self) -> list[str]:
        """Where those are that have not come back, in code of the user's own; each place once."""
        places = [whereabouts(thread.ident) for thread in self._threads if thread.is_alive()]
        return list(dict.fromkeys(filter(None, places)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let all threads end; nothing waits for a turn that could be cancelled."""
        self._over.set()
        for thread in self._threads if wait else ():
            thread.join()

    def _run(
        self, future: "Future[T]", call: Callable[..., T], arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        if future.set_running_or_notify_cancel():
            try:
                result = call(*arguments, **options)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        self._over.wait()  # a pool keeps its threads, and so they are counted in the end
