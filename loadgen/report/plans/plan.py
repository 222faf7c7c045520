"""What will happen, in words, before anything does: Plan -> text for `loadgen check`."""

from collections.abc import Iterable

from loadgen.base.encode import make_encoder
from loadgen.base.exchange import Fields, Request
from loadgen.base.redact import Redactor
from loadgen.base.reply import Check, Expect
from loadgen.base.units import counted, format_bytes, format_duration_s
from loadgen.plan.jobs.http import HttpJob, RequestSpec, TargetList, Variable
from loadgen.plan.jobs.parts import PartsSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.variables import FoundValue
from loadgen.plan.target_list import spec_of
from loadgen.report.draw.style import align, clean, labelled, wrap
from loadgen.report.plans.load_plan import LoadWords, is_of_calls
from loadgen.report.plans.s3_plan import s3_facts, s3_operations
from loadgen.report.plans.scenario_plan import scenario_facts, scenario_parts

LENGTH = "Content-Length: "
_OF_PLAN = ("Host: ", "Proxy-Authorization: ")


def render_plan(plan: Plan, width: int = 80, values: Iterable[FoundValue] = ()) -> str:
    """Users, times, stop rules, every request and the first one as it will be sent; secrets are redacted.

    `values` are those of the variables that stay the same.
    Lines have at most `width` columns, except those of the sample, which are shown as they will be sent.
    """
    words = _Words(plan)
    job_facts, job_parts = words.job(width)
    parts = [
        wrap(words.title(), width),
        labelled(job_facts | LoadWords(plan, words.show).facts(), width),
        words.fixed_variables(values, width),
        *job_parts,
    ]
    return "\n\n".join("\n".join(row.rstrip(" ") for row in part) for part in parts if part)


class _Words:
    """A plan's parts in words. Everything that came from a profile passes through `show`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._redactor = Redactor(plan.secrets)

    def title(self) -> str:
        name, origin = self._plan.name, str(self._plan.origin)
        if is_of_calls(self._plan):
            return self.show(name)
        return clean(name if origin in name else f"{self.show(name)}: {self._origin()}")

    def job(self, width: int) -> tuple[dict[str, str], list[list[str]]]:
        """Label and sentence for what is sent, and its requests part by part."""
        match self._plan.job:
            case HttpJob(targets=TargetList() as targets) as job:
                facts = {"Requests": f"{counted(targets.requests, 'request')} of {self.show(targets.file)}, in turn"}
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
                facts = {label: self.show(sentence) for label, sentence in s3_facts(job).items()}
                return facts, [["Operations", *s3_operations(job)]]
            case ScenarioJob() as job:
                variables = ["Variables, new for every request", *self.variables()] if job.variables else []
                parts = scenario_parts(job, width, self.show, beside_rate=self._plan.arrivals is not None)
                return scenario_facts(job, self.show), [*parts, variables]

    def requests(self, width: int) -> list[str]:
        """Share, name, method and URL of each request; below it headers, body and what is a good reply."""
        total = sum(spec.weight for spec in self._plan.job.requests) or 1.0
        shares = [f"{spec.weight / total:.1%}" for spec in self._plan.job.requests]
        indent = " " * (max(map(len, shares), default=0) + 4)
        rows = []
        for part, spec in zip(shares, self._plan.job.requests, strict=True):
            name = f"{self.show(spec.name)}: " if len(shares) > 1 else ""
            whole = f"{name}{spec.method} {self._origin()}{self.show(spec.path)}"
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
        texts = [f"${{{item.name}}} is {self.show(item.value)!r}, from {item.source}" for item in values]
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
        if plan.http == "2":
            lines[0] = f"{lines[0].removesuffix('1.1')}2"
        unknown = spec.body_file is not None or self._varies(spec.body)
        shown = [f"{LENGTH}(known when it is sent)" if unknown and row.startswith(LENGTH) else row for row in lines]
        note = ["  (httpx adds its own headers to these)"] if self._plan.client == "httpx" else []
        return [*(f"  {self.show(row) if row.startswith(_OF_PLAN) else clean(row)}" for row in shown), *note]

    def show(self, text: str) -> str:
        return clean(self._redactor.text(text))

    def _origin(self) -> str:
        return clean(self._redactor.address(str(self._plan.origin)))

    def _headers(self, spec: RequestSpec) -> list[tuple[str, str]]:
        return [(name, self._redactor.header(name, value)) for name, value in spec.headers]

    def _details(self, spec: RequestSpec) -> list[str]:
        body = []
        if spec.body_file is not None:
            body = [f"body: the file {self.show(spec.body_file)}"]
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
        first = f", timed from the first with {self.show(stream.first)}" if stream.first else ""
        mark = stream.until_match
        ends = [
            *([] if mark is None else [f"one that holds {self.show(mark.decode('utf-8', 'replace'))!r}"]),
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
                return f"one of {', '.join(self.show(str(value)) for value in values)}"
            case "uuid":
                return "a random UUID"
            case "trace":
                return "a new traceparent"

    def _varies(self, body: bytes) -> bool:
        return any(f"${{{variable.name}}}".encode() in body for variable in self._plan.job.variables)


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
