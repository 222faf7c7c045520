"""What a person did wrong is one clear line for each problem, on stderr, with exit code 2."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.bodies.cluster import machine
from loadgen.cli.commands.cluster import Machine
from tests.support.command import Finished, loadgen

URL = "http://127.0.0.1:9/"

ONE_LINE = {
    "unknown option": (["run", URL, "--conections", "5"], ["No such option: --conections", "--connections"]),
    "unknown command": (["rum", URL], ["No such command 'rum'", "`loadgen --help`"]),
    "no target": (["run"], ["Missing argument 'TARGET'", "`loadgen run --help`"]),
    "option without its value": (["run", URL, "-c"], ["'-c' requires an argument"]),
    "more arguments than the command has": (["run", URL, "left", "over"], ["too many arguments", "quote"]),
    "target that is nothing": (["run", "nosuch"], ["'nosuch' is neither a URL", "`loadgen profiles`"]),
    "target too long for a file": (["run", "x" * 5000], ["is neither a URL"]),
    "empty target": (["run", ""], ["Missing argument 'TARGET', or it is empty"]),
    "URL without a host": (["run", "http:///"], ["expected a URL with a host"]),
    "URL of another scheme": (["run", "ftp://h/"], ["expected a URL such as http://"]),
    "host that does not exist": (["run", "http://nosuch.invalid/"], ["cannot resolve 'nosuch.invalid'", "spelling"]),
    "header without a colon": (["run", URL, "-H", "Accept"], ["--header: expected a header such as", "no colon"]),
    "duration that is none": (["run", URL, "-d", "5 parsecs"], ["--duration: expected a duration such as 30s"]),
    "alias of the duration": (["run", URL, "-z", "soon"], ["--duration: expected a duration", "'soon'"]),
    "number that is none": (["run", URL, "-c", "many"], ["--connections: expected an integer >= 1, got 'many'"]),
    "no connections": (["run", URL, "-c", "0"], ["--connections: expected an integer >= 1, got 0"]),
    "rounds that are none": (["run", URL, "--rounds", "x"], ["--rounds: expected a whole number, got 'x'"]),
    "no rounds": (["run", URL, "--rounds", "0"], ["--rounds: expected at least 1, got '0'"]),
    "impossible plan": (["run", URL, "-c", "3", "--processes", "4"], ["--processes: 4 processes cannot share 3"]),
    "unknown mode": (["run", URL, "--mode", "turbo"], ["--mode: expected pool, threads or async, got 'turbo'"]),
    "condition of an unknown metric": (["run", URL, "--abort-if", "luck > 1"], ["--abort-if: unknown metric 'luck'"]),
    "rate that is none": (["run", URL, "-R", "fast"], ["--rate: expected a rate such as 5000/s or 300/m, got 'fast'"]),
    "stages of both kinds": (
        ["run", URL, "--stage", "30s:100", "--stage", "5s:7/s"], ["--stage: expected stages of users (30s:100) or"],
    ),
    "ramp beside stages": (["run", URL, "--stage", "30s:100", "--ramp-up", "1s"], ["--ramp-up: cannot be"]),
    "think time at a rate": (["run", URL, "-R", "5", "--think", "1s"], ["--think: cannot be combined with a rate"]),
    "choice without a rate": (["run", URL, "--precise"], ["--precise: needs a rate or stages"]),
    "threshold of an unknown metric": (["run", URL, "-T", "luck > 1"], ["--threshold: unknown metric 'luck'"]),
    "threshold of an unknown request": (["run", URL, "-T", "buy:p99 < 1s"], ["--threshold: no request is named 'buy'"]),
    "certificate without a key": (["run", URL, "--cert", __file__], ["cert", "key"]),
    "unreadable body file": (["run", URL, "-b", "@/nosuch"], ["--body: cannot read '/nosuch': No such file"]),
    "folder as body file": (["run", URL, "-b", "@/"], ["--body: cannot read '/': Is a directory"]),
    "body file without a name": (["run", URL, "-b", "@"], ["--body: expected a file's name after @"]),
    "output in no folder": (["run", URL, "-o", "/nosuch/r.json"], ["--output: cannot write '/nosuch/r.json': No such"]),
    "output that is a folder": (["run", URL, "-o", "/"], ["--output: cannot write '/': Is a directory"]),
    "output where nothing can be": (["run", URL, "-o", "/proc/r.json"], ["--output: cannot write '/proc/r.json'"]),
    "unknown format": (["run", URL, "--format", "xml"], ["--format: expected text, json or markdown, got 'xml'"]),
    "setting without a value": (["run", "quickstart", "--set", "TARGET"], ["--set: expected KEY=VALUE, got 'TARGET'"]),
    "setting of nothing": (["run", "quickstart", "--set", "X=1"], ["no variable 'X'", "TARGET"]),
    "setting beside a URL": (["run", URL, "--set", "X=1"], ["--set: a URL has no variables"]),
    "check of nothing": (["check", "nosuch"], ["'nosuch' is neither a URL"]),
    "unknown profile": (["profiles", "show", "nosuch"], ["called 'nosuch'", "`loadgen profiles`"]),
    "result that is not there": (["report", "nosuch.json"], ["cannot read 'nosuch.json': No such file"]),
    "impossible port": (["target", "--port", "70000"], ["--port: expected 0 to 65535, got 70000"]),
    "port that is none": (["target", "--port", "http"], ["--port: expected a whole number, got 'http'"]),
}  # fmt: skip


def assert_usage_error(done: Finished, lines: int = 1) -> None:
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.count("\n") == lines
    assert all(line.startswith("loadgen: ") for line in done.err.splitlines())


@pytest.mark.parametrize(("argv", "texts"), ONE_LINE.values(), ids=ONE_LINE)
def test_one_mistake_is_one_clear_line(argv: Sequence[str], texts: Sequence[str]) -> None:
    done = loadgen(*argv)
    assert_usage_error(done)
    assert [text for text in texts if text not in done.err] == []


def test_a_condition_that_needs_a_window_says_so() -> None:
    done = loadgen("run", URL, "--abort-if", "error_rate >")
    assert_usage_error(done)
    assert "--abort-if: " in done.err


def test_several_mistakes_are_reported_at_once() -> None:
    done = loadgen(
        "run", URL, "-c", "0", "-d", "x", "-H", "bad", "--mode", "turbo", "--max-errors", "-1", "--think", "y"
    )
    assert_usage_error(done, lines=6)
    for flag in ("--connections", "--duration", "--header", "--mode", "--max-errors", "--think"):
        assert done.err.count(f"{flag}: ") == 1


def test_the_mistakes_of_a_profile_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text("target: http://h/\nconnections: many\nduration: 5 parsecs\nbogus: 1\n")
    done = loadgen("run", profile)
    assert_usage_error(done, lines=3)
    assert f"{profile}: line 2: connections: expected an integer >= 1, got 'many'" in done.err
    assert f"{profile}: line 3: duration: expected a duration" in done.err
    assert f"{profile}: line 4: bogus: unknown key" in done.err


@pytest.mark.parametrize("option", ["--cacert", "--cert"])
def test_a_file_that_is_no_pem_is_a_usage_error(tmp_path: Path, option: str) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    pair = ["--key", junk] if option == "--cert" else []
    done = loadgen("run", "https://127.0.0.1:9/", "-d", "1s", option, junk, *pair)
    assert_usage_error(done)
    assert f"cannot use '{junk}'" in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "http://h/", "--machines", "2"], "--machines: give --cluster ADDRESS"),
        (["run", "http://h/", "--cluster-wait", "2s"], "--cluster-wait: give --cluster ADDRESS"),
        (
            ["run", "tasks.py:work", "--machine", "env", "--results", "r"],
            "--results: cannot be combined with --machine",
        ),
        (["cluster", "kubernetes", "--", "run", "http://h/"], "behind -- stands what follows `loadgen run`"),
        (["cluster", "kubernetes", "--", "http://h/", "--machine=env"], "--machine: the manifests say where"),
    ],
)
def test_what_says_where_a_run_is_made_says_it_whole(words: list[str], says: str) -> None:
    done = loadgen(*words)
    assert_usage_error(done)
    assert says in done.err


def test_a_machine_of_a_run_is_not_started_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, terminal = os.openpty()
    with os.fdopen(keys), os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(UsageError, match="- is for a program that starts this"):
            machine(Machine(address="-"))


def test_the_address_of_a_cluster_may_be_in_its_variable() -> None:
    done = loadgen("cluster", "status", env={"LOADGEN_CLUSTER": "tls://127.0.0.1:1"})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("loadgen: tls://127.0.0.1:1: give --certificates DIR")
