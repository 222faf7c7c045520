"""From a Result to the exit code of the command; 99, 105, 107 and 108 are k6's."""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from loadgen.base.error_class import ErrorClass
from loadgen.results.requests import ErrorRow
from loadgen.results.result import Result


class ExitCode(IntEnum):
    """In the order in which they win where several hold, except OK."""

    USAGE = 2
    INTERNAL = 1
    SIGNAL = 105
    FAIL_FAST = 108
    SCRIPT = 107
    NOT_TRUSTED = 121
    THRESHOLD = 99
    WORSE = 120
    OK = 0


ENDED = {
    "error": ExitCode.INTERNAL,
    "signal": ExitCode.SIGNAL,
    "fail_fast": ExitCode.FAIL_FAST,
    "script": ExitCode.SCRIPT,
    "unreachable": ExitCode.THRESHOLD,
}
"""The codes of what ended a run, or several, before the plan did."""


AGAIN = " again"
"""What the names of requests end in that are sent again."""


def exit_code(result: Result) -> ExitCode:
    """The code of one run. Failures of the target alone do not change it, unless not one reply was good and no journey
    was done without one: that counts before what is asked of figures. An exception of a scenario's own code does, or of
    a batch's function, and for a store that it gave wrong bytes, did nothing of what it was asked, or that a batch
    leaves something undone.

    An invalid run never meets a threshold, and with `--strict` only a valid one is good enough.
    """
    if result.ended_by in ENDED:
        return ENDED[result.ended_by]
    if any(script_errors(result)) or _has(result, ErrorClass.PROCESSING):
        return ExitCode.SCRIPT
    if not is_fruitful(result):
        return ExitCode.THRESHOLD
    if not _is_trusted(result):
        return ExitCode.NOT_TRUSTED
    if result.ended_by == "threshold" or any(row.verdict != "pass" for row in result.thresholds):
        return ExitCode.THRESHOLD
    return ExitCode.THRESHOLD if is_bad_store(result) else ExitCode.OK


def worst_code(results: Iterable[Result], ended_by: str = "completed") -> ExitCode:
    """That of the run which went worst of several; `ended_by` is how all of it ended, where a run has no Result."""
    codes = {ENDED.get(ended_by, ExitCode.OK), *map(exit_code, results)}
    return next(code for code in ExitCode if code in codes)


def is_fruitful(result: Result) -> bool:
    """Whether anything came of it: a good reply, or a journey or call without one, or there was nothing left to do."""
    return bool(result.ledger.ok) or did_without(result) or _was_done_before(result)


def did_without(result: Result) -> bool:
    """Whether journeys did what they do without a request, or calls did, such as the messages of a WebSocket."""
    return result.journeys.ok > 0 or any(
        part.kind == "call" and part.ledger.ok for part in result.transactions.values()
    )


def script_errors(result: Result) -> Iterator[tuple[str, ErrorRow]]:
    """The journeys that an exception of their own code ended, each with what it was."""
    for name, part in result.transactions.items():
        yield from ((name, row) for row in part.errors if row.error_class == ErrorClass.SCRIPT_ERROR)


def _was_done_before(result: Result) -> bool:
    """Whether it is of a batch that went on where nothing was left to do."""
    return bool((result.plan.get("s3") or {}).get("resumed")) and not result.ledger.scheduled


def _has(result: Result, error: ErrorClass) -> bool:
    return any(row.error_class == error for row in result.errors)


def is_bad_store(result: Result) -> bool:
    """Of S3: whether bytes were wrong, nothing was done at all, or a batch has failures that no retry has mended."""
    if not result.plan.get("s3"):
        return False
    wholes = [result.ledger, *(part.ledger for part in result.transactions.values())]
    if _has(result, ErrorClass.WRONG_CONTENT) or any(ledger.failed and not ledger.ok for ledger in wholes):
        return True
    return result.plan["s3"].get("job") == "batch" and unmended(result) > 0


def sent_again(result: Result) -> dict[str, int]:
    """How often which operation of S3 was sent again."""
    named = ((name.removesuffix(AGAIN), part) for name, part in result.requests.items() if name.endswith(AGAIN))
    return {name: part.ledger.sent for name, part in named if part.ledger.sent}


def unmended(result: Result) -> int:
    """How many requests to S3 have failed, and were not sent again."""
    return result.ledger.failed - sum(sent_again(result).values())


def _is_trusted(result: Result) -> bool:
    verdict = result.generator.verdict
    if result.plan.get("strict") and verdict != "valid":
        return False
    is_judged = bool(result.thresholds or result.plan.get("thresholds") or result.ended_by == "threshold")
    return verdict != "invalid" or not is_judged
