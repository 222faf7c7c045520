"""The highest rate that meets an SLO: the search (judge/find_max.py), joined with runs of the open model.

`runner` makes a Result of a Plan, `rest` waits between two runs (see rounds.py), `on_trial` takes each trial.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from loadgen.base.errors import NotReadyError, UsageError
from loadgen.campaigns.calibrate import lowest_ms
from loadgen.campaigns.rounds import SETTLE_S, Rest, RunLostError
from loadgen.judge.find_max import RateSearch
from loadgen.judge.redirects import redirect_notes
from loadgen.judge.validity import own_limits
from loadgen.plan.codec import describe_plan
from loadgen.plan.condition import Condition, parse_condition
from loadgen.plan.named import check_name, names_before
from loadgen.plan.plan import Arrivals, Plan, Stage
from loadgen.results.find_max import Limit, MaxRate, Trial
from loadgen.results.merge import all_journeys
from loadgen.results.requests import Latency
from loadgen.results.result import Result

Runner = Callable[[Plan], Awaitable[Result]]
ROOM = 512
"""Connections that may be opened where nothing else is said: too few of them would be the limit that is found."""

DEAD_RUNS = 2
"""A run without a reply may be a target that restarts; after a second one there is nothing left to search for."""

STEADY = 2.0
"""A service time within this factor of the first run's is not what grew: the requests waited before they were sent."""

WAITING_SHARE = 0.5
"""From here on more of the response time at p99 was spent waiting for a connection than with the target."""


def parse_slo(plan: Plan, texts: Iterable[str]) -> tuple[Condition, ...]:
    """The SLO in its texts. Raises UsageError for one that is none, and for a plan that cannot be searched with."""
    try:
        slo = tuple(parse_condition(text, use="slo") for text in texts)
        for condition in slo:
            check_name(condition.metric, names_before(plan.job))
    except ValueError as error:
        raise UsageError(f"--slo: {error}") from None
    if not slo:
        raise UsageError("--slo: expected at least one, such as --slo 'p99 < 50ms'")
    if plan.duration_s is None or plan.requests_limit is not None:
        raise UsageError(
            "--requests: cannot be combined with find-max: every run of the search takes the time of --duration"
        )
    stages = plan.arrivals.stages if plan.arrivals is not None else ()
    if len(stages) != 1 or stages[0].from_rps != stages[0].to_rps:
        raise UsageError(
            "--stage: cannot be combined with find-max: the rate is what is searched for; --rate is where it begins"
        )
    return slo


async def find_max(
    plan: Plan, slo: tuple[Condition, ...], runner: Runner, rest: Rest, on_trial: Callable[[Trial], None]
) -> MaxRate:
    """Search from the plan's rate on. The plan's own thresholds must be met as well.

    A signal ends the search with what it has found, and so does a target that replies no more, or a run that is lost
    or can no longer be made. Raises UsageError where the first one cannot, NotReadyError where not one reply comes back
    to it.
    """
    assert plan.arrivals is not None
    started = datetime.now(UTC).isoformat(timespec="seconds")
    search, trials, results = RateSearch(plan.arrivals.stages[0].to_rps), list[Trial](), list[Result]()
    ended_by, because = "completed", ""
    while (rate := search.next_rps()) is not None:
        if trials and not await rest(SETTLE_S):
            ended_by = "signal"
            break
        try:
            result = await runner(_at(plan, slo, rate))
        except RunLostError as error:
            ended_by, because = error.ended_by, str(error)
            break
        except UsageError as error:
            if not trials:
                raise
            ended_by, because = "error", str(error)
            break
        if result.ended_by in ("signal", "error"):
            ended_by, because = result.ended_by, result.ended_because
            break
        if not results and not result.status_codes:
            first_error = next((row.message or row.error_class for row in result.errors), "no error either")
            raise NotReadyError(result.ended_because or f"not one reply came back at {rate:g}/s: {first_error}")
        results.append(result)
        if not any(item.status_codes for item in results[-DEAD_RUNS:]):
            ended_by = "no_replies"
        trials.append(_trial(rate, result, results[0]))
        search.take(rate, met=trials[-1].met)
        on_trial(trials[-1])
        if ended_by != "completed":
            break
    low, high = search.range_rps
    edge = _edge(trials, search.best_rps)
    notes = redirect_notes(results[0]) if results else []
    return MaxRate(
        started_at=started,
        plan=describe_plan(plan),
        environment=results[-1].environment if results else {},
        slo=tuple(condition.text for condition in (*slo, *plan.thresholds)),
        best_rps=search.best_rps,
        low_rps=low,
        high_rps=high,
        ended_by=ended_by,
        trials=tuple(trials),
        limit=edge.limit if edge else "",
        reasons=edge.reasons if edge else (),
        notes=(*notes, because) if ended_by == "error" and because else tuple(notes),
    )


