"""What must hold for the figures of a result, against what the server saw."""

from collections.abc import Iterator

from loadgen.judge.exit_code import exit_code
from loadgen.results.result import Result
from tests.chaos.case import Case
from tests.chaos.play import Seen


def books(case: Case, seen: Seen, result: Result) -> Iterator[str]:
    """One sentence for each thing that is wrong in a result."""
    yield from _code(case, seen, result)
    yield from _ledger(case, seen, result)
    yield from _ending(case, seen, result)


def _code(case: Case, seen: Seen, result: Result) -> Iterator[str]:
    """The exit code is what the result says, unless an output failed."""
    said = int(exit_code(result))
    if seen.code is None or seen.code < 0 or seen.code == said or (seen.code == 2 and case.may_fail_to_write):
        return
    yield f"exit code {seen.code}, where the result means {said} (ended by {result.ended_by})"


def _ledger(case: Case, seen: Seen, result: Result) -> Iterator[str]:
    ledger, users = result.ledger, result.users
    rows = [("", ledger), *((f" of {name}", row.ledger) for name, row in result.requests.items())]
    for name, row in rows:
        if not row.balanced:
            yield f"the ledger{name} does not balance: {row}"
        if min(row.scheduled, row.sent, row.not_sent, row.ok, row.failed, row.unknown) < 0:
            yield f"the ledger{name} has a negative number: {row}"
    if users.asked != users.started + users.skipped:
        yield f"the users do not balance: {users}"
    if ledger.ok > seen.passable:
        yield f"{ledger.ok} ok, and the server gave {seen.passable} replies that may pass"
    unread = seen.connections + seen.surplus  # each reply too many may get one more sent
    if ledger.sent > seen.requests + unread + result.connections.failed:
        yield (
            f"{ledger.sent} sent, and the server saw {seen.requests} requests on {seen.connections} connections "
            f"beside {result.connections.failed} that failed"
        )
    whole = not any(worker.lost for worker in result.generator.workers) and not result.samples_lost
    if not case.warms_up and not case.is_s3 and ledger.sent < seen.requests and not _worker_lost(seen):
        yield f"{ledger.sent} sent, and the server saw {seen.requests} requests"
    if not whole or _worker_lost(seen) or _ended_at_once(seen):
        return
    by_error = sum(row.count for row in result.errors)
    if by_error != ledger.failed + ledger.unknown:
        yield f"{by_error} errors by class, and {ledger.failed} failed + {ledger.unknown} unknown"
    service = result.latency_ms.get("service") or result.latency_ms.get("response")
    if service is not None and service.count != ledger.ok:
        yield f"{service.count} latencies of {ledger.ok} good replies"
    disturbed = any(row.disturbance.signal in ("STOP", "KILL") for row in seen.sent) or case.open_files is not None
    if (
        case.script.is_good
        and "expect" not in case.profile
        and ledger.failed
        and not disturbed
        and not _timed_out_only(result)
        and not _distrusts(case)
    ):
        classes = ", ".join(f"{row.count} {row.error_class}" for row in result.errors)
        yield f"the server gave good replies only, and there are {classes}"


def _distrusts(case: Case) -> bool:
    """Whether the certificate was not to be trusted."""
    return case.tls and "--cacert" not in case.argv and "-k" not in case.argv


def _timed_out_only(result: Result) -> bool:
    """A timeout of 50 ms may pass on a machine that is busy."""
    return all(row.error_class in ("timeout", "connect_timeout", "cut") for row in result.errors)


def _worker_lost(seen: Seen) -> bool:
    """Whether a worker was killed, or stopped, perhaps for good."""
    return any(
        sent.disturbance.signal == "KILL" or (sent.disturbance.signal, sent.disturbance.whom) == ("STOP", "worker")
        for sent in seen.sent
    )


def _ended_at_once(seen: Seen) -> bool:
    """Whether a second signal may have asked for what is known by then."""
    return sum(sent.disturbance.signal in ("INT", "TERM", "HUP", "QUIT") for sent in seen.sent) > 1


def _ending(case: Case, seen: Seen, result: Result) -> Iterator[str]:
    """It ended for a reason that there was."""
    signals = {sent.disturbance.signal for sent in seen.sent}
    early = {"--fail-fast", "--max-errors", "--abort-if"} & set(case.argv)
    reasons = {
        "signal": bool(signals & {"INT", "TERM", "HUP", "QUIT"}),
        "error": _worker_lost(seen) or case.open_files is not None or case.is_limited,
        "fail_fast": bool(early) or "batch" in case.argv,
        "threshold": "p50 < 1ms abort" in case.argv,
        "unreachable": _distrusts(case) or bool(case.script.openings),
        "completed": True,
    }
    if not reasons.get(result.ended_by, False):
        yield f"it ended by {result.ended_by} for no reason: {result.ended_because}"
