"""What must hold for the commands of a case that nothing disturbs."""

import json
import re
from collections.abc import Iterator

from loadgen.results.result import Result
from tests.chaos.case import JOURNAL_FILE, Case
from tests.chaos.play import Done, Seen

DOCUMENTED = (0, 1, 2, 99, 105, 108, 120, 121)
NOISE = re.compile(r"Traceback|Exception ignored|Fatal Python error|never retrieved|Warning: |was never awaited")
RAISED = re.compile(r"[A-Za-z_.]+(Error|Exception|Interrupt|Stopped|Group)\b")


def others(case: Case, seen: Seen, result: Result | None) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    for done in (*seen.before, *seen.after):
        name = " ".join(done.argv[:2])
        if done.code is None:
            yield f"{name} did not end"
        elif done.code not in DOCUMENTED:
            yield f"{name}: exit code {done.code} is not documented"
        elif done.code == 2 and "loadgen: " not in done.err:
            yield f"{name}: exit code 2 without a word on standard error"
        if NOISE.search(done.err):
            yield f"{name}: standard error has {what_was_raised(done.err)}"
    if case.disk is None:
        for done in seen.after:
            yield from _resumed(case, seen, done) if done.argv[0] == "s3" else _read_again(case, done, result)


def _read_again(case: Case, done: Done, result: Result | None) -> Iterator[str]:
    """A whole result can be read by every command that reads results."""
    if result is None or case.is_campaign:
        return
    against_itself = done.argv[0] == "gate" and "--baseline" in done.argv
    if against_itself and done.code == 120 and "--strict" in case.argv:  # one run each cannot tell
        return
    allowed = {"report": (0,), "gate": (0, 99, 121, 105, 108, 1), "diff": (0,), "baseline": (0, 2)}[done.argv[0]]
    if done.code not in allowed and not (against_itself and done.code == 2):
        yield f"{' '.join(done.argv)}: exit code {done.code}: {last_line(done.err)}"


def _resumed(case: Case, seen: Seen, done: Done) -> Iterator[str]:
    """The same batch, with a good store, does what is left of it, and nothing twice."""
    if done.code != 0:
        yield f"the batch was not resumed: exit code {done.code}: {last_line(done.err)}"
        return
    objects = int(case.argv[case.argv.index("--objects") + 1])
    head, *lines = seen.journal.decode("utf-8", "replace").splitlines()
    try:
        done_objects = [json.loads(line)["index"] for line in lines]
        prefix = f"/{json.loads(head)['loadgen_batch']['run_id']}/"
    except (ValueError, KeyError) as error:
        yield f"{JOURNAL_FILE} is not whole: {error}"
        return
    if sorted(done_objects) != list(range(objects)):
        yield f"{JOURNAL_FILE} has objects {done_objects} of {objects}"
    left = [key for key in seen.objects_after if prefix in key]  # one that was killed as it prepared had another
    if "--keep" in case.argv:
        if len(left) < objects:
            yield f"{len(left)} objects are there of a batch of {objects} that keeps them"
    elif left:
        yield f"{len(left)} objects are left of a batch that was resumed to its end"


def what_was_raised(err: str) -> str:
    """The last line that names an exception."""
    raised = [line for line in err.splitlines() if RAISED.match(line)]
    return raised[-1] if raised else last_line(err)


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return (text.rstrip().splitlines() or [""])[-1].strip()[:200]
