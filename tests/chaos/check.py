"""What must hold after a run, whatever was done to it: a sentence for each thing that is wrong."""

import html
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import jsonschema

from loadgen.base.errors import UsageError
from loadgen.results.result import Result, from_json
from loadgen.results.rounds import read_variants
from tests.chaos.case import BAD_PLACES, KEPT_PLACES, PROFILE_FILE, SECRET, Case, Output
from tests.chaos.play import OLD_CONTENT, RESCUED, Seen
from tests.support.schema import result_schema

DOCUMENTED = (0, 1, 2, 99, 105, 108, 120, 121)
REPORTED = (0, 99, 105, 108, 121)
"""Codes of a run that came to a report, and could write all of it."""

ENDING_CODES = {"error": 1, "signal": 105, "fail_fast": 108}
NOTHING_RUN = ("stopped before there was anything to report", "a signal before the run had a result")
NOISE = re.compile(r"Traceback|Exception ignored|Fatal Python error|never retrieved|Warning: |was never awaited")
RAISED = re.compile(r"[A-Za-z_.]+(Error|Exception|Interrupt|Stopped|Group)\b")
MOST_MB = 300.0
"""A worker takes 45 MB with the raw client and some 80 MB with httpx."""

SCHEMA = json.loads(result_schema())


def problems(case: Case, seen: Seen) -> list[str]:
    """One sentence for each thing that is wrong; none for a run that kept all promises."""
    result, found = _result(case, seen)
    found += _process(case, seen)
    found += _streams(case, seen, result)
    found += _outputs(case, seen)
    found += _bucket(case, seen, result)
    found += _secrets(case, seen)
    if result is not None:
        found += _code(case, seen, result)
        found += _ledger(case, seen, result)
        found += _ending(case, seen, result)
    return list(found)


def _result(case: Case, seen: Seen) -> tuple[Result | None, list[str]]:
    """The result from wherever it was saved or printed, and what is wrong with its form."""
    texts = [
        (output.name, seen.files.get(output.name, OLD_CONTENT).decode("utf-8", "replace"))
        for output in case.outputs
        if output.flag == "-o" and output.place in KEPT_PLACES and output.name != "-"
    ]
    if str(RESCUED) in seen.files:
        texts.append(("the result that was saved elsewhere", seen.files[str(RESCUED)].decode("utf-8", "replace")))
    if case.json_on_stdout and case.stdout == "file" and case.file_blocks is None and seen.out:
        texts.append(("standard output", seen.out))
    found, result = [], None
    for name, text in texts:
        if text.encode() == OLD_CONTENT:
            continue
        try:
            if case.has_rounds:
                read_variants(text, name)
                continue
            result = from_json(text, name)
            jsonschema.validate(json.loads(text), SCHEMA)
        except (UsageError, ValueError, jsonschema.ValidationError) as error:
            found.append(f"{name} is no result: {str(error).splitlines()[0]}")
    return result, found


def _process(case: Case, seen: Seen) -> Iterator[str]:
    if seen.code is None:
        yield f"it had not ended after {seen.took_s:.1f} s, with {case.planned_s:.1f} s planned"
    elif seen.code < 0:
        if not _may_die_of(seen, -seen.code):
            yield f"it died of signal {-seen.code}"
    elif seen.code not in DOCUMENTED:
        yield f"exit code {seen.code} is not documented"
    elif seen.code == 2 and not _may_be_refused(case, seen):
        yield f"exit code 2 for no reason: {_last_line(seen.err)}"
    for orphan in seen.orphans:
        yield f"a process is left: {orphan}"
    if not _was_killed(seen):
        untold = case.stderr != "file" or case.file_blocks is not None
        for stray in seen.strays:
            if stray == str(RESCUED) and untold:
                continue  # it would have been named
            yield f"a file is left: {stray}"
    if seen.most_mb > MOST_MB:
        yield f"a process took {seen.most_mb:.0f} MB"


