"""The journeys of a profile: `scenarios`, `feeds` and `per_user` become a ScenarioJob, and what is wrong with them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from loadgen.base.redact import Redactor
from loadgen.base.suggest import did_you_mean
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import Extract, FeedSpec, Journey, ScenarioJob, Step, chosen
from loadgen.plan.places import without_details
from loadgen.plan.problems import Problem, Where
from loadgen.plan.profiles.journey_order import order_problems
from loadgen.plan.profiles.keys import keys_of
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.request_maker import RequestMaker
from loadgen.plan.profiles.scenario_profile import ExtractProfile, JourneyProfile, StepProfile
from loadgen.plan.profiles.variables import NAME

_KINDS = ("group", "together", "repeat")
_OF_LOCUSTFILES = {
    "rate": "its users wait by their wait_time",
    "think": "say it there, with wait_time",
    "every": "say it there, with wait_time = constant_pacing(...)",
    "fresh": "its users keep their session",
}
_SOURCES = {"json_path": "json", "header": "header", "regex": "regex", "cookie": "cookie"}


def has_journeys(profile: Profile) -> bool:
    """Whether the profile's load is journeys, declared in it or in a file of Python, or calls of a function."""
    return bool(profile.scenarios) or profile.scenario is not None or profile.origins.function is not None


def make_scenario_job(profile: Profile) -> tuple[ScenarioJob, list[Problem]]:
    """The job of a profile with journeys. Of a file of Python only its name is here: it has not been loaded."""
    if (function := profile.origins.function) is not None:
        name = re.split("[:.]", function)[-1]
        return ScenarioJob((Journey(name),), function=function, journeys_per_user=profile.journeys_per_user), []
    if profile.scenario is not None:
        file = profile.origins.places.file(("scenario",), profile.scenario)
        each, finish = profile.journeys_per_user, profile.finish
        job = ScenarioJob((), file=str(file), headers=profile.common_headers, journeys_per_user=each, finish=finish)
        return replace(job, arguments=tuple(shlex.split(profile.locust or "")), only=profile.only), []
    maker = _Maker(profile)
    journeys = tuple(
        _journey(Journey(name, steps=maker.steps(item.steps, ("scenarios", name, "steps"))), item)
        for name, item in profile.scenarios.items()
    )
    job = ScenarioJob(
        journeys,
        feeds=tuple(FeedSpec(name, feed.file or "", feed.pick) for name, feed in profile.feeds.items()),
        variables=profile.variables,
        user_start=maker.steps(profile.per_user.start, ("per_user", "start")),
        user_end=maker.steps(profile.per_user.end, ("per_user", "end")),
        journeys_per_user=profile.journeys_per_user,
        finish=profile.finish,
        only=profile.only,
    )
    try:
        left = chosen(job)
    except ValueError as error:
        return job, [*maker.problems, *order_problems(job), Problem(("only",), str(error))]
    return left, [*maker.problems, *order_problems(job)]


def chosen_job(profile: Profile, job: ScenarioJob) -> tuple[ScenarioJob, list[Problem]]:
    """The job of a file of Python, with those of its journeys that the profile names, and what it says of each."""
    if not profile.scenarios:
        return job, []
    known = {journey.name: journey for journey in job.journeys}
    asked = {name: item for name, item in profile.scenarios.items() if not profile.only or name in profile.only}
    problems = [
        Problem(("scenarios", name), f"the file has no scenario {name!r}{did_you_mean(name, known)}")
        for name in asked
        if name not in known
    ]
    problems += [
        Problem(("only",), f"the profile has no scenario {name!r}{did_you_mean(name, profile.scenarios)}")
        for name in profile.only
        if name not in asked
    ]
    if job.dialect == "locust":
        problems += [
            Problem(("scenarios", name, key), f"cannot be combined with a locustfile: {why}")
            for name, item in asked.items()
            for key, why in _OF_LOCUSTFILES.items()
            if key in item.given
        ]
    chosen = (_journey(known[name], item) for name, item in asked.items() if name in known)
    return replace(job, journeys=tuple(chosen)), problems


