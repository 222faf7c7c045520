"""What `loadgen find-max` found, as text: the rate at the top, below it the curve of latency by rate."""

from collections.abc import Sequence
from math import log

from loadgen.base.units import counted, format_duration_s
from loadgen.judge.exit_code import ExitCode
from loadgen.judge.find_max import search_code
from loadgen.report.draw.bars import bar, stretched
from loadgen.report.draw.style import Line, Span, Tone, align, bullet, clean, format_rate, line, wrap
from loadgen.report.run.latency import format_quantile
from loadgen.report.run.outcome import outcome_lines
from loadgen.report.run.tables import with_unit
from loadgen.report.run.title import title
from loadgen.results.find_max import MaxRate, Trial
from loadgen.results.result import ThresholdRow

BAR_COLUMNS = 16
STOPS = {
    "signal": "Stopped by a signal before the end of the search.",
    "error": "Stopped by an error before the end of the search.",
    "no_replies": "Stopped: not one reply came back any more. Did the target survive the rate before?",
}
LIMITS = {
    "generator": "LIMITED: beyond that the generator was at its end, not the target; read the rate as a lower bound.",
    "connections": (
        "LIMITED: beyond that all connections were busy while the target answered as fast as at first; read the rate "
        "as a lower bound, and raise --max-connections."
    ),
}
NOTHING_SAID = "LIMITED: the generator or its connections were at their end, so that the target's limit is not known."


def render_find_max(found: MaxRate, *, width: int = 80, colour: bool = False) -> str:
    """The whole report, without a newline at its end. Lines have at most `width` columns."""
    what, runs, slo = shape(found)
    header = [line(row) for text in (f"{what}; {runs}", slo) for row in wrap(text, width)]
    parts = [
        header,
        [_headline(found)],
        _warnings(found, width),
        _curve(found, width),
        outcome_lines(search_outcome(found), width),
    ]
    return "\n\n".join("\n".join(row.paint(width, colour=colour) for row in part) for part in parts if part)


def render_trial(trial: Trial) -> str:
    """One run in one line, for whoever waits for the end."""
    observed = ", ".join(f"{_metric(row)} {_value(row)}" for row in trial.slo)
    return f"{format_rate(trial.rate_rps):>9}/s  {'met' if trial.met else 'missed':6}  {observed}"


def shape(found: MaxRate) -> list[str]:
    """What was searched, with how many runs, and the SLO."""
    duration_s = found.plan.get("duration_s") or 0.0
    runs = f"{counted(len(found.trials), 'run')} of {format_duration_s(duration_s)}"
    return [title(found.plan), runs, f"SLO: {', '.join(map(clean, found.slo))}"]


def spoken(found: MaxRate) -> str:
    """The answer in a sentence."""
    if found.best_rps is not None:
        noun = (found.plan.get("counted") or {}).get("noun")
        what = noun if noun in ("journeys", "calls") else "requests"
        return f"{format_rate(found.best_rps)} {what}/s meet the SLO{_edge(found)}"
    lowest = min((trial.rate_rps for trial in found.trials), default=None)
    if lowest is None:
        return "No rate was tried."
    reliably = " every time" if any(trial.met for trial in found.trials) else ""
    return f"No rate met the SLO{reliably}, down to {format_rate(lowest)}/s."


def warnings(found: MaxRate) -> list[str]:
    """What it is not of, how it ended, where not as planned, and whose limit was found."""
    said = [f"{clean(note[0].upper() + note[1:])}." for note in found.notes]
    if found.ended_by != "completed":
        said.append(STOPS.get(found.ended_by, "Stopped before the end of the search."))
    if not found.limit:
        return said
    return [*said, LIMITS[found.limit] if found.best_rps is not None else NOTHING_SAID]


def search_outcome(found: MaxRate) -> str:
    """The last line: `PASSED 1,200/s meet p99 < 50ms`, or why not."""
    code, slo = search_code(found), ", ".join(map(clean, found.slo))
    lowest = min((trial.rate_rps for trial in found.trials), default=None)
    match code:
        case ExitCode.OK:
            return f"PASSED {format_rate(found.best_rps or 0.0)}/s meet {slo}"
        case ExitCode.SIGNAL:
            return f"STOPPED by a signal before the end of the search; exit code {int(code)}"
        case ExitCode.NOT_TRUSTED:
            whose = "generator" if found.limit == "generator" else "connections"
            why = f"the limit is that of the {whose}, not of the target (--strict)"
        case _ if found.ended_by == "no_replies":
            why = "not one reply came back any more"
        case _ if found.ended_by != "completed":
            why = "an error ended the search"
        case _:
            why = f"no rate met {slo}{'' if lowest is None else f', down to {format_rate(lowest)}/s'}"
    return f"FAILED {why}; exit code {int(code)}"


