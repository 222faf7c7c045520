"""What was run and what it came to, in words: the header and the labelled lines of the text report."""

from collections.abc import Mapping

from loadgen.base.units import counted, format_bytes, format_ms, listed
from loadgen.judge.exit_code import did_without
from loadgen.judge.redirects import redirect_notes
from loadgen.report.draw.bars import sparkline, stretched
from loadgen.report.draw.style import (
    Line,
    Span,
    Tone,
    clean,
    format_measured_s,
    format_rate,
    labelled,
    line,
    wrap,
)
from loadgen.report.draw.way import describe_way
from loadgen.report.run.latency import is_closed
from loadgen.report.run.operations import is_of_calls
from loadgen.report.run.title import title
from loadgen.results.result import Result

ENDINGS = {
    "fail_fast": ("Stopped by fail-fast", Tone.WARN),
    "threshold": ("Stopped by a threshold", Tone.WARN),
    "signal": ("Stopped by a signal", Tone.WARN),
    "script": ("Stopped by the scenario's own doing", Tone.BAD),
    "error": ("Ended by an error", Tone.BAD),
    "unreachable": ("Given up", Tone.BAD),
}
JOINT = " · "
SHORTEST_TIMELINE_S = 3.0
SPARKLINE_COLUMNS = 30
A_MOMENT_S = 0.5
"""A run that ends so long before its time ends early."""


def header(result: Result, width: int) -> list[Line]:
    """What ran against what, from how many connections, for how long; and how it ended, when not as planned."""
    rows = wrap(title(result.plan), width) + wrap(_shape(result), width, JOINT)
    return [*map(line, rows), *_ending(result, width)]


def outcome(result: Result, width: int) -> list[Line]:
    """Requests, connections, bytes, status codes, the course of the run and the generator's own share."""
    return [*map(line, labelled(facts_of(result, width), width, JOINT))]


def facts_of(result: Result, width: int = 80) -> dict[str, list[str]]:
    """What `outcome` says, by its labels; some have nothing to say."""
    requests, journeys, users = result.ledger, result.journeys, result.users
    left, idle, skipped = requests.not_sent, journeys.not_started, users.skipped
    due = result.arrivals if result.arrivals.scheduled else journeys
    return {
        "Calls" if is_of_calls(result) else "Journeys": _journeys(result),
        "Not started": [f"{idle:,} of the {due.scheduled:,} scheduled"] if idle else [],
        "Requests": _requests(result),
        "Not measured": _setup(result),
        "Not sent": [f"{left:,} of the {requests.scheduled:,} scheduled"] if left else [],
        "Users": [f"{users.asked:,} asked = {users.started:,} started + {skipped:,} skipped"] if skipped else [],
        "Rate": _rate(result),
        "Connections": _connections(result),
        "Addresses": _addresses(result),
        "Data": _data(result),
        "Status codes": _counted(result.status_codes),
        "Error codes": _counted(result.error_codes),
        "Each second": _course(result, width),
        "Generator": _generator(result),
        "Own delay": _own_delay(result),
    }


def notes(result: Result, width: int) -> list[Line]:
    """What happened before and after the run, and what is left of it."""
    lines = []
    at_the_top = redirect_notes(result)
    for note in (note for note in result.notes if note not in at_the_top):
        tone = Tone.BAD if note in result.left_behind else Tone.PLAIN
        lines += [line(Span(row, tone)) for row in wrap(clean(note), width)]
    return lines


def silence(result: Result) -> str:
    """What is said of a run in which no request or no reply was seen; empty where there was one, or it is not known, or
    journeys or calls did without.
    """
    if did_without(result):
        return ""
    if not result.ledger.sent:
        only_measured = any(result.plan.get(key) for key in ("warmup_s", "cool_down_s", "s3")) or result.warmup_s
        return "No request was sent in the measured time" if only_measured else "No request was sent"
    if result.ledger.ok or any(result.status_codes.values()) or _is_incomplete(result):
        return ""
    return "Not one complete reply came back"


