"""What a user's Python file declares: scenarios, what comes before and after, feeds and metrics. Nothing runs here."""

import inspect
from collections.abc import Callable
from dataclasses import field
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s, parse_range_s
from loadgen.plan.jobs.scenario import FeedSpec, Pick

MARK = "__loadgen__"
"""The attribute of a function that says what it was declared as: the function itself stays as it is."""

Kind = Literal["scenario", "per_run", "per_user"]
MetricKind = Literal["trend", "count", "share"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Declared:
    """A function of the user's file and what it is for. `think_s` is an inclusive range of seconds."""

    kind: Kind
    function: Callable[..., Any]
    name: str = ""
    weight: float = 1.0
    think_s: tuple[float, float] = (0.0, 0.0)
    fresh: bool = False
    every_s: float | None = None


@dataclass(eq=False, slots=True)
class Feed:
    """Rows of data for users, out of a CSV file or JSON lines; `user.row(feed)` gives the row that is the user's."""

    file: str
    pick: Pick = "random"
    name: str = ""

    def spec(self) -> FeedSpec:
        """The same for the plan."""
        return FeedSpec(self.name, self.file, self.pick)


@dataclass(eq=False, slots=True)
class Metric:
    """A figure of the user's own: `trend` (count, mean, percentiles), `count` (a sum) or `share` (of true values)."""

    name: str
    unit: str = ""
    kind: MetricKind = "trend"
    _add: Callable[[float], None] | None = field(default=None, repr=False)

    def add(self, value: float = 1) -> None:
        """Take one more value. Outside of a run nothing is done with it."""
        if self._add is not None:
            self._add(value)

    def bind(self, add: Callable[[float], None] | None) -> None:
        """Where values go: the worker calls it when it has loaded the file. None: nowhere any more."""
        self._add = add


@overload
def scenario(function: F) -> F: ...
@overload
def scenario(
    *,
    name: str | None = None,
    weight: float = 1.0,
    think: float | str | tuple[float, float] = 0.0,
    every: float | str | None = None,
    fresh: bool = False,
) -> Callable[[F], F]: ...
def scenario(
    function: F | None = None,
    *,
    name: str | None = None,
    weight: float = 1.0,
    think: float | str | tuple[float, float] = 0.0,
    every: float | str | None = None,
    fresh: bool = False,
) -> F | Callable[[F], F]:
    """A journey: `async def name(user)`, or `def` where it waits by itself.

    `weight`: its share of all journeys. `think`: the pause after each, in seconds, as a range `(1, 3)` or as "1s..3s".
    `every`: so long after a user's journey began its next one does, or at once where it took longer ("10s").
    `fresh`: each journey has a new connection and no cookies.
    """

    def declare(function: F) -> F:
        if not isinstance(weight, int | float) or not weight >= 0:
            raise ValueError(f"weight of {function.__name__}: expected a number from 0, got {weight!r}")
        every_s = None if every is None else _duration_s(every)
        label = name or function.__name__
        declared = Declared("scenario", function, label, float(weight), _range_s(think), fresh, every_s)
        return _marked(function, declared)

    return declare if function is None else declare(function)


def per_run(function: F) -> F:
    """What is done once, before the clock starts, and after its `yield` when all is over; it is not measured.

    What it yields, plain JSON, every user has as `user.shared`.
    """
    return _marked(function, Declared("per_run", function, function.__name__))


def per_user(function: F) -> F:
    """What each user does before its first journey, and after its `yield` when its last is over; it is not measured."""
    return _marked(function, Declared("per_user", function, function.__name__))


def feed(file: str, pick: Pick = "random") -> Feed:
    """Rows of a CSV file with a line of names, or of JSON lines; the file lies beside the scenario's.

    `own`: each user has one row, over all processes; `once`: each row is used once; `order`: in turn, again and again;
    `random`: any.
    """
    _check_text("feed", "the name of a file", file)
    if pick not in ("own", "once", "order", "random"):
        raise ValueError(f"pick of feed {file!r}: expected own, once, order or random, got {pick!r}")
    return Feed(file, pick)


def metric(name: str, *, unit: str = "", kind: MetricKind = "trend") -> Metric:
    """A figure of your own: `basket = metric("basket", unit="EUR")`, then `basket.add(12.5)`."""
    _check_text("metric", "a name", name)
    _check_text(f"unit of metric {name!r}", "a text", unit)
    if kind not in ("trend", "count", "share"):
        raise ValueError(f"kind of metric {name!r}: expected trend, count or share, got {kind!r}")
    return Metric(name, unit, kind)


def _check_text(what: str, expected: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected {expected}, got {value!r}")


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that a file declares, in its order."""

    scenarios: tuple[Declared, ...]
    per_run: Declared | None
    per_user: Declared | None
    feeds: tuple[Feed, ...]
    metrics: tuple[Metric, ...]


def declarations(module: ModuleType, path: str) -> Declarations:
    """What the module of the file declares. Raises UsageError for a file without scenarios, or two of what is one."""
    marked = _marked_in(module)
    scenarios = tuple(item for item in marked.values() if item.kind == "scenario")
    if not scenarios:
        raise UsageError(f"{path}: no scenario; write `@scenario` above an `async def` that takes the user")
    for item in marked.values():
        _check_signature(item, path)
    doubled = {item.name for item in scenarios if sum(other.name == item.name for other in scenarios) > 1}
    if doubled:
        raise UsageError(f"{path}: two scenarios are called {sorted(doubled)[0]!r}; give one a name of its own")
    if not any(item.weight for item in scenarios):
        raise UsageError(f"{path}: every scenario has weight 0, so there is nothing to do")
    return Declarations(
        scenarios,
        _only("per_run", marked.values(), path),
        _only("per_user", marked.values(), path),
        *_data_in(module),
    )


def declared_in(module: ModuleType, one: Declared, *, per_user: bool) -> Declarations:
    """What there is for one scenario alone. Raises UsageError where it cannot be called, or there are two @per_user."""
    path = str(getattr(module, "__file__", None) or module.__name__)
    _check_signature(one, path)
    around = _only("per_user", _marked_in(module).values(), path) if per_user else None
    if around is not None:
        _check_signature(around, path)
    return Declarations((one,), None, around, *_data_in(module))


def _marked_in(module: ModuleType) -> dict[int, Declared]:
    marked: dict[int, Declared] = {}
    for value in list(vars(module).values()):
        declared = getattr(value, MARK, None)
        if isinstance(declared, Declared):
            marked[id(declared)] = declared
    return marked


def _data_in(module: ModuleType) -> tuple[tuple[Feed, ...], tuple[Metric, ...]]:
    """The feeds, each with a name, and the metrics."""
    values = list(vars(module).items())
    feeds = {id(value): (name, value) for name, value in values if isinstance(value, Feed)}
    for name, value in feeds.values():
        value.name = value.name or name
    metrics = {id(value): value for _, value in values if isinstance(value, Metric)}
    return tuple(value for _, value in feeds.values()), tuple(metrics.values())


def _only(kind: Kind, declared: Any, path: str) -> Declared | None:
    found = [item for item in declared if item.kind == kind]
    if len(found) > 1:
        names = " and ".join(item.function.__name__ for item in found)
        raise UsageError(f"{path}: {names} are both @{kind}; there can be one")
    return found[0] if found else None


def _check_signature(declared: Declared, path: str) -> None:
    function = declared.function
    line = function.__code__.co_firstlineno if hasattr(function, "__code__") else 0
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise UsageError(
            f"{path}:{line}: {function.__name__} is called with the user alone: "
            f"`{'async ' if inspect.iscoroutinefunction(function) else ''}def {function.__name__}(user)`"
        ) from None
    yields = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    if declared.kind == "scenario" and yields:
        raise UsageError(f"{path}:{line}: {function.__name__} has a yield; a scenario awaits, it does not yield")


def _duration_s(every: float | str) -> float:
    seconds = parse_duration_s(every)
    if not seconds:
        raise ValueError(f"every: expected a time above zero such as 10 or '10s', got {every!r}")
    return seconds


def _range_s(think: float | str | tuple[float, float]) -> tuple[float, float]:
    if isinstance(think, str):
        return parse_range_s(think)
    low, high = think if isinstance(think, tuple) else (think, think)
    if not 0 <= low <= high:
        raise ValueError(f"think: expected seconds or a range such as (1, 3), got {think!r}")
    return float(low), float(high)


def _marked(function: F, declared: Declared) -> F:
    if not callable(function):
        raise TypeError(f"@{declared.kind} stands above a function")
    setattr(function, MARK, declared)
    return function
