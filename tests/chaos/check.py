"""What must hold after a run, whatever was done to it: a sentence for each thing that is wrong."""

import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import jsonschema

from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.results.documents import from_json
from loadgen.results.result import Result
from loadgen.results.rounds import read_variants
from tests.chaos.case import BAD_PLACES, KEPT_PLACES, PROFILE_FILE, SECRET, Case, Output, Place
from tests.chaos.ledger import books
from tests.chaos.others import DOCUMENTED, NOISE, last_line, others, what_was_raised
from tests.chaos.play import OLD_CONTENT, RESCUED, Seen
from tests.support.schema import result_schema

REPORTED = (0, 99, 105, 108, 121)
"""Codes of a run that came to a report, and could write all of it."""

KEPT_FOR_RESUME = "for --resume"
NOTHING_RUN = ("stopped before there was anything to report", "a signal before the run had a result")
NOT_ONE = "not one reply came back"
LATE = (ErrorClass.CUT.text, ErrorClass.TIMEOUT.text, ErrorClass.CONNECT_TIMEOUT.text)
"""Why a good server's replies may not come back where all has its time: this machine had something else to do."""

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
    found += _rescued(case, seen)
    found += others(case, seen, result)
    if result is not None:
        found += books(case, seen, result)
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
            if case.argv[0] == "find-max":
                json.loads(text)["trials"]
                continue
            if case.argv[0] == "compare" and name == "standard output":
                json.loads(text)["schema"]
                continue
            if case.is_campaign:
                read_variants(text, name)
                continue
            result = from_json(text, name)
            jsonschema.validate(json.loads(text), SCHEMA)
        except (UsageError, ValueError, KeyError, jsonschema.ValidationError) as error:
            found.append(f"{name} is no result: {str(error).splitlines()[0]}")
    return result, found


def _process(case: Case, seen: Seen) -> Iterator[str]:
    if seen.code is None:
        yield (
            f"it had not ended after {seen.took_s:.1f} s, with {case.planned_s:.1f} s planned "
            f"and {seen.starved_s:.1f} s without a core"
        )
    elif seen.code < 0:
        if not _may_die_of(seen, -seen.code):
            yield f"it died of signal {-seen.code}"
    elif seen.code not in DOCUMENTED:
        yield f"exit code {seen.code} is not documented"
    elif seen.code == 2 and not _may_be_refused(case, seen):
        yield f"exit code 2 for no reason: {last_line(seen.err)}"
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
    unfit = bool(case.before) and not seen.requests  # the baseline, which is looked at before anything is sent
    return unfit or _found_nobody(case, seen) or case.may_fail_to_write


def _found_nobody(case: Case, seen: Seen) -> bool:
    """Whether a search was given up because not one reply came back, and said so where it could be seen."""
    if case.argv[0] != "find-max" or case.stderr != "file":
        return case.argv[0] == "find-max"
    said = " ".join(seen.err.split())
    return NOT_ONE in said and (not case.script.is_good or any(reason in said for reason in LATE))


def _never_began(case: Case, seen: Seen) -> bool:
    """Whether a search ended at its first run, since there was nobody to talk to: it has nothing to report but that."""
    told = case.stderr != "file" or "loadgen: " in seen.err
    return case.argv[0] == "find-max" and seen.code == 99 and not seen.out and told


def _may_die_of(seen: Seen, number: int) -> bool:
    """Whether the command was killed, or ended by a signal that came before it could have taken over any."""
    if number == 9:
        return _was_killed(seen)
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
        yield f"standard error has {noise.group()!r}: {what_was_raised(seen.err)}"
    if seen.code is None or seen.code < 0:
        return
    can_speak = case.stderr in ("file", "terminal") and not _hung_up(seen) and case.file_blocks is None
    if seen.code == 2 and can_speak and "loadgen: " not in seen.err:
        yield "exit code 2 without a word on standard error"
    if case.stdout != "file" or case.is_limited or seen.code not in REPORTED or _never_began(case, seen):
        return
    is_saved = case.is_quiet and any(output.flag == "-o" for output in case.outputs)
    if not seen.out and (case.json_on_stdout or not is_saved):
        if seen.code != 105 or seen.requests or (can_speak and not any(text in seen.err for text in NOTHING_RUN)):
            yield f"exit code {seen.code} without a report"
        return
    if case.is_campaign:
        return
    outcome = " ".join(seen.out.rstrip().rpartition("\n\n")[2].split())
    told = outcome.startswith("PASSED") if seen.code == 0 else outcome.endswith(f"; exit code {seen.code}")
    if seen.out and not case.json_on_stdout and not told:
        yield f"exit code {seen.code}, and the report ends with {outcome!r}"
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
        if ran and output.place in BAD_PLACES and seen.code == 2 and seen.requests and not named:
            yield f"nothing said that {output.name[:20]} ({output.flag}) could not be written"
        if output.place not in KEPT_PLACES or output.name == "-":
            continue
        data = seen.files.get(output.name)
        if data is None or data == OLD_CONTENT:
            if data is None and output.place.value.startswith("a file that is there"):
                yield f"{output.name} was there, and is gone"
            reported = seen.code in REPORTED and not (seen.code == 105 and not ran) and not _never_began(case, seen)
            is_over = case.is_s3 or _found_nobody(case, seen)  # before it has begun
            ran_to_end = seen.code == 2 and seen.requests and not is_over
            if (reported or (ran_to_end and case.disk is None)) and not is_limited:
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
        else f"it ends with {last_line(text)!r}"
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


def _rescued(case: Case, seen: Seen) -> Iterator[str]:
    """A result that was to be saved is somewhere."""
    outputs = [output for output in case.outputs if output.flag == "-o" and output.name != "-"]
    refused = case.is_s3 or case.before or _found_nobody(case, seen)
    if seen.code != 2 or not seen.requests or not outputs or refused or case.file_blocks is not None:
        return
    kept = [seen.files.get(output.name, OLD_CONTENT) for output in outputs]  # also where it could be bad, and was not
    if str(RESCUED) in seen.files or any(data != OLD_CONTENT for data in kept) or outputs[0].place is Place.NULL:
        return
    if case.disk is None or not case.disk.holds_tmp or "could not be saved elsewhere either" not in seen.err:
        yield f"exit code 2, and the result is nowhere: {last_line(seen.err)}"


def _bucket(case: Case, seen: Seen, result: Result | None) -> Iterator[str]:
    """Objects are left only where that was asked for, or is said."""
    if (
        not seen.objects
        or "--keep" in case.argv
        or _kept_for_resume(seen, result)
        or ("--resume" in case.argv and case.json_on_stdout and case.stdout != "file" and result is None)
        or seen.code is None
        or _was_killed(seen)
    ):
        return
    said = "may be left" in _said(seen) or (result is not None and result.left_behind)
    if not said and (result is not None or (case.stderr == "file" and case.file_blocks is None)):
        yield f"exit code {seen.code}, and {len(seen.objects)} objects are left without a word"


def _kept_for_resume(seen: Seen, result: Result | None) -> bool:
    return any(KEPT_FOR_RESUME in text for text in (_said(seen), *(result.notes if result else ())))


def _said(seen: Seen) -> str:
    """All that a person was told, without the breaks of lines."""
    return " ".join((seen.out + seen.err).split())
