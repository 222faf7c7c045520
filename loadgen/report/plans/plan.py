"""What will happen, in words, before anything does: Plan -> text for `loadgen check`."""

import math
from collections.abc import Callable, Iterable

from loadgen.base.encode import make_encoder
from loadgen.base.exchange import Check, Expect, Fields, Request
from loadgen.base.redact import Redactor
from loadgen.base.units import format_bytes, format_duration_s
from loadgen.plan.codec import described_dialing
from loadgen.plan.jobs.http import HttpJob, RequestSpec, TargetList, Variable
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Arrivals, Plan, share
from loadgen.plan.profiles.variables import FoundValue
from loadgen.plan.target_list import spec_of
from loadgen.report.draw.style import align, clean, counted, format_rate, labelled, wrap
from loadgen.report.draw.way import describe_way
from loadgen.report.plans.s3_plan import s3_facts, s3_operations
from loadgen.report.plans.scenario_plan import scenario_facts, scenario_parts

LENGTH = "Content-Length: "
_OF_PLAN = ("Host: ", "Proxy-Authorization: ")
_OF_REQUESTS = ("Timeouts", "Connections", "TLS", "Also timed")


def render_plan(plan: Plan, width: int = 80, values: Iterable[FoundValue] = ()) -> str:
    """Users, times, stop rules, every request and the first one as it will be sent; secrets are redacted.

    `values` are those of the variables that stay the same.
    Lines have at most `width` columns, except those of the sample, which are shown as they will be sent.
    """
    words = _Words(plan)
    job_facts, job_parts = words.job(width)
    parts = [
        wrap(words.title(), width),
        labelled(job_facts | words.facts(), width),
        words.fixed_variables(values, width),
        *job_parts,
    ]
    return "\n\n".join("\n".join(row.rstrip(" ") for row in part) for part in parts if part)


