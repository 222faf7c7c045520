"""The report that a person reads: Result -> text. The number they came for stands at the top."""

from loadgen.base.units import counted
from loadgen.judge.redirects import redirect_notes
from loadgen.judge.validity import meaning
from loadgen.report.draw.style import Line, Span, Tone, bullet, clean, line
from loadgen.report.run.facts import header, notes, outcome, silence
from loadgen.report.run.journeys import (
    checks_table,
    has_journeys,
    journey_errors,
    journeys_table,
    metrics_table,
)
from loadgen.report.run.latency import format_quantile, latency_table, spread
from loadgen.report.run.machines import machines_table
from loadgen.report.run.operations import (
    done_of_all,
    is_by_operation,
    is_of_calls,
    operations,
    parts,
    rates,
    seconds,
    transaction,
)
from loadgen.report.run.outcome import outcome_lines, outcome_text
from loadgen.report.run.run_report import RunReport
from loadgen.report.run.tables import by_request, errors, phases, thresholds
from loadgen.results.merge import all_journeys
from loadgen.results.requests import Latency
from loadgen.results.result import Result

WRK_UNITS = ("", "K", "M", "G", "T", "P")


def render_text(result: Result, *, width: int = 80, colour: bool = False, end: str | None = None) -> str:
    """The whole report, without a newline at its end, in lines of at most `width` columns. Parts that have nothing to
    say are left out. `end` is the last line where that is not the run's own.
    """
    parts = [
        header(result, width),
        done_of_all(result),
        [headline(result)],
        warnings(result, width),
        thresholds(result, width),
        journeys_table(result, width),
        checks_table(result),
        [] if result.plan.get("s3") else metrics_table(result),
        latency_table(result, width),
        spread(result, width),
        *_requests(result, width),
        errors(result, width),
        journey_errors(result, width),
        machines_table(result, width),
        outcome(result, width),
        why_limited(result, width),
        notes(result, width),
        _for_scripts(result),
        outcome_lines(outcome_text(result) if end is None else end, width),
    ]
    if result.ended_by == "unreachable":  # that is all there is to say
        parts = [parts[0], parts[-1]]
    painted = ("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)
    return "\n\n".join(painted)


def run_text(report: RunReport, *, width: int, colour: bool) -> str:
    """All rounds as one."""
    return render_text(report.result, width=width, colour=colour)


def _requests(result: Result, width: int) -> list[list[Line]]:
    if has_journeys(result):
        return [phases(result)]
    if is_by_operation(result):
        return [operations(result), parts(result), seconds(result)]
    return [by_request(result, width), phases(result)]


def headline(result: Result) -> Line:
    """Rate, p50, p99, failures; or in plain words that nothing came back. Of whole objects, where they are timed."""
    ledger = result.ledger
    if not ledger.sent and silence(result):
        return line("  ", Span(f"{silence(result)}.", Tone.BAD))
    noun, whole = ("", all_journeys(result)) if has_journeys(result) else transaction(result) or ("", None)
    failures = (whole.ledger.failed if whole else 0) or ledger.failed
    failed = Span(f"{failures:,} failed", Tone.BAD if failures else Tone.STRONG)
    if silent := silence(result):
        return line("  ", Span(f"{silent}.", Tone.BAD), "   ", failed)
    response = (whole or result).latency_ms.get("response", Latency())
    figures = rates(result)
    quantiles = {"p50": response.p50, "p99": response.p99}
    times = [f"{name} {format_quantile(value)}" for name, value in quantiles.items() if value is not None]
    figures += [f"{noun} {times[0]}".lstrip(), *times[1:]] if times else []
    return line("  ", Span("   ".join(figures), Tone.STRONG), "   ", failed)


def warnings(result: Result, width: int) -> list[Line]:
    """Whether to believe the figures, and whether they are of what was meant; why they are a bound stands below."""
    lines: list[Line] = []
    generator = result.generator
    if generator.verdict != "valid":
        tone, text = verdict_text(result)
        lines += bullet("", text, width, tone) if text else []
        if generator.verdict not in ("limited", "not_judged"):
            lines += reasons(result, width)
        if result.plan.get("strict"):
            lines += bullet("", "With --strict only a valid run is good enough.", width, tone)
    if result.samples_lost:
        samples = counted(result.samples_lost, "sample")
        text = f"{samples} did not come from the workers any more: counted, but without a latency."
        lines += bullet("", text, width, Tone.WARN)
    if result.machines is not None and result.machines.unaccounted_at_most:
        count = counted(result.machines.unaccounted_at_most, "request")
        lines += bullet("", f"Lost machines may have sent {count} more, which are in no figure.", width, Tone.WARN)
    if result.out_of_range:
        text = f"{counted(result.out_of_range, 'latency', 'latencies')} outside 1 us to 1 h: counted at the nearer end."
        lines += bullet("", text, width, Tone.WARN)
    for note in redirect_notes(result):
        lines += bullet("", clean(f"{note[0].upper()}{note[1:]}."), width, Tone.WARN)
    return lines


def verdict_text(result: Result) -> tuple[Tone, str]:
    """What the verdict means for the figures; "" where there is nothing to say of it."""
    generator = result.generator
    match generator.verdict:
        case "limited":
            means = meaning(result)
            return Tone.WARN, f"LIMITED: {means}." if means else "LIMITED: read these figures as a bound."
        case "invalid":
            return Tone.BAD, "INVALID: do not trust these figures."
        case "not_judged":
            return Tone.PLAIN, f"NOT JUDGED: {clean(generator.reasons[0])}." if generator.reasons else ""
    return Tone.WARN, f"Verdict: {clean(generator.verdict)}"


def reasons(result: Result, width: int) -> list[Line]:
    """Why, and what to do."""
    return [row for reason in result.generator.reasons for row in bullet("- ", clean(reason), width)]


def why_limited(result: Result, width: int) -> list[Line]:
    """The reasons for bounds."""
    if result.generator.verdict != "limited":
        return []
    return [line("Why it is limited"), *reasons(result, width)]


def _for_scripts(result: Result) -> list[Line]:
    """The two lines that scripts written for wrk look for: complete replies and bytes received per second.

    Counts also hold what came before and after the measured window; the good replies say how much of them that was.
    """
    if is_of_calls(result):
        return []
    told = result.ledger.ok - result.samples_lost
    in_window = min(1.0, result.rate.ok_rps * result.duration_s / told) if told > 0 else 1.0
    per_second = in_window / result.duration_s if result.duration_s > 0 else 0.0
    replies = sum(result.status_codes.values())
    return [
        line(f"Requests/sec: {replies * per_second:9.2f}"),
        line(f"Transfer/sec: {_wrk_bytes(result.bytes.received * per_second):>10}B"),
    ]


def _wrk_bytes(amount: float) -> str:
    """wrk's way with binary units: the next one from 0.85 of it on, always two decimals."""
    unit = 0
    while amount >= 0.85 * 1024 and unit < len(WRK_UNITS) - 1:
        amount /= 1024
        unit += 1
    return f"{amount:.2f}{WRK_UNITS[unit]}"
