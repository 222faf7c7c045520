"""Options that come from the environment, and the commands that only print."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import loadgen as package
from loadgen.base.errors import UsageError
from loadgen.cli.options import OPTIONS, variable_of
from loadgen.cli.streams import emit
from loadgen.plan.build import LARGEST_BODY_IN_MEMORY
from loadgen.plan.profiles.shipped import shipped_profiles, summary_of
from tests.support.command import loadgen

URL = "http://127.0.0.1:9/"


def checked(*argv: object, **env: str) -> str:
    done = loadgen("check", URL, *argv, env=env)
    assert (done.code, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_printed(flag: str) -> None:
    done = loadgen(flag)
    assert (done.code, done.out, done.err) == (0, f"loadgen {package.__version__}\n", "")


@pytest.mark.parametrize(
    ("name", "value", "argv"),
    [
        ("LOADGEN_CONNECTIONS", "7", ["-c", "7"]),
        ("LOADGEN_DURATION", "3s", ["-d", "3s"]),
        ("LOADGEN_REQUESTS", "70", ["-n", "70"]),
        ("LOADGEN_THINK", "1s..2s", ["--think", "1s..2s"]),
        ("LOADGEN_MODE", "threads", ["--mode", "threads"]),
        ("LOADGEN_NO_KEEPALIVE", "1", ["--no-keepalive"]),
        ("LOADGEN_NO_KEEPALIVE", "0", []),
        ("LOADGEN_HEADER", "A: 1\nB: two words", ["-H", "A: 1", "-H", "B: two words"]),
        ("LOADGEN_ABORT_IF", "failed > 1", ["--abort-if", "failed > 1"]),
        ("LOADGEN_CONNECT_TIMEOUT", "2s", ["--connect-timeout", "2s"]),
        ("LOADGEN_RATE", "300/m", ["-R", "5"]),
        ("LOADGEN_STAGE", "1s:5/s\n2s:9/s", ["--stage", "1s:5/s", "--stage", "2s:9/s"]),
        ("LOADGEN_THRESHOLD", "p99 < 1s\nfailed < 5", ["-T", "p99 < 1s", "--threshold", "failed < 5"]),
        ("LOADGEN_WARMUP", "2s", ["--warmup", "2s"]),
        ("LOADGEN_STRICT", "1", ["--strict"]),
        ("LOADGEN_CONNECTIONS", "", []),
    ],
)
def test_the_environment_gives_a_default(name: str, value: str, argv: list[str]) -> None:
    assert checked(**{name: value}) == checked(*argv)


def test_the_environment_sets_variables_of_a_profile_one_a_line() -> None:
    by_environment = loadgen("check", "http-get", env={"LOADGEN_SET": "TARGET=http://h/\nCONNECTIONS=7"})
    assert by_environment.code == 0
    assert by_environment == loadgen("check", "http-get", "--set", "TARGET=http://h/", "--set", "CONNECTIONS=7")


def test_an_option_comes_before_the_environment() -> None:
    assert checked("-c", "5", LOADGEN_CONNECTIONS="7") == checked("-c", "5")


def test_a_mistake_in_the_environment_names_the_option() -> None:
    done = loadgen("check", URL, env={"LOADGEN_CONNECTIONS": "many"})
    assert (done.code, done.out) == (2, "")
    assert done.err == "loadgen: command line: --connections: expected an integer >= 1, got 'many'\n"


@pytest.mark.parametrize(
    ("argv", "headers"),
    [
        ([], ["A: 1", "B: 2"]),
        (["-H", "C: 3"], ["A: 1", "B: 2", "C: 3"]),
        (["-H", "b: 4"], ["A: 1", "b: 4"]),
    ],
)
def test_headers_of_the_environment_are_sent_beside_those_of_the_command_line(
    argv: list[str], headers: list[str]
) -> None:
    same = [word for header in headers for word in ("-H", header)]
    assert checked(*argv, LOADGEN_HEADER="A: 1\nB: 2") == checked(*same)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LOADGEN_CONECTIONS", "; did you mean LOADGEN_CONNECTIONS?"),
        ("LOADGEN_HEADERS", "; did you mean LOADGEN_HEADER?"),
        ("LOADGEN_ELSEWHERE", ""),
    ],
)
def test_a_variable_of_no_option_is_named(name: str, said: str) -> None:
    done = loadgen("check", URL, env={name: "7"})
    assert (done.code, done.out) == (0, checked())
    assert done.err == f"loadgen: {name} in the environment is the variable of no option{said}\n"


def test_a_variable_of_another_command_is_no_mistake() -> None:
    assert loadgen("check", URL, env={"LOADGEN_BUCKET": "b", "LOADGEN_HTML": "x", "LOADGEN_SET": ""}).err == ""


def test_every_option_has_a_variable_of_its_own() -> None:
    assert len({variable_of(option.flags) for option in OPTIONS}) == len(OPTIONS)


def test_the_body_may_be_text_or_a_file_or_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"some text")
    by_text = checked("-b", "some text")
    assert "POST / HTTP/1.1" in by_text
    assert by_text == checked("-b", f"@{file}")
    assert by_text == loadgen("check", URL, "-b", "-", stdin=b"some text").out


def test_a_large_body_stays_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(bytes(LARGEST_BODY_IN_MEMORY + 1))
    told = checked("-b", f"@{file}")
    assert "POST / HTTP/1.1" in told
    assert "Content-Length: (known when it is sent)" in told


def test_check_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.create_connection(("localhost", 9))
    for target in ("http://nosuch.invalid/", "https://nosuch.invalid/", *shipped_profiles()):
        where = ["--target", URL] if target.endswith(".py") else []
        assert loadgen("check", target, *where).code == 0


def test_profiles_lists_every_shipped_one() -> None:
    done = loadgen("profiles")
    assert (done.code, done.err) == (0, "")
    assert {"quickstart", "http-get", "http-post-json", "mixed"} <= set(shipped_profiles())
    for name, path in shipped_profiles().items():
        assert name in done.out
        assert summary_of(path).split()[0] in done.out


def test_profiles_show_prints_a_file_that_runs_when_saved(tmp_path: Path) -> None:
    (tmp_path / "shop-accounts.csv").write_text(loadgen("profiles", "show", "shop-accounts.csv").out, "utf-8")
    for name, path in shipped_profiles().items():
        shown = loadgen("profiles", "show", name)
        assert (shown.code, shown.out) == (0, path.read_text("utf-8"))
        copy = tmp_path / path.name
        copy.write_text(shown.out, "utf-8")
        where = ["--target", URL] if path.suffix == ".py" else []
        copied, shipped = (
            "".join(loadgen("check", source, *where).out.split()).replace(
                str(folder), ""
            )  # paths break lines elsewhere
            for source, folder in ((copy, tmp_path), (name, path.parent))
        )
        assert copied == shipped != ""


def test_the_output_is_tried_before_the_run_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = loadgen("run", "http://nosuch.invalid/", "-o", tmp_path / "r.json")
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # a process of its own, as a shell starts it
def test_a_closed_standard_output_is_no_error() -> None:
    closing = 'exec "$0" -m loadgen check "$1" >&- 2>&-'
    assert subprocess.run(["sh", "-c", closing, sys.executable, URL], check=False).returncode == 0


def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        emit("lost\n")
        assert stat.S_ISCHR(os.fstat(writing).st_mode), "what follows goes to the null device"


@pytest.mark.slow  # a process of its own, into a pipe that nobody reads
def test_help_without_a_reader_is_no_error() -> None:
    closing = '{ "$0" -m loadgen run --help; echo $? >&2; } | :'
    done = subprocess.run(["bash", "-c", closing, sys.executable], check=True, capture_output=True, text=True)
    assert done.stderr == "0\n"


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["run", "--help"]])
def test_help_on_a_full_disk_is_one_clear_error(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "loadgen", *arguments]
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        2, "loadgen: cannot write to standard output: No space left on device\n"
    )  # fmt: skip


@pytest.mark.slow
def test_what_cannot_be_said_on_a_full_disk_changes_no_exit_code() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "loadgen"], check=False, stdout=subprocess.PIPE, stderr=full)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_full_standard_output_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(UsageError, match="cannot write to standard output: No space left"):
            emit("lost\n")


@pytest.mark.parametrize(
    ("words", "environment", "rounds", "strict"),
    [
        (["--rounds", "03"], {}, 3, None),
        (["--rounds", " 3"], {}, 3, None),  # read by Typer, as all that is not plain
        (["--rounds", "1" * 19], {}, int("1" * 19), None),
        (["--strict"], {"LOADGEN_ROUNDS": "4"}, 4, True),
        ([], {"LOADGEN_STRICT": "yes"}, 1, True),
        (["--rounds", "2", "--strict"], {"LOADGEN_ROUNDS": "0", "LOADGEN_STRICT": "no"}, 2, True),
    ],
)
def test_plain_values_are_read_as_typer_reads_the_others(words, environment, rounds, strict) -> None:
    given: list[Any] = []
    loadgen("run", "http://h/", *words, env=environment, call=lambda run: given.append(run) or 0)
    assert [(run.rounds, run.flags.get("strict"), run.help_all) for run in given] == [(rounds, strict, False)]