def _may_be_refused(case: Case, seen: Seen) -> bool:
    """Whether there is something that cannot be done on such a machine, or written."""
    if case.is_s3 and (not case.script.is_good or case.tls or seen.sent):
        return True  # the bucket could not be prepared
    limited = case.open_files is not None or case.file_blocks is not None
    return limited or case.stdout in ("full", "closed") or any(output.place in BAD_PLACES for output in case.outputs)


def _may_die_of(seen: Seen, number: int) -> bool:
    """Whether the command was killed, or ended by a signal that came before it could have taken over any."""
    if _was_killed(seen):
        return number == 9
    return any(
        sent.number == number and not sent.handlers_set and not sent.requests and not sent.saved for sent in seen.sent
    )


def _was_killed(seen: Seen) -> bool:
    return any(sent.disturbance.signal == "KILL" and sent.disturbance.whom == "command" for sent in seen.sent)


def _came_early(seen: Seen) -> bool:
    """Whether a signal came while Python itself was starting, which says so in its own way."""
    return any(not sent.handlers_set and not sent.requests and not sent.saved for sent in seen.sent)


def _streams(case: Case, seen: Seen, result: Result | None) -> Iterator[str]:
    noise = NOISE.search(seen.err)
    if noise and seen.code is not None and not (_came_early(seen) and not seen.requests):
        raised = [line for line in seen.err.splitlines() if RAISED.match(line)]
        yield f"standard error has {noise.group()!r}: {raised[-1] if raised else _last_line(seen.err)}"
    if seen.code is None or seen.code < 0:
        return
    can_speak = case.stderr in ("file", "terminal") and not _hung_up(seen) and case.file_blocks is None
    if seen.code == 2 and can_speak and "loadgen: " not in seen.err:
        yield "exit code 2 without a word on standard error"
    if case.stdout != "file" or case.file_blocks is not None or seen.code not in REPORTED:
        return
    is_saved = case.is_quiet and any(output.flag == "-o" for output in case.outputs)
    if not seen.out and (case.json_on_stdout or not is_saved):
        if seen.code != 105 or seen.requests or (can_speak and not any(text in seen.err for text in NOTHING_RUN)):
            yield f"exit code {seen.code} without a report"
        return
    if case.has_rounds:
        return
    if seen.out and not case.json_on_stdout and not seen.out.rstrip().splitlines()[-1].startswith("Transfer/sec:"):
        yield f"the report ends with {_last_line(seen.out)!r}"
    said = "Stopped by a signal" in seen.out
    if not case.json_on_stdout and seen.out and said != (seen.code == 105):
        yield f"exit code {seen.code}, and the report {'says' if said else 'does not say'} that a signal stopped it"
    if result is None and case.json_on_stdout and seen.out and seen.code in REPORTED:
        yield "no JSON on standard output"


def _hung_up(seen: Seen) -> bool:
    return any(sent.disturbance.signal == "HANGUP" for sent in seen.sent)


def _outputs(case: Case, seen: Seen) -> Iterator[str]:
    """Each file is whole, or as it was before."""
    is_limited = case.file_blocks is not None
    ran = bool(seen.out) or any(seen.files.get(out.name, OLD_CONTENT) != OLD_CONTENT for out in case.outputs)
    for output in case.outputs:
        is_written = seen.files.get(output.name, OLD_CONTENT) != OLD_CONTENT  # as some that are bad are here and there
        named = is_written or output.name in seen.err or case.stderr != "file" or is_limited
        if output.place in BAD_PLACES and seen.code == 2 and seen.requests and not named:
            yield f"nothing said that {output.name[:20]} ({output.flag}) could not be written"
        if output.place not in KEPT_PLACES or output.name == "-":
            continue
        data = seen.files.get(output.name)
        if data is None or data == OLD_CONTENT:
            if data is None and output.place.value.startswith("a file that is there"):
                yield f"{output.name} was there, and is gone"
            reported = seen.code in REPORTED and not (seen.code == 105 and not ran)
            ran_to_end = seen.code == 2 and seen.requests and not case.is_s3  # a bucket that cannot be prepared ends it
            if (reported or ran_to_end) and not is_limited:
                yield f"exit code {seen.code}, and {output.name} was not written"
            continue
        wrong = _wrong_with(output, data)
        if wrong:
            yield f"{output.name} is not whole: {wrong}"


