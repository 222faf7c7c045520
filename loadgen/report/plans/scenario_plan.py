"""Journeys in words, for `loadgen check`."""

from collections.abc import Callable, Iterable, Iterator

from loadgen.base.units import counted, format_duration_s
from loadgen.plan.jobs.scenario import Extract, FeedSpec, Journey, ScenarioJob, Step
from loadgen.plan.jobs.websocket import WebSocketSpec
from loadgen.plan.places import without_details
from loadgen.report.draw.style import align, format_rate, format_share, wrap

Show = Callable[[str], str]
"""A text of the profile as it may be shown."""

_PICKS = {
    "own": "each user has a row of its own",
    "once": "each row is used by one journey",
    "order": "rows in turn, again and again",
    "random": "any row",
}


def scenario_facts(job: ScenarioJob, show: Show) -> dict[str, str]:
    """Label and sentence for what the journeys have in common."""
    return {"File": show(job.file)} if job.file is not None else {}


def scenario_parts(job: ScenarioJob, width: int, show: Show, *, beside_rate: bool) -> list[list[str]]:
    """Each journey with its share and its steps, what users do before and after, and the feeds."""
    journeys: list[str] = []
    for part, journey in zip(_loads(job, beside_rate=beside_rate), job.journeys, strict=True):
        first, *more = wrap(f"{show(journey.name)}{_notes(journey)}", width - 10)
        journeys += [f"{part:>6}  {first}", *(f"{'':10}{row}" for row in more)]
        journeys += _rows(journey.steps, 8, width, show)
    return [
        ["Scenarios", *journeys] if journeys and job.function is None else [],
        ["Before a user's first, not measured", *_rows(job.user_start, 2, width, show)] if job.user_start else [],
        ["After a user's last, not measured", *_rows(job.user_end, 2, width, show)] if job.user_end else [],
        ["Feeds", *_feeds(job.feeds, show)] if job.feeds else [],
    ]


def _loads(job: ScenarioJob, *, beside_rate: bool) -> list[str]:
    """The share of each; of others than those with users, where these are not all, or their rate."""
    if job.arriving:
        total = sum(journey.weight for journey in job.journeys if not journey.users) or 1.0
        return [
            "users"
            if journey.users
            else f"{format_rate(journey.weight)}/s"
            if beside_rate
            else format_share(journey.weight, total)
            for journey in job.journeys
        ]
    parts = [journey.users or journey.weight for journey in job.journeys]
    return [format_share(part, sum(parts) or 1.0) for part in parts]


def _notes(journey: Journey) -> str:
    notes = [] if journey.users is None else [counted(journey.users, "user")]
    if journey.start_s:
        notes.append(f"from {format_duration_s(journey.start_s)} on")
    if journey.every_s is not None:
        notes.append(f"one every {format_duration_s(journey.every_s)}")
    if journey.think_s != (0.0, 0.0):
        notes.append(f"{_pause(journey.think_s)} after each")
    if journey.fresh:
        notes.append("each with a new connection and no cookies")
    return f": {', '.join(notes)}" if notes else ""


def _rows(steps: Iterable[Step], indent: int, width: int, show: Show) -> Iterator[str]:
    for step in steps:
        first, *more = wrap(show(_step(step)), width - indent - 2)
        yield " " * indent + first
        yield from (" " * (indent + 2) + row for row in more)
        yield from _rows(step.steps, indent + 2, width, show)


def _step(step: Step) -> str:
    then = f", then a pause of {_pause(step.think_s)}" if step.think_s != (0.0, 0.0) else ""
    match step.kind:
        case "group":
            return f"group {step.name}, timed as one{then}"
        case "together":
            return f"at the same time{then}"
        case "repeat":
            return f"{counted(step.times, 'time')}{then}"
    spec = step.request
    if spec is None:
        return step.name
    path = without_details(spec.path)
    name = "" if f"{spec.method} {path}".startswith(step.name.partition(" #")[0]) else f"{step.name}: "
    plain = f"{spec.method} {spec.origin or ''}{path}" if spec.websocket is None else _socket(path, spec.websocket)
    taken = f", takes {', '.join(map(_extract, step.extracts))}" if step.extracts else ""
    return f"{name}{plain}{taken}{then}"


def _socket(path: str, held: WebSocketSpec) -> str:
    """A WebSocket: what is sent on it, and for how long."""
    answered = {0: "not waited for", 1: "answered"}.get(held.answers, f"answered by {held.answers}")
    sent = f"{counted(len(held.messages), 'message')}, each {answered}" if held.messages else "nothing sent"
    every = f", one every {format_duration_s(held.every_s)}" if held.every_s and held.messages else ""
    stay = "" if held.stay_s is None else f", held for {format_duration_s(held.stay_s)}"
    return f"WebSocket {path}: {sent}{every}{stay}"


def _extract(extract: Extract) -> str:
    some = "any of " if extract.random else ""
    return f"{extract.variable} from {some}{extract.source} {extract.where}"


def _feeds(feeds: Iterable[FeedSpec], show: Show) -> list[str]:
    return align([(f"  {show(feed.name)}", _PICKS[feed.pick], show(feed.file)) for feed in feeds], right=frozenset())


def _pause(think_s: tuple[float, float]) -> str:
    return " to ".join(dict.fromkeys(map(format_duration_s, think_s)))
