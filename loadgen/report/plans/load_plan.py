"""Who takes part in a run, when and how, in words: all of a plan but its requests."""

import math
from collections.abc import Callable

from loadgen.base.units import counted, format_duration_s
from loadgen.plan.codec import described_dialing
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Arrivals, Plan, share
from loadgen.report.draw.style import clean, format_rate
from loadgen.report.draw.way import describe_way

_OF_REQUESTS = ("Timeouts", "Connections", "TLS", "Also timed")


def is_of_calls(plan: Plan) -> bool:
    """Whether it calls a function and sends nothing itself."""
    return isinstance(plan.job, ScenarioJob) and plan.job.function is not None


class LoadWords:
    """A plan's load in words. `show` takes a text that came from a profile, and gives it as it may be shown."""

    def __init__(self, plan: Plan, show: Callable[[str], str]) -> None:
        self._plan = plan
        self._show = show
        self._of_calls = is_of_calls(plan)

    def facts(self) -> dict[str, str]:
        """Label and sentence; some without a sentence."""
        facts = {
            "Users": self._users(),
            **self._pace(),
            "Warm-up": self._unmeasured(self._plan.warmup_s, "before"),
            "Ends": self._end(),
            "Cool-down": self._unmeasured(self._plan.cool_down_s, "after"),
            "Stops early": clean(self._stop_rules()),
            "Thresholds": clean(self._thresholds()),
            "Also timed": "DNS, connect, TLS, first byte and transfer" if self._plan.phases else "",
            "Runs as": f"{self._topology()}; {self._plan.client} client",
            "Timeouts": self._timeouts(),
            "Connections": self._connections(),
            "TLS": self._tls(),
            "Seed": str(self._plan.seed),
        }
        if self._of_calls:
            facts["Users"] = f"{counted(self._plan.users, 'user')}, each with one call at a time"
            facts["Runs as"] = self._topology()
            facts = {label: text for label, text in facts.items() if label not in _OF_REQUESTS}
        return facts

    def _users(self) -> str:
        if closed := self._plan.closed_users:
            return f"{counted(closed, 'user')} with scenarios of their own; beside them {self._arriving_users()}"
        return self._arriving_users()

    def _arriving_users(self) -> str:
        arrivals = self._plan.arrivals
        if arrivals is not None and not arrivals.open_ahead:
            return (
                f"up to {counted(arrivals.max_connections, 'connection')}, each opened when an arrival finds none free"
            )
        users = counted(self._plan.users, "connection")
        if self._plan.user_stages:
            stages = [(stage.from_users, stage.to_users, stage.duration_s) for stage in self._plan.user_stages]
            return f"{users} at the most: {', then '.join(_ramp(*stage, '{:,}'.format) for stage in stages)}"
        if self._plan.ramp_up_s:
            return f"{users}, started evenly over {format_duration_s(self._plan.ramp_up_s)}"
        return f"{users}, opened before the first request is sent"

    def _pace(self) -> dict[str, str]:
        arrivals = self._plan.arrivals
        if arrivals is None:
            return {"Think time": self._think()}
        return {"Arrivals": _arrivals(arrivals), "When busy": _when_busy(arrivals, self._plan.users)}

    def _unmeasured(self, seconds: float, side: str) -> str:
        return f"{format_duration_s(seconds)} under the same load {side} the measured time" if seconds else ""

    def _thresholds(self) -> str:
        strict = ["only a valid run is good enough"] if self._plan.strict else []
        return "; ".join([*(self._show(item.text) for item in self._plan.thresholds), *strict])

    def _think(self) -> str:
        shortest, longest = self._plan.think_s
        if isinstance(self._plan.job, ScenarioJob):
            pause = " to ".join(dict.fromkeys(map(format_duration_s, self._plan.think_s)))
            if self._of_calls:
                return f"{pause} after each call" if longest else ""
            return f"{pause} after each journey" if longest else "none of all users; see the scenarios"
        if not longest:
            return "none: each connection sends again as soon as its reply is in"
        if shortest == longest:
            return f"{format_duration_s(longest)} between a reply and the next request"
        return f"{format_duration_s(shortest)} to {format_duration_s(longest)} between a reply and the next request"

    def _end(self) -> str:
        limit, duration_s, job = self._plan.requests_limit, self._plan.duration_s, self._plan.job
        noun = job.noun.removesuffix("s") if isinstance(job, ScenarioJob) else "request"
        measured = " of measured time" if self._plan.warmup_s or self._plan.cool_down_s else ""
        steady = self._plan.until_steady
        ends = [] if steady is None else [f"when it is steady: {steady.text}"]
        ends += [] if duration_s is None else [f"after {format_duration_s(duration_s)}{measured}"]
        ends += [] if limit is None else [f"after {counted(limit, noun)}"]
        if isinstance(job, ScenarioJob) and job.journeys_per_user is not None:
            ends.append(f"when each user has done {counted(job.journeys_per_user, noun)}")
        elif job.ends_itself:
            ends.append("with the last object")
        finish = ", and journeys under way then may end" if isinstance(job, ScenarioJob) and job.finish else ""
        return " or ".join(ends) + (", whichever comes first" if len(ends) > 1 else "") + finish

    def _stop_rules(self) -> str:
        rules = [f"when {self._show(condition.text)}" for condition in self._plan.stop.abort_if]
        if (most := self._plan.stop.max_errors) is not None:
            rules.insert(0, "at the first failure" if most == 1 else f"at {most:,} failures")
        return "; ".join(rules) or "never: failures are counted and the run goes on"

    def _topology(self) -> str:
        """Processes, workers and how many users each of them drives."""
        plan, parts = self._plan, self._plan.shard_count
        most, least = share(plan.users, parts, 0), share(plan.users, parts, parts - 1)
        noun = "thread" if plan.mode == "threads" else "user" if self._of_calls else "connection"
        users = counted(most, noun) if most == least else f"{least:,} or {counted(most, noun)}"
        each = "" if parts == 1 else " each"
        processes = counted(plan.processes, "process", "processes")
        if plan.mode == "threads":
            return f"threads: {processes}, {users}{each}, one a {'user' if self._of_calls else 'connection'}"
        return f"{plan.mode}: {processes} x {counted(plan.workers, 'worker')}, {users}{each}"

    def _timeouts(self) -> str:
        connect, whole, grace = map(
            format_duration_s, (self._plan.connect_timeout_s, self._plan.timeout_s, self._plan.grace_s)
        )
        return f"{connect} to connect, {whole} for a request, {grace} for the last replies"

    def _connections(self) -> str:
        kept = "kept open between requests" if self._plan.keep_alive else "a new one for every request"
        if self._plan.http == "2":
            kept = f"HTTP/2, {counted(self._plan.streams, 'user')} at most on each, {kept}"
        way = describe_way(described_dialing(self._plan.dialing))
        return self._show(f"{kept}, {way}") if way else kept

    def _tls(self) -> str:
        tls = self._plan.tls
        if self._plan.origin.scheme != "https":
            return "no"
        checked = f"server checked against {self._show(tls.ca_file or '') or 'the usual authorities'}"
        own = f"; own certificate {self._show(tls.cert_file)}" if tls.cert_file else ""
        limits = [
            f"from {tls.min_version}" if tls.min_version else "",
            f"up to {tls.max_version}" if tls.max_version else "",
        ]
        rest = [
            f"asked for as {tls.server_name}" if tls.server_name else "",
            " ".join(filter(None, limits)),
            f"ciphers {tls.ciphers}" if tls.ciphers else "",
            "sessions taken up again" if tls.resume else "",
        ]
        own += "".join(f"; {self._show(text)}" for text in rest if text)
        return (checked if tls.verify else "server's certificate NOT checked") + own


