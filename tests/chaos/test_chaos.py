"""The machine that breaks runs: what it draws is the same again, and it finds what is wrong."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from loadgen.results.documents import to_json
from loadgen.results.requests import Ledger
from loadgen.results.result import Result
from tests.chaos import watch
from tests.chaos.answers import HOSTILE, WHOLE, whole
from tests.chaos.case import LONG_NAME, URL, Anchor, Case, Disk, Disturbance, Output, Place
from tests.chaos.check import problems
from tests.chaos.draw import draw
from tests.chaos.others import others
from tests.chaos.play import OLD_CONTENT, RESCUED, Done, Seen, Tls, play
from tests.chaos.script import Script
from tests.chaos.watch import Sent
from tests.support.certificates import write_certificates

SAVED = Output("-o", "r.json", Place.FILE)
CASE = Case(1, 0, ("run", URL, "-n", "5", "-c", "2", "-q"), (SAVED,), Script("1/0"), tls=False, planned_s=1.0)
RESULT = Result(ledger=Ledger(scheduled=5, sent=5, ok=5), status_codes={"200": 5}, ended_by="completed")
SEEN = Seen(code=0, files={"r.json": to_json(RESULT).encode()}, connections=2, requests=5, passable=5)


def seen(result: Result = RESULT, **changes: Any) -> Seen:
    return replace(SEEN, **{"files": {"r.json": to_json(result).encode()}, **changes})


def test_a_case_is_the_same_for_the_same_seed_and_number() -> None:
    cases = [draw(7, number) for number in range(300)]
    assert cases == [draw(7, number) for number in range(300)]
    assert len({case.describe() for case in cases}) == 300


def test_each_process_of_a_comparison_has_a_connection() -> None:
    compared = [case.argv for case in (draw(7, number) for number in range(3000)) if "1,2" in case.argv]
    users = {int(argv[argv.index("-c") + 1]) for argv in compared}
    assert min(users) == 2


def test_an_answer_is_the_same_for_the_same_request() -> None:
    script = draw(7, 3).script
    assert script.answer(2, 5, "GET") == script.answer(2, 5, "GET")


@pytest.mark.parametrize("kind", [*HOSTILE, WHOLE])
def test_a_grammar_draws_many_forms(kind: str) -> None:
    draws = [(HOSTILE | {WHOLE: whole})[kind](Random(number), "GET") for number in range(50)]
    assert len(set(map(str, draws))) > 2


def test_a_good_run_has_no_problems() -> None:
    assert problems(CASE, SEEN) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (seen(code=None), "had not ended"),
        (seen(code=-6), "died of signal 6"),
        (seen(code=3), "exit code 3 is not documented"),
        (seen(code=99), "where the result means 0"),
        (
            seen(out="GET /\n\nFAILED p99 < 1s\n(was 2 s); exit\ncode 99\n"),
            "exit code 0, and the report ends with 'FAILED",
        ),
        (seen(code=99, out="GET /\n\nPASSED\n"), "exit code 99, and the report ends with 'PASSED'"),
        (seen(replace(RESULT, ended_by="unreachable"), code=99), "for no reason"),
        (seen(err="Traceback (most recent call last):\nValueError: x\n"), "'Traceback': ValueError: x"),
        (seen(orphans=["python (S)"]), "a process is left"),
        (seen(strays=[".r.json.x"]), "a file is left"),
        (seen(files={"r.json": b'{"schema": '}), "no result"),
        (seen(files={}), "r.json was not written"),
        (seen(files={"r.json": OLD_CONTENT}), "r.json was not written"),
        (seen(passable=4), "5 ok, and the server gave 4"),
        (seen(requests=2), "5 sent, and the server saw 2 requests on 2 connections"),
        (seen(requests=6), "5 sent, and the server saw 6 requests"),
        (seen(replace(RESULT, ledger=Ledger(5, 5, 0, 4, 0, 0))), "does not balance"),
        (seen(replace(RESULT, ended_by="signal"), code=105), "for no reason"),
    ],
)
def test_what_is_wrong_is_said(wrong: Seen, said: str) -> None:
    assert any(said in problem for problem in problems(CASE, wrong)), problems(CASE, wrong)


BATCH = ("s3", "batch", "--objects", "2", "--resume", "journal")
RESUMED = Done(BATCH, 0, "", "")
LINES = b'{"loadgen_batch": {"run_id": "f00"}}\n{"index": 0}\n{"index": 1}\n'


@pytest.mark.parametrize(
    ("done", "journal", "left", "said"),
    [
        (RESUMED, LINES, [], ""),
        (RESUMED, LINES, ["loadgen/killed/x"], ""),
        (replace(RESUMED, code=None), LINES, [], "did not end"),
        (replace(RESUMED, code=3), LINES, [], "exit code 3 is not documented"),
        (replace(RESUMED, code=108), LINES, [], "was not resumed: exit code 108"),
        (replace(RESUMED, err="Traceback\nKeyError: 'get'\n"), LINES, [], "KeyError: 'get'"),
        (RESUMED, LINES[:-20], [], "journal is not whole"),
        (RESUMED, LINES + b'{"index": 1}\n', [], "journal has objects [0, 1, 1] of 2"),
        (RESUMED, LINES, ["loadgen/f00/x"], "1 objects are left of a batch that was resumed to its end"),
    ],
)
def test_what_is_wrong_with_a_batch_that_goes_on_is_said(
    done: Done, journal: bytes, left: list[str], said: str
) -> None:
    case = replace(CASE, argv=BATCH, after=(BATCH,))
    found = list(others(case, Seen(after=[done], journal=journal, objects_after=left), None))
    assert (said in found[0]) if said else found == []


@pytest.mark.parametrize(("code", "said"), [(0, ""), (2, "report r.json: exit code 2: loadgen: no")])
def test_a_whole_result_can_be_read_again(code: int, said: str) -> None:
    report = Done(("report", "r.json"), code, "", "loadgen: no\n")
    assert [*others(CASE, Seen(after=[report]), RESULT)] == ([said] if said else [])
    assert [*others(CASE, Seen(after=[report]), None)] == []


def test_a_result_that_is_nowhere_is_said() -> None:
    case = replace(CASE, disk=Disk(64))
    nowhere = seen(code=2, files={}, err="loadgen: cannot write r.json: No space left on device\n")
    assert problems(case, nowhere) == [
        "exit code 2, and the result is nowhere: loadgen: cannot write r.json: No space left on device"
    ]
    assert problems(case, replace(nowhere, files={str(RESCUED): to_json(RESULT).encode()})) == []
    long = replace(case, outputs=(replace(SAVED, name=LONG_NAME, place=Place.LONG_NAME),))
    assert problems(long, replace(nowhere, files={LONG_NAME: to_json(RESULT).encode()})) == []


@pytest.mark.parametrize(
    ("reason", "is_fine"), [("still running when the grace period ended", True), ("connection refused", False)]
)
def test_a_search_may_find_nobody_in_its_time(reason: str, is_fine: bool) -> None:
    case = replace(CASE, argv=("find-max", URL))
    gone = seen(code=2, files={}, err=f"loadgen: not one reply came back at 20/s: {reason}\n")
    assert (problems(case, gone) == []) is is_fine


@pytest.mark.parametrize(("command", "is_fine"), [("find-max", True), ("run", False)])
def test_a_search_that_finds_nobody_there_has_nothing_to_report(command: str, is_fine: bool) -> None:
    gone = seen(code=99, files={}, out="", err="loadgen: nothing listens on 127.0.0.1:9\n")
    assert (problems(replace(CASE, argv=(command, URL)), gone) == []) is is_fine


def test_the_worker_that_was_stopped_is_the_one_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(watch, "family_of", lambda pid: [pid, *range(2, 50)])
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(watch, "handled_signals", lambda _pid: set())
    process: Any = SimpleNamespace(pid=1)
    server: Any = SimpleNamespace(requests=0)
    streams: Any = None
    watched = watch.Watch(CASE, process, server, Path(), streams)
    for signal_name, after_s in (("STOP", 0.1), ("CONT", 0.3)):
        watched._send(Disturbance(Anchor.START, after_s, signal_name, "worker"))
    (stopped, _), (continued, _) = killed
    assert stopped == continued


@pytest.mark.parametrize(("waited_s", "code"), [(0.0, None), (5.0, 0)])
def test_who_waits_for_a_core_may_take_so_much_longer(
    waited_s: float, code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    class Lines:
        def drain(self) -> None:
            if clock.now > 2.0 and process.stdin and not process.stdin.closed:
                process.communicate()

    clock = Clock()
    monkeypatch.setattr(watch, "time", clock)
    monkeypatch.setattr(watch, "START_MARGIN_S", 0.0)
    monkeypatch.setattr(watch, "family_of", lambda pid: [pid])
    monkeypatch.setattr(watch, "waited_s", lambda _pid: waited_s)
    server: Any = SimpleNamespace(requests=0)
    lines: Any = Lines()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        assert watch.Watch(CASE, process, server, Path(), lines).to_the_end(0.0) == code


def test_a_signal_ends_only_what_has_no_handlers_yet() -> None:
    hangup = Disturbance(Anchor.START, 0.0, "HUP")
    early = Sent(hangup, 1, caught=False, handlers_set=False, requests=0, saved=False)
    died = seen(code=-1, files={}, requests=0, sent=[early])
    assert problems(CASE, died) == []
    assert problems(CASE, replace(died, sent=[replace(early, handlers_set=True)])) == ["it died of signal 1"]
    killed = replace(early, disturbance=Disturbance(Anchor.START, 0, "KILL"), number=9)
    assert problems(CASE, replace(died, sent=[early, killed])) == []


@pytest.mark.slow  # the command as a process of its own
def test_a_run_is_played_and_leaves_nothing(tmp_path: Path) -> None:
    certificates = write_certificates(tmp_path)
    (tmp_path / "case").mkdir()
    played = play(CASE, tmp_path / "case", Tls(certificates.server_context(), certificates.ca))
    assert problems(CASE, played) == []
    assert (played.code, played.requests, played.answers) == (0, 5, {WHOLE: 5})
