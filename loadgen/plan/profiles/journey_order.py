"""Whether each `${name}` of a journey's steps has a value when its step begins, or which one would give it."""

from collections.abc import Iterator, Sequence

from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import ScenarioJob, Step, inside
from loadgen.plan.places import Place, places_in
from loadgen.plan.problems import Problem, Where, where_text


def order_problems(job: ScenarioJob) -> list[Problem]:
    """Every place of a step that no step before it, and no default, gives a value."""
    parts = parts_of(job)
    extracted: dict[str, Where] = {}
    for where, steps in parts:
        for place, step in placed(steps, where):
            for extract in step.extracts:
                extracted.setdefault(extract.variable, place)
    order = _Order(extracted)
    (where, start), *others = parts
    after_start = order.follow(start, where, frozenset())
    for where, steps in others:
        order.follow(steps, where, after_start)
    return order.problems


def parts_of(job: ScenarioJob) -> list[tuple[Where, tuple[Step, ...]]]:
    """The lists of steps of a profile with their places: what users do before, the journeys, what they do after."""
    journeys: list[tuple[Where, tuple[Step, ...]]] = [
        (("scenarios", journey.name, "steps"), journey.steps) for journey in job.journeys
    ]
    return [(("per_user", "start"), job.user_start), *journeys, (("per_user", "end"), job.user_end)]


def placed(steps: Sequence[Step], where: Where) -> Iterator[tuple[Where, Step]]:
    """All steps and those in them, each with its place in the profile."""
    for index, step in enumerate(steps):
        yield (*where, index), step
        yield from placed(step.steps, (*where, index, inside(step)))


def places_of(spec: RequestSpec) -> Iterator[Place]:
    """Every place of a request."""
    yield from places_in(spec.path)
    for _, value in spec.headers:
        yield from places_in(value)
    for text in spec.websocket.messages if spec.websocket is not None else ():
        yield from places_in(text)
    if b"${" in spec.body:
        yield from places_in(spec.body.decode("utf-8", "surrogateescape"))


class _Order:
    """Follows steps as a user does; `extracted` are all names that steps extract, each with the first that does."""

    def __init__(self, extracted: dict[str, Where]) -> None:
        self._extracted = extracted
        self.problems: list[Problem] = []

    def follow(self, steps: Sequence[Step], where: Where, known: frozenset[str]) -> frozenset[str]:
        """The names that have a value after the steps, where those in `known` had one before them."""
        for index, step in enumerate(steps):
            known = self._after(step, (*where, index), known)
        return known

    def _after(self, step: Step, where: Where, known: frozenset[str]) -> frozenset[str]:
        if step.request is not None:
            self._check(step.request, where, known)
        if step.kind == "together":
            beside = (self._after(item, (*where, "together", at), known) for at, item in enumerate(step.steps))
            return known.union(*beside)
        return self.follow(step.steps, (*where, "steps"), known) | {extract.variable for extract in step.extracts}

    def _check(self, spec: RequestSpec, where: Where, known: frozenset[str]) -> None:
        for place in dict.fromkeys(places_of(spec)):
            first = self._extracted.get(place.name)
            if place.column is None and place.default is None and first is not None and place.name not in known:
                self.problems.append(Problem(where, self._advice(place.name, where, first)))

    def _advice(self, name: str, where: Where, first: Where) -> str:
        default = f"give a default such as ${{{name}:-1}}"
        step = where_text(first)
        if first == where:
            return f"${{{name}}} is extracted by this step's own reply: an earlier step would have to; or {default}"
        if first[:-1] == where[:-1] and first[-2] == "together":
            return (
                f"${{{name}}} is extracted at the same time, by {step}: put that step before `together`; or {default}"
            )
        if first[:2] == where[:2]:
            return f"${{{name}}} is extracted only later, by {step}: put that step before this one; or {default}"
        return (
            f"${{{name}}} is extracted by {step}, which a user may not have done before: "
            f"extract it in an earlier step; or {default}"
        )