class _Words:
    """A plan's parts in words. Everything that came from a profile passes through `_show`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._redactor = Redactor(plan.secrets)
        self._of_calls = isinstance(plan.job, ScenarioJob) and plan.job.function is not None

    def title(self) -> str:
        name, origin = self._plan.name, str(self._plan.origin)
        if self._of_calls:
            return self._show(name)
        return clean(name if origin in name else f"{self._show(name)}: {self._origin()}")

    def facts(self) -> dict[str, str]:
        """Label and sentence for all but the requests; some without a sentence."""
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

    def job(self, width: int) -> tuple[dict[str, str], list[list[str]]]:
        """Label and sentence for what is sent, and its requests part by part."""
        match self._plan.job:
            case HttpJob(targets=TargetList() as targets) as job:
                facts = {"Requests": f"{counted(targets.requests, 'request')} of {self._show(targets.file)}, in turn"}
                variables = ["Variables, new for every request", *self.variables()] if job.variables else []
                first = spec_of(targets.lines.partition(b"\n")[0], job.requests[0])
                return facts, [variables, ["The first request, as it will be sent", *self.sample(first)]]
            case HttpJob() as job:
                return {}, [
                    ["Requests", *self.requests(width)],
                    ["Variables, new for every request", *self.variables()] if job.variables else [],
                    ["The first request, as it will be sent", *self.sample(job.requests[0])],
                ]
            case S3Job() as job:
                facts = {label: self._show(sentence) for label, sentence in s3_facts(job).items()}
                return facts, [["Operations", *s3_operations(job)]]
            case ScenarioJob() as job:
                variables = ["Variables, new for every request", *self.variables()] if job.variables else []
                parts = scenario_parts(job, width, self._show, beside_rate=self._plan.arrivals is not None)
                return scenario_facts(job, self._show), [*parts, variables]

    def requests(self, width: int) -> list[str]:
        """Share, name, method and URL of each request; below it headers, body and what is a good reply."""
        total = sum(spec.weight for spec in self._plan.job.requests) or 1.0
        shares = [f"{spec.weight / total:.1%}" for spec in self._plan.job.requests]
        indent = " " * (max(map(len, shares), default=0) + 4)
        rows = []
        for part, spec in zip(shares, self._plan.job.requests, strict=True):
            name = f"{self._show(spec.name)}: " if len(shares) > 1 else ""
            whole = f"{name}{spec.method} {self._origin()}{self._show(spec.path)}"
            url, *more = wrap(whole, width - len(indent) - 2)
            rows += [f"{part:>{len(indent) - 2}}  {url}", *(f"{indent}  {row}" for row in more)]
            for detail in self._details(spec):
                rows += [f"{indent}  {row}" for row in wrap(clean(detail), width - len(indent) - 2)]
        return rows

    def variables(self) -> list[str]:
        """One line for each variable: its name and what it becomes."""
        rows = [(f"  ${{{item.name}}}", self._values(item)) for item in self._plan.job.variables]
        return align(rows, right=frozenset())

    def fixed_variables(self, values: Iterable[FoundValue], width: int) -> list[str]:
        """For each its name, its value and where that was found."""
        texts = [f"${{{item.name}}} is {self._show(item.value)!r}, from {item.source}" for item in values]
        rows = [f"  {row}" for text in texts for row in wrap(text, width - 2)]
        return ["Variables", *rows] if rows else []

    def sample(self, spec: RequestSpec) -> list[str]:
        """Request line and headers of a request, made by what will encode it."""
        target = _latin(self._redactor.text(spec.path))
        fields = Fields(tuple((_latin(name), _latin(value)) for name, value in self._headers(spec)))
        request = Request(0, _latin(spec.method), target, fields, body=spec.body or (b"?" if spec.body_file else b""))
        plan = self._plan
        head = make_encoder(plan.origin, keep_alive=plan.keep_alive, dialing=plan.dialing).head(request)
        lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        unknown = spec.body_file is not None or self._varies(spec.body)
        shown = [f"{LENGTH}(known when it is sent)" if unknown and row.startswith(LENGTH) else row for row in lines]
        note = ["  (httpx adds its own headers to these)"] if self._plan.client == "httpx" else []
        return [*(f"  {self._show(row) if row.startswith(_OF_PLAN) else clean(row)}" for row in shown), *note]

    def _show(self, text: str) -> str:
        return clean(self._redactor.text(text))

    def _origin(self) -> str:
        return clean(self._redactor.address(str(self._plan.origin)))

    def _headers(self, spec: RequestSpec) -> list[tuple[str, str]]:
        return [(name, self._redactor.header(name, value)) for name, value in spec.headers]

    def _details(self, spec: RequestSpec) -> list[str]:
        body = []
        if spec.body_file is not None:
            body = [f"body: the file {self._show(spec.body_file)}"]
        elif spec.body:
            body = [f"body: {format_bytes(len(spec.body))}" + (", with variables" if self._varies(spec.body) else "")]
        return [
            *(f"{name}: {value}" for name, value in self._headers(spec)),
            *body,
            f"good reply: {self._good(spec.expect)}{', grpc-status 0' if spec.grpc else ''}",
            *([] if spec.stream is None else [f"its parts: {self._parts(spec.stream)}"]),
        ]

    def _parts(self, stream: PartsSpec) -> str:
        what = {"sse": "events", "lines": "lines", "grpc": "messages"}[stream.kind]
        first = f", timed from the first with {self._show(stream.first)}" if stream.first else ""
        mark = stream.until_match
        ends = [
            *([] if mark is None else [f"one that holds {self._show(mark.decode('utf-8', 'replace'))!r}"]),
            *([] if stream.until_parts is None else [f"{stream.until_parts:,} of them"]),
            *([] if stream.until_s is None else [format_duration_s(stream.until_s)]),
        ]
        return f"{what}{first}{', until ' if ends else ''}{' or '.join(ends)}"

    def _good(self, expect: Expect) -> str:
        statuses = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in expect.statuses)
        parts = [f"status {statuses}"]
        if expect.body_contains is not None:
            contained = self._redactor.text(expect.body_contains.decode("utf-8", "backslashreplace"))
            parts.append(f"body contains {contained!r}")
        if expect.length is not None:
            parts.append(f"body of {counted(expect.length, 'byte')}")
        parts += [self._redactor.text(_checked(check)) for check in expect.checks]
        if expect.within_s is not None:
            parts.append(f"within {format_duration_s(expect.within_s)}")
        return ", ".join(parts)

    def _values(self, variable: Variable) -> str:
        values = variable.values
        match variable.kind:
            case "random":
                return f"a random whole number from {values[0]} to {values[-1]}"
            case "sequence":
                return f"counts up from {values[0]}"
            case "choice":
                return f"one of {', '.join(self._show(str(value)) for value in values)}"
            case "uuid":
                return "a random UUID"
            case "trace":
                return "a new traceparent"

    def _varies(self, body: bytes) -> bool:
        return any(f"${{{variable.name}}}".encode() in body for variable in self._plan.job.variables)

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


def _checked(check: Check) -> str:
    match check.kind:
        case "json":
            return f"JSON {check.where} {f'is {check.wanted}' if check.wanted is not None else 'is there'}"
        case "header":
            wanted = "is there" if check.wanted is None else f"{'matches' if check.regex else 'is'} {check.wanted!r}"
            return f"header {check.where} {wanted}"
        case "regex":
            return f"body matches {check.wanted!r}"
        case "sha256":
            return f"body has the SHA-256 {check.wanted}"


def _latin(text: str) -> str:
    """`text` in the characters that a request head can hold; others as escapes, so that the sample always shows."""
    return text.encode("latin-1", "backslashreplace").decode("latin-1")
