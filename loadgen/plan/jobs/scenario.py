"""ScenarioJob: journeys of users, written in Python or declared in a profile, as plain values.

A worker process restores it from JSON, and loads `file` again where the journeys are functions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, field, replace
from pathlib import PurePath
from typing import Any, ClassVar, Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.reply import Expect
from loadgen.base.suggest import did_you_mean
from loadgen.plan.jobs.http import RequestPart, RequestSpec, Variable, described_variable

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
    after it. So many `redirects` of a request are followed, each of which is a request of its own, by the same name."""

    kind: Literal["request", "group", "together", "repeat"]
    name: str = ""
    request: RequestSpec | None = None
    extracts: tuple[Extract, ...] = ()
    think_s: tuple[float, float] = (0.0, 0.0)
    timeout_s: float | None = None
    redirects: int = 0
    times: int = 1
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One scenario: its share of all journeys by `weight`, and the pause after each pass. `fresh`: each pass has a new
    connection and no cookies. Without `steps` it is the function `name` of the job's file. With `every_s` a user's next
    pass begins so long after this one began, or at once where it took longer. With `users` so many do nothing else, and
    begin after `start_s`."""

    name: str
    weight: float = 1.0
    think_s: tuple[float, float] = (0.0, 0.0)
    fresh: bool = False
    steps: tuple[Step, ...] = ()
    every_s: float | None = None
    users: int | None = None
    start_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ScenarioJob:
    """Journeys in the proportion of their weights. A journey that is done well is counted as one.

    `file` is the user's Python, whose content has the SHA-256 `digest`; None where all journeys are declared.
    `user_start` and `user_end` are declared steps before a user's first journey and after its last, not measured.
    `arguments` are the options of a locustfile's own. `shared` is JSON that every user sees. `by_user`: a user keeps
    the journey that it was first dealt. `journeys_per_user`: a user that has done so many is through, and the run with
    the last of them. `only` are the names of the journeys that were asked for; without them all are.
    `elsewhere` are the variables that the others extract: they keep their defaults. `finish`: at the end of the time,
    whoever is in the middle of a journey may end it within the grace.
    `function` is what each pass calls in place of journeys, "FILE.py:NAME" or "MODULE:NAME"; its file has the `digest`,
    and what the calls return goes to a file for each worker in the folder `results`. `traces`: each request that has no
    `traceparent` of its own is given one. `websockets_only`: users of the file send no requests.
    """

    journeys: tuple[Journey, ...]
    file: str | None = None
    digest: str = ""
    arguments: tuple[str, ...] = ()
    dialect: Dialect = "loadgen"
    feeds: tuple[FeedSpec, ...] = ()
    variables: tuple[Variable, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    expect: Expect = field(default_factory=Expect)
    user_start: tuple[Step, ...] = ()
    user_end: tuple[Step, ...] = ()
    shared: str = "null"
    by_user: bool = False
    journeys_per_user: int | None = None
    only: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    finish: bool = False
    function: str | None = None
    results: str | None = None
    traces: bool = False
    websockets_only: bool = False

    request_names: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[tuple[RequestPart, ...]] = ()
    planned_requests: ClassVar[int | None] = None
    per_reply: ClassVar[int] = 1
    total: ClassVar[int | None] = None

    @property
    def noun(self) -> str:
        return "journeys" if self.function is None else "calls"

    @property
    def ends_itself(self) -> bool:
        return self.journeys_per_user is not None

    @property
    def connects(self) -> bool:
        """Whether users have a connection of their own: not where all that they do is to hold WebSockets."""
        if self.file is not None or self.function is not None:
            return not self.websockets_only
        return any(request.websocket is None for request in self.requests)

    @property
    def transactions(self) -> tuple[str, ...]:
        return tuple(journey.name for journey in self.journeys)

    @property
    def arriving(self) -> tuple[str, ...]:
        """The names of the journeys that come at a rate where users repeat the others; none where all are alike."""
        names = tuple(journey.name for journey in self.journeys if journey.users is None)
        return names if len(names) < len(self.journeys) else ()

    @property
    def is_of_requests(self) -> bool:
        """Whether its journeys are the requests of a profile, to several servers: of one step each, with its name."""
        steps = [(journey.name, journey.steps) for journey in self.journeys]
        return self.file is None and all([step.name for step in found] == [name] for name, found in steps)

    @property
    def requests(self) -> tuple[RequestSpec, ...]:
        """Every request that is declared, under its name in a report; those of Python are not known before they are
        sent."""
        journeys = [(journey.name, journey.weight, journey.steps) for journey in self.journeys]
        journeys += [("per_user", 1.0, self.user_start), ("per_user", 1.0, self.user_end)]
        return tuple(
            replace(step.request, name=f"{name}/{step.name}", weight=weight)
            for name, weight, steps in journeys
            for step in all_steps(steps)
            if step.request is not None
        )

    def describe(self) -> dict[str, Any]:
        """What is beside the requests."""
        described = {
            "journeys": [
                asdict(replace(journey, steps=())) | {"steps": [*map(_described, journey.steps)]}
                for journey in self.journeys
            ],
            "user_start": [*map(_described, self.user_start)],
            "user_end": [*map(_described, self.user_end)],
            "feeds": [asdict(feed) | {"file": PurePath(feed.file).name} for feed in self.feeds],
            "file": self.file and PurePath(self.file).name,
            "digest": self.digest,
            "function": self.function,
            "dialect": self.dialect,
            "shared": self.shared,
            "by_user": self.by_user,
            "journeys_per_user": self.journeys_per_user,
            "finish": self.finish,
        } | ({"traces": True} if self.traces else {})
        return {"variables": [described_variable(variable) for variable in self.variables], "scenario": described}


def chosen(job: ScenarioJob) -> ScenarioJob:
    """The job with those of its journeys alone that were asked for, of which one of weight 0 counts as much as any
    other; else with all that have a weight or users.

    Raises ValueError for a name that none has.
    """
    if not job.only:
        return replace(job, journeys=tuple(item for item in job.journeys if item.weight or item.users))
    names = [journey.name for journey in job.journeys]
    for name in job.only:
        if name not in names:
            raise ValueError(f"there is no scenario {name!r}{did_you_mean(name, names)}")
    left = [journey for journey in job.journeys if journey.name in job.only]
    out = (step for journey in job.journeys if journey not in left for step in all_steps(journey.steps))
    return replace(
        job,
        journeys=tuple(replace(journey, weight=journey.weight or 1.0) for journey in left),
        elsewhere=tuple(dict.fromkeys(extract.variable for step in out for extract in step.extracts)),
    )


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Steps, and those in them."""
    for step in steps:
        yield step
        yield from all_steps(step.steps)


def inside(step: Step) -> str:
    """The key of a profile under which the steps in a step stand."""
    return "together" if step.kind == "together" else "steps"


def _described(step: Step) -> dict[str, Any]:
    return asdict(replace(step, request=None, steps=())) | {"steps": [*map(_described, step.steps)]}