def with_room(plan: Plan) -> Plan:
    """The same plan with more connections to open when all are busy, where the client can open them."""
    arrivals = plan.arrivals
    if arrivals is None or plan.mode == "threads" or plan.client == "httpx":
        return plan
    return replace(plan, arrivals=replace(arrivals, max_connections=max(arrivals.max_connections, ROOM)))


def _at(plan: Plan, slo: tuple[Condition, ...], rate_rps: float) -> Plan:
    """One run. What can be lost before it is over ends it, which also spares the target."""
    arrivals = plan.arrivals or Arrivals(())
    length_s = plan.warmup_s + (plan.duration_s or 0.0) + plan.cool_down_s
    return replace(
        plan,
        arrivals=replace(arrivals, stages=(Stage(length_s, rate_rps, rate_rps),)),
        thresholds=(*(replace(condition, abort=condition.can_be_lost) for condition in slo), *plan.thresholds),
    )


def _trial(rate_rps: float, result: Result, first: Result) -> Trial:
    rows = tuple(result.thresholds)
    whole = all_journeys(result) or result
    rate = result.asked
    trial = Trial(
        rate_rps=rate_rps,
        met=False,
        due_rps=rate.offered_rps,
        sent_rps=rate.sent_rps,
        ok_rps=rate.ok_rps,
        duration_s=result.duration_s,
        response=whole.latency_ms.get("response", Latency()),
        failed=whole.ledger.failed,
        slo=rows,
        reasons=tuple(own_limits(result)),
    )
    verdict = result.generator.verdict
    is_trusted = verdict == "valid" or (verdict in ("limited", "not_judged") and not result.plan.get("strict"))
    is_whole = trial.reached and bool(result.status_codes) and result.ended_by == "completed"
    if is_trusted and is_whole and all(row.verdict == "pass" for row in rows):
        return replace(trial, met=True)
    if verdict == "invalid":
        trial = replace(trial, reasons=tuple(result.generator.reasons))
    return replace(trial, limit=_limit(trial, result, first))


def _limit(trial: Trial, result: Result, first: Result) -> Limit:
    """Who was at its end in a run that is not met."""
    if trial.reasons:
        return "generator"
    before, now = ((all_journeys(run) or run).latency_ms for run in (first, result))
    service, lag = (now.get(clock, Latency()) for clock in ("service", "send_lag"))
    waited = lowest_ms(lag.p99) > WAITING_SHARE * lowest_ms(trial.response.p99)
    at_first = lowest_ms(before.get("service", Latency()).p50)
    return "connections" if waited and lowest_ms(service.p50) <= STEADY * at_first else ""


def _edge(trials: list[Trial], best_rps: float | None) -> Trial | None:
    """The lowest run above the best rate that was not met: whose limit it was, is whose the edge is."""
    beyond = [trial for trial in trials if not trial.met and (best_rps is None or trial.rate_rps > best_rps)]
    return min(beyond, key=lambda trial: trial.rate_rps, default=None)