def vanity(result: Result) -> str:
    """What is said of a run without a good reply."""
    if said := silence(result):
        return said
    return "Not one reply was good" if result.status_codes else "No reply is known of"


def _is_incomplete(result: Result) -> bool:
    """Whether a worker did not tell all that it saw."""
    return bool(result.samples_lost) or any(row.lost for row in result.generator.workers)


def _shape(result: Result) -> list[str]:
    generator = result.generator
    topology = counted(generator.processes, "process", "processes")
    if generator.mode != "threads":
        workers = len(generator.workers) // max(1, generator.processes) or 1
        topology += f" x {counted(workers, 'worker')}"
    warmup = f" after {format_measured_s(result.warmup_s)} of warm-up" if result.warmup_s > 0 else ""
    calls = is_of_calls(result)
    return [
        _users(result, calls=calls),
        f"{clean(generator.mode)}, {topology}",
        *([] if calls else [f"{clean(generator.client)} client"]),
        format_measured_s(result.duration_s) + warmup,
    ]


def _users(result: Result, *, calls: bool) -> str:
    """How many, and on how many connections where that is another number."""
    if calls or result.plan.get("http") != "2":
        return counted(result.users.asked, "user" if calls else "connection")
    at_once = result.connections.opened - result.connections.reconnected
    return f"{counted(result.users.asked, 'user')} on {counted(at_once, 'HTTP/2 connection')}"


def _ending(result: Result, width: int) -> list[Line]:
    """What tripped, when, and how much was left undone. Nothing for a run that ended as planned."""
    if result.ended_by == "completed":
        because = clean(result.ended_because) if result.plan.get("until_steady") else ""
        early = f"{because[:1].upper()}{because[1:]}" or _used_up(result)
        return [line(Span(row, Tone.WARN)) for row in wrap(early, width)] if early else []
    if result.ended_by == "unreachable":
        return []
    how, tone = ENDINGS.get(result.ended_by, (f"Ended by {clean(result.ended_by)}", Tone.WARN))
    why = f": {clean(result.ended_because)}" if result.ended_because else ""
    left = []
    if result.ledger.not_sent:
        left.append(f"{counted(result.ledger.not_sent, 'request')} not sent")
    if result.journeys.not_started:
        noun = "call" if is_of_calls(result) else "journey"
        left.append(f"{counted(result.journeys.not_started, noun)} not started")
    if result.users.skipped:
        left.append(f"{counted(result.users.skipped, 'connection')} never started")
    undone = f"; {', '.join(left)}" if left else ""
    text = f"{how} after {format_measured_s(result.ended_at_s)}{why}{undone}"
    return [line(Span(row, tone)) for row in wrap(text, width)]


def _used_up(result: Result) -> str:
    """That rows which go once ended a run before its time."""
    plan = result.plan
    feeds = [feed["name"] for feed in (plan.get("scenario") or {}).get("feeds", ()) if feed["pick"] == "once"]
    planned_s = plan.get("duration_s") or 0.0
    done = bool(plan.get("requests_limit")) and not result.journeys.not_started
    if not feeds or done or result.duration_s > planned_s - A_MOMENT_S:
        return ""
    times = f"{format_measured_s(result.duration_s)} of {format_measured_s(planned_s)}"
    return f"Ended after {times}: every row of {clean(listed(feeds))} was used, and they go once"


def _requests(result: Result) -> list[str]:
    ledger = result.ledger
    if not ledger.scheduled and not ledger.sent:
        return []
    sums = f"{ledger.sent:,} sent = {ledger.ok:,} ok + {ledger.failed:,} failed"
    if ledger.unknown:
        lost = ", or lost with a worker" if _is_incomplete(result) else ""
        sums += f" + {ledger.unknown:,} unknown (cut at the end{lost})"
    return [sums]


def _setup(result: Result) -> list[str]:
    """Requests that prepared users, and why some of them failed."""
    items = []
    for name, part in result.setup.items():
        text = f"{clean(name)}: {part.ledger.ok:,} ok"
        if part.ledger.failed:
            why = f" ({clean(part.errors[0].message)})" if part.errors else ""
            text += f", {part.ledger.failed:,} failed{why}"
        items.append(text)
    return items


