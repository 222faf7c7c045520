"""`--once` and `--scenario`: each scenario once, with every exchange shown, and the exit code of a run."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.certificates import Certificates
from tests.support.command import PATIENCE_S, Finished, loadgen, stats_of
from tests.support.http2_server import Http2Server
from tests.support.proxy_server import ProxyServer

FILE = """
import asyncio
from loadgen.scenario import *

basket = metric("basket", unit="EUR")

@per_run
async def seeded(user):
    await user.get("/bytes/1", name="seed")
    yield {"answer": 42}
    await user.get("/bytes/2", name="unseed")

@per_user
async def session(user):
    await user.get("/bytes/3", name="login")
    yield
    await user.get("/bytes/4", name="logout")

@scenario(weight=9, think=30)
async def browse(user):
    await user.pause(60)
    with user.group("all"):
        await user.batch("/bytes/5", "/bytes/6")
    assert user.check("shared", user.shared["answer"] == 42)
    basket.add(12.5)
    await user.call("nap", asyncio.sleep, 0)

@scenario
async def buy(user):
    await user.get("/bytes/{}", 7)

@scenario(weight=0)
async def rare(user):
    await user.get("/status/404", headers={"X-Api-Key": "hushhush"})
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "my.py"
    file.write_text(FILE, "utf-8")
    return file


def once(text: str, tmp_path: Path, url: str, *flags: object) -> Finished:
    file = tmp_path / "other.py"
    file.write_text(f"from loadgen.scenario import *\n{dedent(text)}", "utf-8")
    return loadgen("run", file, "--target", url, "--once", *flags)


def test_each_scenario_once_with_what_stands_around_it(file: Path, url: str) -> None:
    done = loadgen("run", file, "--target", url, "--once")
    assert (done.code, done.err) == (0, "")
    assert stats_of(url)["requests"] == 7
    headings = [row for row in done.out.splitlines() if row and not row.startswith(" ")]
    assert headings == ["per_run", "per_user", "browse", "buy", "per_user", "per_run", "2 scenarios: 2 good"]
    assert re.findall(r"  200  GET /bytes/(\d)", done.out) == ["1", "3", "5", "6", "7", "4", "2"]
    assert [row.strip().partition(":")[0] for row in done.out.splitlines() if ": " in row][:-1] == [
        "group all", "check shared", "metric basket", "call nap",
    ]  # fmt: skip
    assert "  check shared: holds\n  metric basket: 12.5 EUR\n" in done.out


def test_what_failed_is_shown_with_its_fields_and_its_body_but_no_secret(file: Path, url: str) -> None:
    done = loadgen("run", file, "--target", url, "--once", "--scenario", "rare")
    assert done.code == 99
    assert "404  GET /status/404" in done.out
    assert "> X-Api-Key: [redacted]" in done.out
    assert "< HTTP/1.1 404" in done.out
    assert "| " in done.out
    assert "hushhush" not in done.out
    assert done.out.endswith("1 scenario: 1 failed\n")


def test_an_exception_of_the_script_is_shown_with_its_traceback(tmp_path: Path, url: str) -> None:
    done = once(
        """
        @scenario
        async def broken(user):
            raise ValueError("no")

        @scenario
        async def whole(user):
            await user.get("/")
        """,
        tmp_path,
        url,
    )
    assert done.code == 107
    assert "script_error: other.py:5: ValueError: no" in done.out
    assert 'raise ValueError("no")' in done.out
    assert "2 scenarios: 1 good, 1 failed" in done.out
    assert "loadgen/workloads" not in done.out


@pytest.mark.parametrize(
    ("part", "code", "says"),
    [
        ("per_run", 107, "per_run\n  failed"),
        ("per_user", 107, "per_user\n  failed: script_error: user 0: other.py:5: ZeroDivisionError"),
    ],
)
def test_what_raises_around_the_journeys_keeps_them_from_beginning(
    part: str, code: int, says: str, tmp_path: Path, url: str
) -> None:
    text = f"@{part}\nasync def around(user):\n    pass\n    1 / 0\n\n@scenario\nasync def a(user):\n    assert False"
    done = once(text, tmp_path, url)
    assert done.code == code
    assert says in done.out
    assert "ZeroDivisionError" in done.out
    assert "1 scenario: 1 not started" in done.out
    assert stats_of(url)["requests"] == 0


def test_plain_functions_are_done_once_too(tmp_path: Path, url: str) -> None:
    done = once("@scenario\ndef plain(user):\n    assert user.get('/bytes/9').body == b'012345678'", tmp_path, url)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 scenario: 1 good")


LOCUST = """
from locust import HttpUser, SequentialTaskSet, TaskSet, constant, events, task

class Browse(TaskSet):
    @task(3)
    def index(self):
        self.client.get("/bytes/1")
        self.interrupt()

    @task
    def caught(self):
        with self.client.get("/bytes/2", catch_response=True) as reply:
            reply.failure("not as it should be")

class Steps(SequentialTaskSet):
    @task
    def one(self):
        self.client.get("/bytes/3")

    @task
    def two(self):
        self.client.get("/bytes/4")

class Shop(HttpUser):
    wait_time = constant(3600)
    tasks = [Browse, Steps]

    def on_start(self):
        self.client.get("/bytes/5")

    def on_stop(self):
        self.client.get("/bytes/6")

    @task
    def nothing(self):
        pass

class Other(HttpUser):
    wait_time = constant(3600)

    @task(10)
    def last(self):
        self.client.get("/bytes/7")
        {last}
"""


