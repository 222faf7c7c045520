"""The last line of a report: whether all that was asked was met, else what was not, and the exit code."""

from loadgen.judge.exit_code import ExitCode, exit_code, is_fruitful, script_errors
from loadgen.report.draw.style import Line, Span, Tone, clean, line, wrap
from loadgen.report.run.facts import ENDINGS, vanity
from loadgen.report.run.tables import was
from loadgen.results.result import Result

NOTHING_ASKED = "PASSED (no threshold was set)"


def outcome_text(result: Result) -> str:
    """`PASSED`, or `FAILED p99 < 250ms (was 312 ms); exit code 99`, on one line."""
    code = exit_code(result)
    if code is ExitCode.OK:
        return "PASSED" if result.thresholds or result.plan.get("strict") else NOTHING_ASKED
    word = "STOPPED" if code is ExitCode.SIGNAL else "FAILED"
    return f"{word} {failure_text(result, code)}; exit code {int(code)}"


def outcome_lines(text: str, width: int) -> list[Line]:
    """It, as the lines of a report."""
    tone = Tone.STRONG if text.startswith("PASSED") else Tone.BAD
    return [line(Span(row, tone)) for row in wrap(text, width)]


def failure_text(result: Result, code: ExitCode) -> str:
    """Why it is not 0."""
    how, _ = ENDINGS.get(result.ended_by, ("", None))
    because = how.lower()
    if result.ended_by != "completed":  # of those it says how steady they were
        because = clean(result.ended_because) or because
    if result.ended_by == "unreachable" or code in (ExitCode.INTERNAL, ExitCode.SIGNAL, ExitCode.FAIL_FAST):
        return because
    if code is ExitCode.SCRIPT:
        raised = [f"{clean(name)}: {clean(row.message)}" for name, row in script_errors(result)]
        return because or next(iter(raised), "a function raised an exception")
    if code is ExitCode.NOT_TRUSTED:
        return _mistrust(result)
    missed = [f"{clean(row.expr)} ({was(row)})" for row in result.thresholds if row.verdict != "pass"]
    if not is_fruitful(result):
        return _lowered(vanity(result))
    return ", ".join(missed) or because or "the store did not do as asked; see the errors"


def _mistrust(result: Result) -> str:
    generator = result.generator
    strict = "" if generator.verdict == "invalid" else " (--strict wants a valid one)"
    return f"the run is {clean(generator.verdict).replace('_', ' ')}, not to be trusted{strict}"


def _lowered(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}"
