"""ScenarioJob: journeys of users, written in Python or declared in a profile, as plain values.

A worker process restores it from JSON, and loads `file` again where the journeys are functions.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from loadgen.base.exchange import Expect
from loadgen.plan.jobs.http import RequestSpec, Variable

Pick = Literal["own", "once", "order", "random"]
Source = Literal["json", "header", "regex", "cookie"]
Dialect = Literal["loadgen", "locust"]


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """Rows of data, dealt out by shard. `own`: each user has one row for good; `once`: each row goes to one journey;
    `order`: in turn, again and again; `random`: any."""

    name: str
    file: str
    pick: Pick = "random"


@dataclass(frozen=True, slots=True)
class Extract:
    """What is taken out of a reply into a variable of the user: a path in its JSON, a header, the first group of a
    regular expression, or a cookie. Of several values the first, or with `random` any. Without `default` its absence
    fails the step."""

    variable: str
    source: Source
    where: str
    random: bool = False
    default: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a declared journey: a request with what it extracts, or steps in it that are timed as one (`group`),
    sent at the same time (`together`), or done several times (`repeat`). `think_s` is an inclusive range of a pause
    after it."""

    kind: Literal["request", "group", "together", "repeat"]
    name: str = ""
    request: RequestSpec | None = None
    extracts: tuple[Extract, ...] = ()
    think_s: tuple[float, float] = (0.0, 0.0)
    timeout_s: float | None = None
    times: int = 1
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One scenario: its share of all journeys by `weight`, and the pause after each pass. `fresh`: each pass has a new
    connection and no cookies. Without `steps` it is the function `name` of the job's file."""

    name: str
    weight: float = 1.0
    think_s: tuple[float, float] = (0.0, 0.0)
    fresh: bool = False
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioJob:
    """Journeys in the proportion of their weights. A journey that is done well is counted as one.

    `file` is the user's Python, whose content has the SHA-256 `digest`; None where all journeys are declared.
    `user_start` and `user_end` are declared steps before a user's first journey and after its last, not measured.
    `shared` is JSON that every user sees. `by_user`: a user keeps the
    journey that it was first dealt.
    """

    journeys: tuple[Journey, ...]
    file: str | None = None
    digest: str = ""
    dialect: Dialect = "loadgen"
    feeds: tuple[FeedSpec, ...] = ()
    variables: tuple[Variable, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    expect: Expect = field(default_factory=Expect)
    user_start: tuple[Step, ...] = ()
    user_end: tuple[Step, ...] = ()
    shared: str = "null"
    by_user: bool = False

    requests: ClassVar[tuple[RequestSpec, ...]] = ()
    request_names: ClassVar[tuple[str, ...]] = ()
    planned_requests: ClassVar[int | None] = None
    noun: ClassVar[str] = "journeys"
    per_reply: ClassVar[int] = 1
    total: ClassVar[int | None] = None
    ends_itself: ClassVar[bool] = False

    @property
    def transactions(self) -> tuple[str, ...]:
        return tuple(journey.name for journey in self.journeys)

    def describe(self) -> dict[str, Any]:
        return {"scenario": asdict(self)}
