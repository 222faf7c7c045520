"""Names of gevent's that locustfiles use. There is no gevent: a user that sleeps lets others run by itself."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from loadgen.workloads.locust.current import CURRENT
from loadgen.workloads.locust.exceptions import LocustError

_LOOK_EVERY_S = 0.02


def sleep(seconds: float = 0, ref: bool = True) -> None:
    """As time.sleep."""
    del ref
    time.sleep(seconds)


class Greenlet:
    """What runs beside: in a thread where the file's listeners start it. A user that starts it waits for it."""

    def __init__(self, run: Callable[..., Any], *args: Any, **more: Any) -> None:
        self.value: Any = None
        self.exception: BaseException | None = None
        self._run: Callable[[], Any] = partial(run, *args, **more)
        self._thread: threading.Thread | None = None

    @classmethod
    def spawn(cls, run: Callable[..., Any], *args: Any, **more: Any) -> "Greenlet":
        greenlet = cls(run, *args, **more)
        greenlet.start()
        return greenlet

    @classmethod
    def spawn_later(cls, seconds: float, run: Callable[..., Any], *args: Any, **more: Any) -> "Greenlet":
        """The same after so many seconds, which a user does not wait for."""
        greenlet = cls(run, *args, **more)
        greenlet._thread = threading.Timer(seconds, greenlet._do)
        greenlet._thread.daemon = True
        greenlet._thread.start()
        return greenlet

    def start(self) -> None:
        """Begin, or do it all at once in a user."""
        if CURRENT.get() is not None:
            self._do()
            return
        self._thread = threading.Thread(target=self._do, daemon=True)
        self._thread.start()

    def _do(self) -> None:
        try:
            self.value = self._run()
        except Exception as error:
            self.exception = error

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        if self._thread is not None:
            self._thread.join(timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """What it gave; raises what it raised."""
        del block
        self.join(timeout)
        if self.exception is not None:
            raise self.exception
        return self.value

    def ready(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def kill(self, *_: Any, **__: Any) -> None:
        """It ends with the program."""


def joinall(greenlets: Iterable[Greenlet], timeout: float | None = None, **_: Any) -> list[Greenlet]:
    """Wait for all of them."""
    greenlets = list(greenlets)
    for greenlet in greenlets:
        greenlet.join(timeout)
    return greenlets


class Pool:
    """Greenlets that are joined together; of a user's, one runs after the other."""

    def __init__(self, size: int | None = None, **_: Any) -> None:
        del size
        self._greenlets: list[Greenlet] = []

    def spawn(self, run: Callable[..., Any], *args: Any, **more: Any) -> Greenlet:
        greenlet = Greenlet.spawn(run, *args, **more)
        self._greenlets.append(greenlet)
        return greenlet

    def map(self, run: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
        """What `run` gives for each of them."""
        return [greenlet.get() for greenlet in [self.spawn(run, item) for item in items]]

    def join(self, timeout: float | None = None, **_: Any) -> None:
        """Wait for all of them."""
        joinall(self._greenlets, timeout)
        self._greenlets.clear()


class Semaphore:
    """Counts; who waits for it pauses."""

    def __init__(self, value: int = 1) -> None:
        self.counter = value

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take one, when there is one."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.counter <= 0:
            if not blocking or (end is not None and time.monotonic() >= end):
                return False
            time.sleep(_LOOK_EVERY_S)
        self.counter -= 1
        return True

    def release(self) -> None:
        """Give one back."""
        self.counter += 1

    def wait(self, timeout: float | None = None) -> int:
        """Until there is one, which is left."""
        if self.acquire(timeout=timeout):
            self.release()
        return self.counter

    def locked(self) -> bool:
        return self.counter <= 0

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Event:
    """Set or not; who waits for it pauses."""

    def __init__(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    ready = is_set

    def set(self) -> None:
        """Let those go on who wait."""
        self._set = True

    def clear(self) -> None:
        """Have them wait again."""
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is set."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._set and (end is None or time.monotonic() < end):
            time.sleep(_LOOK_EVERY_S)
        return self._set


class Queue(queue.Queue[Any]):
    """A queue; who waits for it pauses."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return super().get(block=False)
            except queue.Empty:
                if not block or (end is not None and time.monotonic() >= end):
                    raise
            time.sleep(_LOOK_EVERY_S)


class Timeout(BaseException):
    """A block that ends by itself: there is none."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise LocustError("gevent.Timeout is not supported: give requests a timeout=")


def _nothing(*_: Any, **__: Any) -> None:
    """Nothing is patched but time.sleep."""


def modules(module: Callable[[str, dict[str, Any]], ModuleType]) -> dict[str, ModuleType]:
    """The modules, each with its names."""
    lock = {"Semaphore": Semaphore, "BoundedSemaphore": Semaphore, "RLock": threading.RLock}
    plain = {
        "sleep": sleep, "spawn": Greenlet.spawn, "spawn_later": Greenlet.spawn_later,
        "Greenlet": Greenlet, "joinall": joinall, "wait": joinall,
        "Timeout": Timeout, "getcurrent": threading.current_thread, "GreenletExit": SystemExit,
    }  # fmt: skip
    contents: dict[str, dict[str, Any]] = {
        "gevent": plain,
        "gevent.monkey": {"patch_all": _nothing, "patch_socket": _nothing, "patch_ssl": _nothing},
        "gevent.pool": {"Pool": Pool, "Group": Pool},
        "gevent.lock": lock,
        "gevent._semaphore": lock,
        "gevent.event": {"Event": Event},
        "gevent.queue": {"Queue": Queue, "Empty": queue.Empty, "JoinableQueue": Queue},
        "gevent.threadpool": {"ThreadPool": Pool},
    }
    made = {name: module(name, names) for name, names in contents.items()}
    for name, inner in made.items():
        if name != "gevent":
            setattr(made["gevent"], name.partition(".")[2], inner)
    return made