def _journey(journey: Journey, item: JourneyProfile) -> Journey:
    """A journey with what its profile says of it; the rest is as it was."""
    given = item.given
    weight = item.weight if "weight" in given else journey.weight
    return replace(
        journey,
        weight=weight if item.rate is None else item.rate,
        think_s=item.think if "think" in given else journey.think_s,
        fresh=item.fresh if "fresh" in given else journey.fresh,
        every_s=item.every if "every" in given else journey.every_s,
        users=item.users if given & {"users", "rate", "weight"} else journey.users,
        start_s=item.start,
    )


def journey_problems(profile: Profile) -> Iterator[Problem]:
    """What does not go together with journeys, or needs them."""
    if profile.origins.function is not None:
        yield from _function_problems(profile)
        return
    given = profile.given
    for name in ("per_user", "per_run"):
        if name in profile.scenarios:
            yield Problem(("scenarios", name), "expected another name: this one stands for what is around journeys")
    if profile.locust and profile.scenario is None:
        yield Problem(("locust",), "needs scenario: the name of a locustfile")
    for name, feed in profile.feeds.items():
        if feed.file is None:
            yield Problem(("feeds", name), "missing: expected the name of a file, such as {file: rows.csv}")
    if profile.scenario is not None:
        for key in ("feeds", "per_user", "requests", "s3"):
            if key in given:
                yield Problem((key,), "cannot be combined with scenario: all that is done is in its file")
        for name, item in profile.scenarios.items():
            if "steps" in item.given:
                yield Problem(("scenarios", name, "steps"), "cannot be combined with scenario: they are in its file")
    elif profile.scenarios:
        if profile.requests:
            why = "a request is a scenario of one step, {NAME: {steps: [...]}}"
            yield Problem(("requests",), f"cannot be combined with scenarios: {why}")
        if profile.s3:
            yield Problem(("s3",), "cannot be combined with scenarios: the job makes its requests")
    else:
        if "scenarios" in given:
            yield Problem(("scenarios",), "expected a scenario such as {browse: {steps: [{path: /}]}}")
        for key in ("feeds", "per_user", "journeys_per_user", "finish", "only"):
            if key in given:
                yield Problem((key,), "needs scenarios: a profile's, or a file of Python")


def _function_problems(profile: Profile) -> Iterator[Problem]:
    """What does not go together with calls of a function."""
    for key in ("warmup", "cool_down"):
        if getattr(profile, key):
            yield Problem((key,), "cannot be combined with a function: each number is called once")
    for key in ("body", "method"):
        if profile.requests and getattr(profile.requests[0], key, None):
            yield Problem((key,), "cannot be combined with a function: it sends nothing")
    if profile.common_headers:
        yield Problem(("--header",), "cannot be combined with a function: it sends nothing")
    for key in ("locust", "only"):
        if getattr(profile, key):
            yield Problem((key,), "cannot be combined with a function")


def _all(steps: Sequence[StepProfile], where: Where) -> Iterator[tuple[Where, StepProfile]]:
    """All steps and those in them, each with its place."""
    for index, step in enumerate(steps):
        yield (*where, index), step
        for inside in ("steps", "together"):
            yield from _all(getattr(step, inside) or (), (*where, index, inside))


def _empty(kind: str) -> str:
    if kind == "together":
        return "expected at least one request, such as {path: /}"
    return f"expected `steps` beside {kind}: at least one, such as {{path: /}}"


