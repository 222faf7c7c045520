"""What the name in a condition is of: a request, a journey, group or call, a check, or a metric of a scenario's own."""

from collections.abc import Collection, Iterable, Iterator

from loadgen.base.dataclass import dataclass
from loadgen.base.suggest import did_you_mean
from loadgen.base.units import shown
from loadgen.plan.jobs.scenario import ScenarioJob, all_steps
from loadgen.plan.metrics import BY_THE_SECOND, Metric
from loadgen.plan.plan import Job

LONGEST_LIST = 400
"""Characters of all names together: a longer list helps nobody."""

JOURNEYS = "journeys"
"""The name of all journeys together, unless something else is called so."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name and what it is of: `request`, `journey`, `group`, `call`, `check`, `metric` (whose values have a `unit`),
    or `journeys` for all of them."""

    kind: str
    name: str
    unit: str = ""


def names_before(job: Job) -> list[Named] | None:
    """The names that a condition may be about, as far as they are known before the run; None where they are not."""
    if isinstance(job, ScenarioJob):
        return [*_declared(job)] if job.file is None else None
    return [
        *(Named("request", name) for name in job.request_names),
        *(Named("group", name) for name in job.transactions),
        *(Named("call", name) for name in job.calls),
    ]


def _declared(job: ScenarioJob) -> Iterator[Named]:
    for journey in job.journeys:
        yield Named("journey", journey.name)
        for step in all_steps(journey.steps):
            if step.name:
                yield Named(step.kind, f"{journey.name}/{step.name}")


def check_name(metric: Metric, known: Collection[Named] | None) -> None:
    """Raise ValueError where the metric is of a name that is not known, or that has no such metric."""
    if known is not None:
        find_named(metric, known)


def find_named(metric: Metric, known: Collection[Named]) -> Named | None:
    """What a metric is of; None where it is of all requests. Of a name its end, from a slash on, is enough where that
    is unique. Raises ValueError, with what may have been meant, where nothing of that name has such a metric.
    """
    name = metric.of
    if name is None:
        return None
    candidates = [item for item in known if item.name == name] or [
        item for item in known if item.name.endswith(f"/{name}")
    ]
    if name == JOURNEYS and not candidates and any(item.kind == "journey" for item in known):
        candidates = [Named(JOURNEYS, JOURNEYS)]
    if not candidates:
        what = "nothing" if any(item.kind != "request" for item in known) else "no request"
        raise ValueError(f"{what} is named {shown(name)}{_near(name, known)}")
    fitting = [item for item in candidates if not _problem(metric, item)]
    if not fitting:
        raise ValueError(_problem(metric, candidates[0]))
    if len({item.name for item in fitting}) > 1:
        ends = ", ".join(repr(item.name) for item in fitting)
        raise ValueError(f"{shown(name)} is the end of several names: {ends}")
    return fitting[0]


def _near(name: str, known: Iterable[Named]) -> str:
    """The name that may have been meant, in whole or by its end; else all of them, where they are not too many."""
    names = [item.name for item in known]
    ends = [end for end in (item.partition("/")[2] for item in names) if end]
    near = did_you_mean(name, [*names, *ends])
    if not near.startswith("; did"):
        near = did_you_mean(name, names)
    return near if len(near) <= LONGEST_LIST else ""


def _problem(metric: Metric, named: Named) -> str:
    """Why a name has no such metric; empty where it has."""
    match named.kind:
        case "check":
            if metric.kind in ("ratio", "count", "rate") and metric.part in BY_THE_SECOND:
                return ""
            return f"{shown(named.name)} is a check: it has ok_rate, error_rate, ok, failed and sent, not {metric.name}"
        case "metric":
            if metric.kind == "value" or (metric.kind == "latency" and metric.part == "response"):
                if metric.kind == "value" or named.unit in ("", "ms"):
                    return ""
                plain = f"{named.name}:{metric.statistic} < 20"
                return f"{shown(named.name)} is in {named.unit}: expected a plain number, as in {plain!r}"
            known = "count, sum, mean, min, max and percentiles"
            return f"{shown(named.name)} is a metric of the scenario's own: it has {known}, not {metric.name}"
    if metric.kind != "value":
        return ""
    if metric.statistic in ("sum", "count"):
        return f"{shown(named.name)} is a {named.kind}: it has no {metric.name}"
    return f"{metric.name}: expected a time with its unit such as 250ms: {shown(named.name)} is a {named.kind}"