def _wrong_with(output: Output, data: bytes) -> str:
    """What is wrong with an output's form; nothing for a whole one. JSON is read elsewhere."""
    text = data.decode("utf-8", "replace")
    if not text.endswith("\n"):
        return f"it ends with {text[-20:]!r}"
    check = FORMS.get(output.flag)
    return check(text) if check else ""


def _junit(text: str) -> str:
    try:
        ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return str(error)
    return ""


def _openmetrics(text: str) -> str:
    return "" if text.endswith("# EOF\n") else "no # EOF"


def _hgrm(text: str) -> str:
    return (
        ""
        if any(line.startswith("#[Buckets") for line in text.splitlines()[-2:])
        else f"it ends with {_last_line(text)!r}"
    )


def _hlog(text: str) -> str:
    return "" if "#[Histogram log format version" in text else f"it begins with {text.splitlines()[0]!r}"


FORMS: dict[str, Callable[[str], str]] = {
    "--junit": _junit,
    "--openmetrics": _openmetrics,
    "--hgrm": _hgrm,
    "--hlog": _hlog,
}


def _secrets(case: Case, seen: Seen) -> Iterator[str]:
    """The profile's secret is in no output, however it was written on the wire."""
    outputs = {name: data for name, data in seen.files.items() if name != PROFILE_FILE}
    texts = {name: data.decode("utf-8", "replace") for name, data in outputs.items()}
    for name, text in {**texts, "standard output": seen.out, "standard error": seen.err}.items():
        for form in (SECRET, quote(SECRET, safe=""), quote(SECRET), html.escape(SECRET), SECRET[:12]):
            if case.profile and form in text:
                yield f"the secret is in {name}, written as {form}"
                break


def _bucket(case: Case, seen: Seen, result: Result | None) -> Iterator[str]:
    """Objects are left only where that was asked for, or is said."""
    if not seen.objects or "--keep" in case.argv or seen.code is None or _was_killed(seen):
        return
    said = "may be left" in " ".join((seen.out + seen.err).split()) or (result is not None and result.left_behind)
    if not said and (result is not None or (case.stderr == "file" and case.file_blocks is None)):
        yield f"exit code {seen.code}, and {len(seen.objects)} objects are left without a word"


def _code(case: Case, seen: Seen, result: Result) -> Iterator[str]:
    """The exit code is what the result says, unless an output failed."""
    said = ENDING_CODES.get(result.ended_by)
    if said is None:
        verdict, judged = result.generator.verdict, bool(result.thresholds)
        distrusted = verdict != "valid" if "--strict" in case.argv else (verdict == "invalid" and judged)
        missed = result.ended_by == "threshold" or any(row.verdict != "pass" for row in result.thresholds)
        said = 121 if distrusted else 99 if missed or not result.status_codes else 0
    if seen.code is None or seen.code < 0 or seen.code == said or (seen.code == 2 and _may_be_refused(case, seen)):
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
        "error": _worker_lost(seen) or case.open_files is not None or case.file_blocks is not None,
        "fail_fast": bool(early),
        "threshold": "p50 < 1ms abort" in case.argv,
        "completed": True,
    }
    if not reasons.get(result.ended_by, False):
        yield f"it ended by {result.ended_by} for no reason: {result.ended_because}"


def _last_line(text: str) -> str:
    return (text.rstrip().splitlines() or [""])[-1].strip()[:200]