class _Maker:
    """Steps of one profile, and what is wrong with them."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._changing = {variable.name: variable for variable in profile.variables}
        self._fixed = {value.name for value in profile.origins.found_values}
        self._redactor = Redactor(profile.origins.secrets)
        self.problems: list[Problem] = []

    def steps(self, profiles: Sequence[StepProfile], where: Where) -> tuple[Step, ...]:
        """The steps of one journey, each with a name of its own."""
        given: dict[str, Where] = {}
        taken: set[str] = set()
        if where[0] == "scenarios" and not profiles:
            self._problem(where, "expected at least one step, such as {path: /}")
        for place, step in _all(profiles, where):
            name, key = (step.name, "name") if step.group is None else (step.group, "group")
            if name is not None and name in given:
                self._problem((*place, key), f"expected a name of its own in its journey, {name!r} is taken")
            elif name is not None:
                given[name] = place
        return tuple(self._step(step, (*where, index), given, taken) for index, step in enumerate(profiles))

    def _step(self, step: StepProfile, where: Where, given: dict[str, Where], taken: set[str]) -> Step:
        kinds = [kind for kind in _KINDS if getattr(step, kind) is not None]
        if not kinds:
            return self._request(step, where, given, taken)
        kind = kinds[0]
        if len(kinds) > 1:
            self._problem(
                (*where, kinds[1]), f"expected one of {', '.join(_KINDS)}: put one into the steps of the other"
            )
        inside = "together" if kind == "together" else "steps"
        for attribute, key in keys_of(type(step)).items():
            if attribute in step.given and key.name not in (*kinds, inside, "think"):
                self._problem((*where, key.name), f"belongs to a request, not to {kind}")
        steps = getattr(step, inside)
        if not steps:
            self._problem(where if kind != "together" else (*where, kind), _empty(kind))
        made = tuple(self._step(item, (*where, inside, index), given, taken) for index, item in enumerate(steps or ()))
        for index, part in enumerate(made if kind == "together" else ()):
            if part.kind != "request":
                self._problem(
                    (*where, inside, index), f"expected a request: {part.kind} can be around together, not in it"
                )
            elif part.redirects:
                self._problem(
                    (*where, inside, index, "redirects"), "a request of together follows none: put it after together"
                )
            elif part.think_s != (0.0, 0.0):
                self._problem(
                    (*where, inside, index, "think"), "give it beside together: its requests are sent at once"
                )
        return Step(
            kind,  # type: ignore[arg-type]
            name=self._redactor.text(step.group or ""),
            think_s=step.think,
            times=step.repeat or 1,
            steps=made,
        )

    def _request(self, step: StepProfile, where: Where, given: dict[str, Where], taken: set[str]) -> Step:
        if step.steps is not None:
            self._problem((*where, "steps"), "needs `group: NAME` or `repeat: N` beside it")
        maker = RequestMaker(self._profile, step, where, self._changing, self._profile.origins.names)
        spec = maker.spec()
        self.problems += maker.problems
        name = self._name(spec, given, taken)
        extracts = tuple(self._extract(name, item, (*where, "extract", name)) for name, item in step.extract.items())
        return Step("request", name, replace(spec, name=name), extracts, step.think, step.timeout, step.redirects)

    def _name(self, spec: RequestSpec, given: dict[str, Where], taken: set[str]) -> str:
        """ "GET /path" without the query, numbered where that is taken, unless it was given."""
        if spec.name:
            return self._redactor.text(spec.name)
        plain = without_details(f"{spec.method} {self._redactor.text(spec.path.partition('?')[0])}")
        name, number = plain, 1
        while name in taken or name in given:
            number += 1
            name = f"{plain} #{number}"
        taken.add(name)
        return name

    def _extract(self, name: str, extract: ExtractProfile, where: Where) -> Extract:
        if not NAME.fullmatch(name):
            self._problem(where, "expected a name of letters, digits and _ that does not begin with a digit")
        if name in self._changing or name in self._fixed:
            self._problem(where, f"expected a name of its own: there is a variable {name} that is no step's")
        sources = [key for key in _SOURCES if getattr(extract, key) is not None]
        if len(sources) != 1:
            got = f", got {' and '.join(_SOURCES[key] for key in sources)}" if sources else ""
            self._problem(where, f"expected one of {', '.join(_SOURCES.values())}{got}")
        source = sources[0] if sources else "json_path"
        return Extract(
            name,
            _SOURCES[source],  # type: ignore[arg-type]
            getattr(extract, source) or "",
            extract.pick == "random",
            extract.default,
            extract.secret,
        )

    def _problem(self, where: Where, text: str) -> None:
        self.problems.append(Problem(where, text))
