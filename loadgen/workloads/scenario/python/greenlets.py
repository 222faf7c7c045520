"""Plain functions as journeys: each runs in a greenlet, and to want something is to switch to whoever drives it."""

from collections.abc import Callable, Generator
from types import coroutine
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.workloads.scenario.python.user import User

try:
    from greenlet import GreenletExit, getcurrent, greenlet

    HAS_GREENLETS = True
except ImportError:  # there are none for this interpreter
    HAS_GREENLETS = False


class PlainUser(User):
    """A user whose methods wait by themselves: `reply = user.get("/")`."""

    def get(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().get(path, *values, **options))

    def post(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().post(path, *values, **options))

    def put(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().put(path, *values, **options))

    def patch(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().patch(path, *values, **options))

    def delete(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().delete(path, *values, **options))

    def head(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().head(path, *values, **options))

    def options(self, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().options(path, *values, **options))

    def request(self, method: str, path: str, *values: object, **options: Any) -> Any:
        return _taken(super().request(method, path, *values, **options))

    def batch(self, *requests: Any) -> Any:
        return _taken(super().batch(*requests))

    def pause(self, seconds: float, to: float | None = None) -> Any:
        return _taken(super().pause(seconds, to))

    def call(self, name: str, function: Callable[..., Any], *args: Any, in_thread: bool = False) -> Any:
        return _taken(super().call(name, function, *args, in_thread=in_thread))


def plain_class(kind: type[User]) -> type[User]:
    """The same class of users, with methods that wait by themselves. Raises UsageError without greenlets."""
    if not HAS_GREENLETS:
        raise UsageError(
            "a scenario that is a plain `def` needs greenlets, which this Python lacks: `pip install greenlet`, "
            "or write `async def` and `await` what the user does"
        )
    return type(kind.__name__, (PlainUser, kind), {})


def as_coroutine_function(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function as one that is stepped like a coroutine."""

    @coroutine
    def stepped(user: Any) -> Generator[Any, Any, Any]:
        inner = greenlet(function)
        step = inner.switch(user)
        while not inner.dead:
            try:
                answer = yield step
            except GeneratorExit:
                inner.throw(GreenletExit)
                raise
            except BaseException as error:
                step = inner.throw(error)
            else:
                step = inner.switch(answer)
        return step

    return stepped


def _taken(steps: Any) -> Any:
    """Take all steps of one of the user's methods, each by whoever drives the journey; what comes of it."""
    driver = getcurrent().parent
    assert driver is not None
    switch, answer = driver.switch, None
    try:
        while True:
            answer = switch(steps.send(answer))
    except StopIteration as end:
        return end.value