def once_as_locust(last: str, tmp_path: Path, url: str, *flags: object) -> Finished:
    file = tmp_path / "locustfile.py"
    file.write_text(LOCUST.replace("{last}", last), "utf-8")
    return loadgen("run", file, "--target", url, "--once", *flags)


def test_each_task_of_a_locustfile_is_done_once_in_the_order_of_the_file(tmp_path: Path, url: str) -> None:
    done = once_as_locust("pass", tmp_path, url)
    assert done.code == 99
    assert re.findall(r"  200  GET /bytes/(\d)", done.out) == ["5", "1", "2", "3", "4", "6", "7"]
    assert "failed after" in done.out
    assert "check_failed: GET /bytes/2: not as it should be" in done.out
    assert done.out.splitlines()[-1] == "2 scenarios: 1 good, 1 failed"
    assert stats_of(url)["requests"] == 7


@pytest.mark.parametrize(
    ("last", "code", "ends"),
    [
        ("1 / 0", 107, "2 scenarios: 2 failed"),
        ("self.environment.runner.quit()", 99, "2 scenarios: 1 good, 1 failed"),
    ],
)
def test_what_a_task_of_a_locustfile_raises_is_told(tmp_path: Path, url: str, last: str, code: int, ends: str) -> None:
    done = once_as_locust(last, tmp_path, url)
    assert (done.code, done.out.splitlines()[-1]) == (code, ends)
    if code == 107:
        assert "script_error: locustfile.py:44: ZeroDivisionError" in done.out
        assert "workloads/locust" not in done.out


def test_one_class_of_a_locustfile_is_done_once(tmp_path: Path, url: str) -> None:
    done = once_as_locust("pass", tmp_path, url, "--scenario", "Other")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 scenario: 1 good")


def test_nobody_there_is_an_outcome(tmp_path: Path) -> None:
    text = "@scenario\nasync def a(user):\n    await user.get('/')\n    await user.get('/2')"
    done = once(text, tmp_path, "http://127.0.0.1:9")
    assert done.code == 99
    assert done.out.count("connection_refused: ") == 3


PROFILE = """
scenarios:
  look:
    think: 30s
    steps:
      - {name: look, path: "/bytes/5", extract: {SIZE: {regex: "(4)"}}, think: 60s}
  size:
    steps:
      - {name: sized, path: "/bytes/${SIZE:-8}"}
"""


def test_declared_scenarios_are_done_once_and_chosen(tmp_path: Path, url: str) -> None:
    file = tmp_path / "my.yaml"
    file.write_text(f"target: {url}\n{PROFILE}", "utf-8")
    done = loadgen("run", file, "--once")
    assert (done.code, done.err) == (0, "")
    assert "GET /bytes/5" in done.out
    assert "GET /bytes/4" in done.out
    assert done.out.endswith("2 scenarios: 2 good\n")
    alone = loadgen("run", file, "--once", "--scenario", "size")
    assert "GET /bytes/8" in alone.out  # what another scenario would extract keeps its default
    assert alone.out.endswith("1 scenario: 1 good\n")


def test_a_run_of_some_scenarios(file: Path, url: str) -> None:
    flags = ["--target", url, "-c", 1, "-n", 6, "--format", "json", "-q", "--processes", 1]
    done = loadgen("run", file, "--scenario", "buy", "--scenario", "rare", *flags)
    assert {name for name, row in done.result.transactions.items() if row.kind == "journey"} == {"buy", "rare"}
    assert [done.result.transactions[name].ledger.sent for name in ("buy", "rare")] == [3, 3]


@pytest.mark.parametrize("command", ["run", "check", "compare", "find-max"])
def test_a_scenario_that_is_not_there_is_said(command: str, file: Path, url: str, tmp_path: Path) -> None:
    done = loadgen(command, file, "--target", url, "--scenario", "bui")
    assert (done.code, done.out) == (2, "")
    assert "there is no scenario 'bui'; did you mean 'buy'?" in done.err
    profile = tmp_path / "my.yaml"
    profile.write_text(f"target: {url}\n{PROFILE}", "utf-8")
    done = loadgen(command, profile, "--scenario", "loook")
    assert (done.code, done.out) == (2, "")
    assert "--scenario: there is no scenario 'loook'; did you mean 'look'?" in done.err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--rounds", "3"], "there is no result"),
        (["-o", "result.json"], "there is no result"),
        (["--format", "json"], "there is no result"),
    ],
)
def test_what_does_not_go_with_once(flags: list[str], says: str, file: Path, url: str) -> None:
    done = loadgen("run", file, "--target", url, "--once", *flags)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_url_is_asked_once_and_the_whole_exchange_is_shown(url: str) -> None:
    done = loadgen("run", f"{url}/echo", "--once", "-H", "X-Api-Key: hushhush", "-b", '{"a": 1}', "-n", 50)
    assert (done.code, done.err, stats_of(url)["requests"]) == (0, "", 1)
    shown = done.out.splitlines()
    assert [row for row in shown if row.startswith(("  200  POST /echo", "         "))] == shown[1:-2]
    for text in ("> X-Api-Key: [redacted]", '> {"a": 1}', "< HTTP/1.1 200", "| "):
        assert text in done.out
    assert "hushhush" not in done.out
    assert shown[-1] == "1 request: 1 good"
    bad = loadgen("run", f"{url}/status/404", "--once")
    assert (bad.code, bad.out.splitlines()[-1]) == (99, "1 request: 1 failed")