def _headline(found: MaxRate) -> Line:
    said = spoken(found)
    if found.best_rps is None:
        return line("  ", Span(said, Tone.BAD))
    rate, meets, rest = said.partition(" meet the SLO")
    return line("  ", Span(rate, Tone.STRONG), meets, rest)


def _edge(found: MaxRate) -> str:
    low, high = found.low_rps, found.high_rps
    if low is None and high is None:
        return ""
    if high is None:
        return "; no higher rate was found to miss it"
    if low is None:
        return f"; the edge lies below {format_rate(high)}/s"
    return f"; the edge lies between {format_rate(low)}/s and {format_rate(high)}/s"


def _warnings(found: MaxRate, width: int) -> list[Line]:
    lines = [row for text in warnings(found) for row in bullet("", text, width, Tone.WARN)]
    return lines + [row for reason in found.reasons for row in bullet("- ", clean(reason), width)]


def by_rate(trials: Sequence[Trial], slo: ThresholdRow | None) -> list[list[Trial]]:
    """The runs of each rate in ascending order, the one in the middle first."""
    groups = []
    for rate in sorted({trial.rate_rps for trial in trials}):
        group = sorted((trial for trial in trials if trial.rate_rps == rate), key=lambda item: charted_ms(item, slo))
        groups.append([group[len(group) // 2], *group])
    return groups


def charted(found: MaxRate) -> ThresholdRow | None:
    """The first SLO about a latency, which the curve shows; None for p99, where there is none."""
    rows = found.trials[0].slo if found.trials else ()
    return next((row for row in rows if row.unit == "ms"), None)


def charted_ms(trial: Trial, slo: ThresholdRow | None) -> float:
    """What the curve shows of a run in milliseconds; 0 where it has no data."""
    if slo is not None:
        return next((row.observed or 0.0 for row in trial.slo if row.expr == slo.expr), 0.0)
    p99 = trial.response.p99
    return (p99.get("at_least", 0.0) if isinstance(p99, dict) else p99) or 0.0


def curve_rows(found: MaxRate) -> list[tuple[str, ...]]:
    """The heads, then the figures of each rate, lowest first; there is at least one trial."""
    slo = charted(found)
    groups = by_rate(found.trials, slo)
    p99 = slo is None
    metrics = [_metric(row) for row in groups[0][0].slo]
    rows: list[tuple[str, ...]] = [("rate/s", "sent/s", "p50", *(["p99"] if p99 else []), *metrics, "SLO")]
    for shown, *runs in groups:
        rows.append((
            format_rate(shown.rate_rps),
            format_rate(shown.sent_rps),
            format_quantile(shown.response.p50),
            *([format_quantile(shown.response.p99)] if p99 else []),
            *(_value(row) for row in shown.slo),
            _verdict(runs),
        ))  # fmt: skip
    return rows


def metric_of(slo: ThresholdRow | None) -> str:
    """What the curve shows."""
    return "p99" if slo is None else _metric(slo)


def _curve(found: MaxRate, width: int) -> list[Line]:
    """A row for each rate with a bar for its latency."""
    if not found.trials:
        return []
    slo = charted(found)
    groups = by_rate(found.trials, slo)
    values = [charted_ms(group[0], slo) for group in groups]
    bars = ["", *(bar(_on_log_scale(value, values), 1.0, stretched(BAR_COLUMNS, width)) for value in values)]
    cells = [(*row, drawn) for row, drawn in zip(curve_rows(found), bars, strict=True)]
    rows = align(cells, right=frozenset(range(len(cells[0]) - 2)))
    tones = [Tone.PLAIN, *(_tone(group[1:]) for group in groups)]
    return [
        line("The curve of latency by rate"),
        *(line("  ", Span(row, tone)) for row, tone in zip(rows, tones, strict=True)),
        line(f"  The bars are {metric_of(slo)}, on a logarithmic scale."),
    ]


def _on_log_scale(value: float, values: Sequence[float]) -> float:
    """0 to 1: from half of the lowest value to the highest."""
    known = [item for item in values if item > 0]
    if value <= 0 or not known:
        return 0.0
    low, high = min(known) / 2, max(known)
    return log(value / low) / log(high / low)


def _verdict(runs: Sequence[Trial]) -> str:
    met = sum(trial.met for trial in runs)
    if met in (0, len(runs)):
        return "met" if met else "missed"
    return f"met {met} of {len(runs)}"


def _tone(runs: Sequence[Trial]) -> Tone:
    met = sum(trial.met for trial in runs)
    return Tone.PLAIN if met == len(runs) else Tone.WARN if met else Tone.BAD


def _metric(row: ThresholdRow) -> str:
    return clean(row.metric or row.expr)


def _value(row: ThresholdRow) -> str:
    if row.observed is None:
        return "-"
    said = with_unit(row.unit, row.observed)
    return f">= {said}" if row.at_least else said
