"""The user that a journey is given: what it can ask for besides requests."""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from types import MappingProxyType
from typing import Any, ClassVar

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.imported import imported
from loadgen.measure.names import Kind
from loadgen.workloads.base import Pause
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.failures import class_of
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.python.requesting import Requesting, Steps
from loadgen.workloads.scenario.sending.paths import compile_path
from loadgen.workloads.scenario.sending.requests import RequestMaker


class User(Requesting):
    """One simulated user, for as long as the run lasts; subclasses may add attributes of their own.

    `number` is its number among all users, from 0. `random` is seeded: a run with the same seed draws the same.
    `shared` is what `per_run` yielded. Requests: `get`, `post`, `put`, `patch`, `delete`, `head`, `options` and
    `request` with a method of your own; they take a path whose `{}` are filled with the values that follow,
    percent-encoded (`{+}`: as they are), and

    - `name`: its name in reports; else the method and the path with its `{}`
    - `params`, `json`, `form`, `data`, `files`, `headers`: what is sent
    - `expect`: 201, "2xx", or {"status": ..., "contains": ..., "length": ...}: what is a good reply
    - `needed=True`: a bad reply ends the journey
    - `timeout`: seconds; `redirects`: how many are followed (10), 0 for none
    - `stream`: {"kind": "sse", "until": {...}}: the reply comes in parts, which are timed
    """

    _waiting: ClassVar["type[User]"]
    """The same class for plain functions, once that was made."""

    def __init__(
        self,
        number: int,
        maker: RequestMaker,
        journeys: Journeys,
        shared: Any,
        seed: int,
        rows: Callable[[Any, int], Any],
    ) -> None:
        super().__init__(maker)
        self.number = number
        self.shared = shared
        self._journeys = journeys
        self._clock: Clock = journeys.clock
        self._seed = seed
        self._rows = rows
        self._groups: list[str] = []
        self._random: Random | None = None

    @property
    def random(self) -> Random:
        """Draws the same for the same seed and user."""
        if self._random is None:  # a cached_property makes each look at any field of the user dearer
            self._random = Random(f"{self._seed}/{self.number}")
        return self._random

    def row(self, feed: Any) -> Any:
        """The next row of a feed that is this user's, as a mapping."""
        return self._rows(feed, self.number)

    @types.coroutine
    def pause(self, seconds: float, to: float | None = None) -> Steps:
        """Do nothing for so long, or for a time drawn from a range: it is not part of a group's or journey's time."""
        try:
            drawn = seconds if to is None else seconds + (to - seconds) * self.random.random()
            if drawn < 0:
                raise ValueError(f"pause: expected seconds from 0, got {drawn!r}")
        except TypeError:
            raise TypeError(f"pause: expected seconds such as 1 or 0.5, got {seconds!r} and {to!r}") from None
        began_ns = self._clock()
        yield Pause(began_ns + s_to_ns(drawn))
        self.waited_ns += self._clock() - began_ns

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """Time what is inside as one, its pauses left out; groups may stand in groups."""
        _check_name("group", name)
        began_ns, waited_ns, failed, cut = self._clock(), self.waited_ns, self.failed, False
        self.failed = None
        self._groups.append(name)
        try:
            yield
        except BaseException as error:
            cut = isinstance(error, GeneratorExit | FeedEndedError)
            self.failed = self.failed or (None if cut else class_of(error))
            raise
        finally:
            took_ns = self._clock() - began_ns - (self.waited_ns - waited_ns)
            full = "/".join((self.journey, *self._groups)) if self.journey else "/".join(self._groups)
            self._groups.pop()
            if not cut:
                self._note(Kind.GROUP, full, self.failed, took_ns, self.failed_because)
            self.failed = failed or self.failed

    @types.coroutine
    def call(self, name: str, function: Callable[..., Any], *args: Any, in_thread: bool = False) -> Steps:
        """Time anything: a coroutine function or a plain one. Gives a Called: `ok`, `value`, `error`.

        A plain function holds up all users of its loop while it runs, but not `in_thread`.
        """
        called = imported("loadgen.workloads.scenario.python.calls", "called")
        _check_name("call", name)
        if not callable(function):
            raise TypeError(f"call: expected a function, and its arguments after it, got {function!r}: do not call it")
        began_ns = self._clock()
        outcome = yield from called(function, args, in_thread=in_thread)
        error = None if outcome.ok else ErrorClass.CALL_FAILED
        full = f"{self.journey}/{name}" if self.journey else name
        self._note(Kind.CALL, full, error, self._clock() - began_ns, outcome.detail)
        if error is not None:
            self.fail(error, outcome.detail)
        return outcome

    def websocket(
        self,
        path: str,
        *values: object,
        name: str | None = None,
        subprotocols: Iterable[str] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        compress: bool = False,
        timeout: float = 10.0,
    ) -> Any:
        """A WebSocket for `async with`: see its class. It is open within `timeout` seconds, or the journey fails.

        In reports it is `name`, or "WS" and the path with its `{}`: one row for its opening, one for round trips.
        """
        make_websocket = imported("loadgen.workloads.scenario.websocket.connect", "make_websocket")
        full = name or f"WS {path}"
        prefix = f"{self.journey}/{full}" if self.journey else full

        names = {part: f"{prefix} {part}" for part in ("open", "message")}

        def times(part: str) -> Callable[[int], object]:
            number = self._journeys.names.number(Kind.CALL, names[part])
            return self._journeys.transactions.samples(number).samples.append

        def note(part: str, error: ErrorClass | None, took_ns: int, detail: str) -> None:
            self._note(Kind.CALL, names[part], error, took_ns, detail)
            if error is not None:
                self.fail(error, detail)

        at = path.find("/", path.find("://") + 3) if "://" in path else 0
        target = path[:at] + compile_path(path[at:]).render(*values) if at >= 0 else path
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        fields += self.headers.block + (self._cookie_field(target) if target.startswith("/") else "")
        return make_websocket(
            target, self._maker.origin, self._maker.tls, fields, note, self._clock, times=times,
            subprotocols=subprotocols, compress=compress, timeout_s=timeout,
        )  # fmt: skip

    def check(self, name: str, good: object) -> bool:
        """Count whether something holds; one that does not makes the journey fail, and lets it go on."""
        _check_name("check", name)
        holds = bool(good)
        journeys = self._journeys
        journeys.transactions.check(journeys.names.number(Kind.CHECK, name), holds)
        if not holds:
            self.fail(ErrorClass.CHECK_FAILED, f"check {name!r} does not hold")
        return holds

    def _note(self, kind: Kind, name: str, error: ErrorClass | None, took_ns: int, detail: str) -> None:
        journeys = self._journeys
        number = journeys.names.number(kind, name)
        if error is None:
            journeys.transactions.samples(number).samples.append(took_ns)
        else:
            journeys.transactions.fail(number, error, took_ns, 0, detail, "")
            if kind is Kind.CALL:
                journeys.on_failure(self._clock())


def _check_name(what: str, name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{what}: its name comes first, a text, got {name!r}")
