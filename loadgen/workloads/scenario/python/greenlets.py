"""Plain functions as journeys: each runs in a greenlet, and to want something is to switch to whoever drives it."""

from collections.abc import Callable, Coroutine, Generator
from threading import get_ident
from types import coroutine
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.workloads.scenario.python.requesting import NOTHING
from loadgen.workloads.scenario.python.user import User

try:
    from greenlet import GreenletExit, getcurrent, greenlet

    HAS_GREENLETS = True
except ImportError:  # there are none for this interpreter
    HAS_GREENLETS = False


class PlainUser(User):
    """A user whose methods wait by themselves: `reply = user.get("/")`."""

    hub: "_Hub | None" = None

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

    def grpc(self, file: str, method: str, message: Any = None, **options: Any) -> Any:
        return _taken(super().grpc(file, method, message, **options))

    def stream(self, method: str, path: str, *values: object, **options: Any) -> Any:
        return PlainStream(super().stream(method, path, *values, **options))

    def batch(self, *requests: Any) -> Any:
        return _taken(super().batch(*requests))

    def pause(self, seconds: float, to: float | None = None) -> Any:
        return _taken(super().pause(seconds, to))

    def call(self, name: str, function: Callable[..., Any], *args: Any, in_thread: bool = False) -> Any:
        return _taken(super().call(name, function, *args, in_thread=in_thread))


def _get(user: User, path: str, *values: object, **options: Any) -> Any:
    """GET, without a generator where that can be."""
    request = user.ready(path, values, options)
    if request is None:
        return _taken(User.get(user, path, *values, **options))
    in_place = user.in_place
    reply: Any = None if in_place is None else in_place(request)
    if reply is None:
        reply = getcurrent().parent.switch(request)  # type: ignore[union-attr]
    return _taken(user.settle(reply, request, NOTHING)) if reply.special else reply


class PlainStream:
    """A ReplyStream for plain functions: `with user.stream("GET", "/stream") as stream: for part in stream: ...`"""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def reply(self) -> Any:
        return self._stream.reply

    def __enter__(self) -> "PlainStream":
        _taken(self._stream.__aenter__())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if kind is not GreenletExit:  # else nobody waits any more
            _taken(self._stream.__aexit__(kind, error, trace))

    def __iter__(self) -> "PlainStream":
        return self

    def __next__(self) -> str:
        try:
            return str(_taken(self._stream.__anext__()))
        except StopAsyncIteration:
            raise StopIteration from None


def plain_class(kind: type[User]) -> type[User]:
    """The same class of users, with methods that wait by themselves."""
    plain: type[User] | None = vars(kind).get("_waiting")
    if plain is None:
        own = {"get": _get} if kind.get is User.get else {}
        kind._waiting = plain = type(kind.__name__, (PlainUser, kind), own)
    return plain


def need_greenlets() -> None:
    """Raises UsageError where there are none."""
    if not HAS_GREENLETS:
        raise UsageError(
            "a scenario that is a plain `def` needs greenlets, which this Python lacks: `pip install greenlet`, "
            "or write `async def` and `await` what the user does"
        )


def plain_view(user: Any) -> Any:
    """The same user for plain functions, where others are none: both share all that it has."""
    if isinstance(user, PlainUser) or not isinstance(user, User):
        return user
    state = user.__dict__
    if "view" not in state:
        view = object.__new__(plain_class(type(user)))
        view.__dict__ = state
        state["view"] = view
    return state["view"]


class _Ended:
    """A function is over: what it gave, or what it raised."""

    __slots__ = ("error", "result")

    def __init__(self, result: Any, error: BaseException | None) -> None:
        self.result = result
        self.error = error


class _Hub:
    """A greenlet of one user that runs one function after another: to make one costs 8 us, more than a request.

    It belongs to the greenlet that made it, its `driver`: that of a thread, or one in which a user's life runs.
    """

    __slots__ = ("busy", "driver", "switch", "throw")

    def __init__(self) -> None:
        inner = greenlet(_serve)
        self.switch, self.throw = inner.switch, inner.throw
        self.driver = getcurrent()
        self.busy = False


def _serve(function: Callable[[Any], Any], user: Any) -> None:
    driver = getcurrent().parent
    assert driver is not None
    while True:
        try:
            ended = _Ended(function(user), None)
        except GreenletExit:
            raise
        except BaseException as error:
            ended = _Ended(None, error)
        function, user = driver.switch(ended)


def _hub_of(user: Any) -> _Hub:
    """The user's hub; another one where that is in the middle of something, or another's."""
    hub: _Hub | None = getattr(user, "hub", None)
    if hub is None or hub.busy or hub.driver is not getcurrent():
        user.hub = hub = _Hub()
    return hub


class PlainFunction:
    """A plain function that is called as a coroutine function is, and stepped: in a greenlet of its user's."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    @coroutine
    def __call__(self, user: Any) -> Generator[Any, Any, Any]:
        hub = _hub_of(user)
        hub.busy = True
        step = hub.switch(self.function, user)
        while step.__class__ is not _Ended:
            try:
                answer = yield step
            except GeneratorExit:
                if hub.driver is getcurrent():  # no other can end it
                    hub.throw(GreenletExit)
                raise
            except BaseException as error:
                step = hub.throw(error)
            else:
                step = hub.switch(answer)
        hub.busy = False
        if step.error is not None:
            raise step.error
        return step.result


class GreenletSteps:
    """A coroutine in a greenlet of its own, so that it may call plain functions as they are. Stepped like it, by the
    thread that makes this.
    """

    __slots__ = ("_coroutine", "_inner", "_thread", "send", "throw")

    def __init__(self, steps: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = steps
        self._inner = inner = greenlet(self._run)
        self.send, self.throw = inner.switch, inner.throw
        self._thread = get_ident()

    def _run(self, answer: Any) -> None:
        driver = getcurrent().parent
        assert driver is not None
        steps = self._coroutine
        go: Callable[[Any], Any] = steps.send
        while True:
            try:
                step = go(answer)
            except GeneratorExit:
                return
            try:
                go, answer = steps.send, driver.switch(step)
            except BaseException as error:
                go, answer = steps.throw, error

    def close(self) -> None:
        """As a coroutine's. Without effect in another thread, as no other can end it."""
        if self._thread != get_ident():
            return
        if not self._inner:
            self._coroutine.close()
            return
        self.throw(GeneratorExit)
        if not self._inner.dead:
            raise RuntimeError("it ignored GeneratorExit")


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
