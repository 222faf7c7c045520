"""`loadgen wrk|hey|ab`: command lines as those tools read them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.front_doors.ab import read_ab
from loadgen.cli.front_doors.asked import Asked
from loadgen.cli.front_doors.hey import read_hey
from loadgen.cli.front_doors.wrk import read_wrk
from loadgen.plan.profiles.document import profile_for_url
from tests.support.command import loadgen

URL = "http://127.0.0.1:9/page"
READ = {"wrk": read_wrk, "hey": read_hey, "ab": read_ab}


def asked(line: str) -> Asked:
    tool, *arguments = line.split()
    return READ[tool]([*arguments, URL])


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("wrk", {"connections": 10, "duration": 10.0, "timeout": 2.0}),
        ("wrk -t1 -c64 -d5s", {"connections": 64, "duration": 5.0, "processes": 1}),
        ("wrk --threads 1 --connections=1k --duration 2m", {"connections": 1000, "duration": 120.0}),
        ("wrk -H A:1 -H B:2 --timeout 9s --latency", {"headers": ["A:1", "B:2"], "timeout": 9.0}),
        ("wrk -R2000 -t1 -c4", {"rate": 2000.0, "connections": 4}),
        ("hey", {"connections": 50, "total_requests": 200, "timeout": 20.0, "method": "GET", "keepalive": True}),
        ("hey -n 205 -c=10", {"connections": 10, "total_requests": 200}),
        ("hey -z 10s -c 20 -q 5", {"duration": 10.0, "rate": 100.0}),
        ("hey -m POST --d {} -disable-keepalive", {"method": "POST", "body": b"{}", "keepalive": False}),
        ("ab -n100 -kc 10", {"total_requests": 100, "connections": 10, "keepalive": True, "processes": 1}),
        ("ab -t 5 -c 10", {"duration": 5.0, "total_requests": 50_000, "keepalive": False}),
        ("ab -t 5 -n 70", {"duration": 5.0, "total_requests": 70}),
        ("hey -x 127.0.0.1:8888", {"proxy": "127.0.0.1:8888"}),
        ("ab -X p:1 -P a:b -B 127.0.0.2", {"proxy": "a:b@p:1", "local_address": "127.0.0.2"}),
        ("ab -i -s 7", {"method": "HEAD", "timeout": 7.0}),
    ],
)  # fmt: skip
def test_options_mean_what_they_mean_there(line: str, flags: dict[str, Any]) -> None:
    found = asked(line)
    assert {key: found.flags[key] for key in flags} == flags
    assert profile_for_url(found.url, found.flags).target.path == "/page"


def test_a_url_needs_no_scheme_and_options_may_come_after_it_but_for_hey() -> None:
    assert read_wrk(["127.0.0.1:9/x", "-c2"]).url == "http://127.0.0.1:9/x"
    with pytest.raises(UsageError, match="expected one URL after the options, got 3"):
        read_hey([URL, "-c", "2"])


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("hey", {"Content-Type: text/html", "Accept-Encoding: gzip"}),
        ("hey -T a/b -A c/d -host h -disable-compression", {"Content-Type: a/b", "Accept: c/d", "Host: h"}),
        ("hey -T x/y -H accept-encoding:x", {"accept-encoding:x", "Content-Type: x/y"}),
        ("ab -C a=1 -C b=2 -A u:p -H X:1", {"Cookie: a=1; b=2", "Authorization: Basic dTpw", "X:1"}),
    ],
)  # fmt: skip
def test_what_those_tools_send_besides_is_sent(line: str, fields: set[str]) -> None:
    assert {*asked(line).flags["headers"]} == fields


def test_bodies_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"a\0b")
    assert asked(f"hey -D {file}").flags["body"] == b"a\0b"
    posted = asked(f"ab -p {file} -T a/b").flags
    assert (posted["method"], posted["body"], posted["headers"]) == ("POST", b"a\0b", ["Content-Type: a/b"])
    assert asked(f"ab -u {file}").flags["method"] == "PUT"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wrk -c1 -t2", "wrk: number of connections must be >= threads"),
        ("wrk -s x.lua", "wrk: -s is a script of Lua; here a scenario says what is sent"),
        ("wrk -d soon", "wrk: -d: expected a duration"),
        ("wrk -c many", "wrk: -c: expected a number such as 64 or 1k, got 'many'"),
        ("wrk -y", "wrk: option -y not recognized; see `loadgen wrk --help`"),
        ("hey -n", "expected one URL after the options, got 0"),
        ("hey -n 5 -c 50", "hey: -n cannot be less than -c"),
        ("hey -nn 5", "hey: it has no option -nn"),
        ("hey -o json", "hey: -o: expected csv, got 'json'"),
        ("hey -x ftp://p", "expected a proxy"),
        ("hey -D /nosuch", "hey: -D: cannot read '/nosuch'"),
        ("hey -q 0", "hey: -q: expected requests a second"),
        ("ab -c 2", "ab: cannot use concurrency level greater than total number of requests"),
        ("ab -w", "ab: -w is not done"),
        ("ab -g /no/such/folder/g", "cannot write '/no/such/folder/g'"),
        ("ab -n 0", "ab: -n: expected a number above 0, got '0'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(line: str, said: str) -> None:
    done = loadgen(*line.split(), URL)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err


@pytest.mark.parametrize("tool", READ)
def test_each_has_a_help_of_its_own(tool: str) -> None:
    shown = loadgen(tool, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"Usage: loadgen {tool} ")
    assert max(map(len, shown.out.splitlines())) <= 80
    assert loadgen("help", tool).out == loadgen(tool).out == shown.out


def test_the_list_of_commands_names_them() -> None:
    assert "loadgen wrk|hey|ab" in loadgen("--help").out


def test_the_version_is_ours() -> None:
    assert loadgen("wrk", "-v").out == loadgen("--version").out.strip() + ", as wrk\n"