def _arrivals(arrivals: Arrivals) -> str:
    """The stages one after another, how arrivals lie in them, and what waiting for them costs."""
    stages = [(stage.from_rps, stage.to_rps, stage.duration_s) for stage in arrivals.stages]
    whole = ", then ".join(_ramp(*stage, lambda rate: f"{format_rate(rate)}/s") for stage in stages)
    gaps = "at random intervals (Poisson)" if arrivals.kind == "poisson" else "evenly spaced"
    spinning = "; between them a core of each worker spins" if arrivals.precise else ""
    return f"{whole}, {gaps}, whether or not replies come{spinning}"


def _ramp(low: float, high: float, duration_s: float, form: Callable[[float], str]) -> str:
    """A stage of a rate or of users, whose ends are written in a form."""
    if math.isinf(duration_s):
        return form(low)
    duration = format_duration_s(duration_s)
    return f"{form(low)} for {duration}" if low == high else f"{form(low)} to {form(high)} over {duration}"


def _when_busy(arrivals: Arrivals, users: int) -> str:
    """What becomes of an arrival that finds no connection free."""
    most = arrivals.max_connections
    more = f"more connections are opened, up to {most:,}; then " if arrivals.open_ahead and most > users else ""
    if arrivals.when_busy == "drop":
        return f"{more}arrivals are dropped and counted"
    return f"{more}arrivals wait, timed from when they were due"