def test_each_request_of_a_profile_and_of_a_list_is_sent_once(url: str, tmp_path: Path) -> None:
    profile, file = tmp_path / "p.yaml", tmp_path / "list.txt"
    profile.write_text(f"target: {url}\nrequests:\n  - {{path: /bytes/1, weight: 9}}\n  - {{path: /bytes/2}}\n")
    file.write_text("/bytes/3\n/bytes/3\n" + "/bytes/4\n" * 120)
    both = loadgen("run", profile, "--once"), loadgen("run", url, "--targets", file, "--once")
    assert [done.out.splitlines()[-1] for done in both] == ["2 requests: 2 good", "100 requests: 100 good"]
    assert both[1].err == "loadgen: the first 100 of 122 requests\n"
    assert stats_of(url)["requests"] == 102


def test_how_a_connection_came_to_be_is_shown(certificates: Certificates) -> None:
    context = certificates.server_context()
    context.set_alpn_protocols(["h2"])
    signed = ["--aws-sigv4", "eu:execute-api", "-a", "AKIDEXAMPLE:wJalrXUtnFEMI12345", "-H", "Host: shop.example"]
    with Http2Server(tls=context) as server, ProxyServer() as proxy:
        way = ["--http", "2", "--cacert", certificates.ca, "-x", f"http://127.0.0.1:{proxy.port}"]
        done = loadgen("run", f"{server.url}/5", "--once", *way, *signed)
        (fields,) = server.fields
    assert (done.code, done.err, proxy.seen) == (0, "", [f"CONNECT 127.0.0.1:{server.port}"])
    notes = [row[11:] for row in done.out.splitlines() if row.startswith("         * ")]
    assert re.sub(r"[\d.]+ [mu]s", "T", "\n".join(notes)).splitlines() == [
        f"connected to 127.0.0.1:{proxy.port}, the proxy http://127.0.0.1:{proxy.port}, in T",
        "the proxy opened the way in T",
        "TLS 1.3 in T: TLS_AES_256_GCM_SHA384, ALPN h2",
        notes[3],
        "first byte after T",
    ]
    assert re.fullmatch(r"certificate of .+ by .+ until \d{4}-\d\d-\d\d \d\d:\d\d UTC", notes[3])
    assert fields["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert fields[":authority"] == "shop.example"
    assert "> Authorization: [redacted]" in done.out


def test_once_waits_and_says_in_vain(url: str) -> None:
    done = loadgen("run", "http://127.0.0.1:9/", "--once", "--wait", "200ms")
    assert (done.code, done.out) == (99, "")
    assert done.err.splitlines()[0] == "loadgen: waiting for http://127.0.0.1:9"
    assert done.err.endswith("127.0.0.1:9 is not up: Connection refused (after 200ms of --wait)\n")
    assert loadgen("run", url, "--once", "--wait", "1s").err == ""


def test_requests_to_several_servers_are_no_scenarios(url: str, tmp_path: Path) -> None:
    profile, other = tmp_path / "p.yaml", url.replace("127.0.0.1", "localhost")
    profile.write_text(f"target: {url}\nrequests:\n  - {{path: /bytes/1}}\n  - {{path: '{other}/bytes/2'}}\n")
    done = loadgen("run", profile, "--once")
    assert (done.code, done.out.splitlines()[-1]) == (0, "2 requests: 2 good")
    assert done.out.count("* connected to 127.0.0.1:") == 2
    assert "* localhost is " in done.out


def test_scenario_wants_scenarios(url: str) -> None:
    assert "--scenario: needs scenarios" in loadgen("check", url, "--scenario", "buy").err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "signals", "says"),
    [
        ("await user.get('/delay/60000')", 1, "1 scenario: 1 unfinished (SIGINT received)"),
        ("import time; print('here')\n    while True: time.sleep(0.01)", 2, "1 scenario: 1 not started"),
    ],
)
def test_signals_end_it(body: str, signals: int, says: str, tmp_path: Path, url: str) -> None:
    file = tmp_path / "slow.py"
    text = (
        f"print('begun')\nfrom loadgen.scenario import *\n@scenario\nasync def a(user):\n    print('here')\n    {body}"
    )
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "loadgen", "run", str(file), "--target", url, "--once"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stderr is not None
        while process.stderr.readline() != "here\n":
            assert process.poll() is None
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            if signals > 1:
                signal.sigtimedwait([], 0.3)
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 105
    assert says in out