def _journeys(result: Result) -> list[str]:
    ledger = result.journeys
    if not ledger.scheduled:
        return []
    sums = f"{ledger.started:,} started = {ledger.ok:,} ok + {ledger.failed:,} failed"
    return [f"{sums} + {ledger.unfinished:,} unfinished" if ledger.unfinished else sums]


def _rate(result: Result) -> list[str]:
    """What was asked for beside what became of it, where the load did not wait for the server."""
    of_journeys = bool(result.journeys.scheduled)
    noun = " calls" if is_of_calls(result) else " journeys"
    rate, done, noun = result.asked, "ended" if of_journeys else "sent", noun if of_journeys else ""
    if is_closed(result) or not rate.offered_rps:
        return []
    if result.arrivals.scheduled:
        done = "begun"
    rates = {"due": rate.offered_rps, done: rate.sent_rps, "ok": rate.ok_rps}
    return [f"{format_rate(per_second)}{noun}/s {what}" for what, per_second in rates.items()]


def _connections(result: Result) -> list[str]:
    seen = result.connections
    further = {
        "of them again after a close": seen.reconnected,
        "with a session of TLS taken up again": seen.resumed,
        "failed to open": seen.failed,
        "closed by the server while idle": seen.idle_closed,
        "ended by bytes that were no part of a reply": seen.desynced,
        "never carried a request": seen.unused,
    }
    items = [f"{count:,} {what}" for what, count in further.items() if count]
    way = [describe_way(result.plan.get("dialing") or {})]
    return [*filter(None, [f"{seen.opened:,} opened", *items, *way])] if seen.opened or items else []


def _addresses(result: Result) -> list[str]:
    """Which of several addresses the connections went to, and which of them failed."""
    rows = result.addresses
    return [
        f"{row.address} {row.opened:,} opened"
        + (f", {row.failed:,} failed ({clean(row.reason)})" if row.failed else "")
        for row in rows
        if len(rows) > 1
    ]


def _data(result: Result) -> list[str]:
    moved = result.bytes
    if not moved.sent and not moved.received:
        return []
    return [f"{format_bytes(moved.received)} received", f"{format_bytes(moved.sent)} sent"]


def _counted(codes: Mapping[str, int]) -> list[str]:
    return [f"{clean(code)}: {count:,}" for code, count in sorted(codes.items())]


def _course(result: Result, width: int) -> list[str]:
    """Good replies of each whole second as a sparkline from zero up, with the lowest and the highest named."""
    ok = [second.ok for second in result.whole_seconds]
    if result.duration_s <= SHORTEST_TIMELINE_S or not ok:
        return []
    if not max(ok) and result.ledger.ok:  # they came before or after the whole seconds
        return []
    return [f"{sparkline(ok, stretched(SPARKLINE_COLUMNS, width))}  {min(ok):,} to {max(ok):,} ok/s"]


def _generator(result: Result) -> list[str]:
    """The tool's own share: CPU a request, memory, threads."""
    generator = result.generator
    items = ["valid"] if generator.verdict == "valid" and result.ledger.sent else []
    if generator.cpu_us_per_request is not None:
        items.append(f"{generator.cpu_us_per_request:.1f} us of CPU a request")
    if generator.peak_rss_mb:
        items.append(f"{generator.peak_rss_mb:,.0f} MB of memory")
    if generator.threads:
        items.append(counted(generator.threads, "thread"))
    return items


def _own_delay(result: Result) -> list[str]:
    """How late the loops of the worst worker were."""
    lags = [worker.loop_lag_ms for worker in result.generator.workers if worker.loop_lag_ms]
    if not lags:
        return []
    p99, most = (max(lag.get(figure, 0.0) for lag in lags) for figure in ("p99", "max"))
    included = " (included in the latencies above)" if result.ledger.ok else ""
    return [f"p99 {format_ms(p99)}, max {format_ms(most)}{included}"]
