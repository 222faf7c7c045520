"""Runs over HTTP/2: what a run reports is what the server saw."""

from pathlib import Path

import pytest

from loadgen.results.result import Result
from tests.support.certificates import Certificates
from tests.support.command import loadgen
from tests.support.fault_server import FaultServer
from tests.support.http2_server import Http2Server, Manners
from tests.support.steps import Close, ReadRequest, Send, Step

KINDS = {"async": ["--mode", "async"], "pool": ["--mode", "pool", "--processes", "1", "--workers", "2"]}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
HTTPX = {"httpx": ["--client", "httpx", "--mode", "async"], "httpx threads": ["--client", "httpx", "--mode", "threads"]}
every_client = pytest.mark.parametrize("kind", [KINDS["async"], ["--mode", "threads"]], ids=["reactor", "blocking"])
ASYNC = KINDS["async"]
SCENARIO = """
from loadgen.scenario import scenario

@scenario
async def visit(user):
    user.headers["X-User"] = str(user.number)
    first = await user.get("/{}", 3)
    assert first.body == bytes(3), first.body
    assert first.header("date")
    assert len((await user.get("/{}", 4, headers={"X-Size": "4"})).body) == 4
    reply = await user.post("/echo", data=b"hello")
    assert reply.text == "hello", reply.text
"""
PER_RUN = """
from loadgen.scenario import per_run, scenario

@per_run
async def prepare(user):
    assert (await user.get("/7")).ok
    yield

@scenario
async def visit(user):
    await user.get("/8")
"""
STEPS = """
target: {url}
variables: {{N: {{sequence: 1}}}}
scenarios: {{visit: {{steps: [{{path: "/${{N}}", headers: {{X-Size: "${{N}}"}}}}]}}}}
"""


def run(*argv: object, code: int = 0) -> Result:
    done = loadgen("run", *argv, "--http", "2", "-q", "--format", "json")
    assert done.code == code, done.err
    return done.result


def classes(result: Result) -> dict[str, int]:
    return {row.error_class: row.count for row in result.errors}


@kinds
def test_users_share_connections(kind: list[str]) -> None:
    with Http2Server() as server:
        result = run(f"{server.url}/100", "-c", "20", "--streams", "5", "-n", "400", *kind)
    assert result.ledger.ok == result.ledger.sent == server.requests["/100"] == 400
    assert result.connections.opened == server.connections == 4
    assert result.bytes.received > 400 * 100
    assert {fields[":authority"] for fields in server.fields} == {f"127.0.0.1:{server.port}"}


def test_replies_that_are_alike_are_told_together_and_counted_each() -> None:
    with Http2Server(Manners(alike=True)) as server:
        result = run(f"{server.url}/100", "-c", "24", "--streams", "12", "-n", "2003")
    assert result.ledger.ok == result.ledger.sent == server.requests["/100"] == 2003
    assert result.connections.opened == server.connections == 2
    frames = 2 * 9 + len(b"\x88\xbf\xbe")  # a head is an index each, but for the first two of a connection
    assert 0 <= result.bytes.received - 2003 * (frames + 100) < 200


@every_client
def test_over_tls(certificates: Certificates, kind: list[str]) -> None:
    context = certificates.server_context()
    context.set_alpn_protocols(["h2"])
    with Http2Server(tls=context) as server:
        result = run(f"{server.url}/40000", "-c", "10", "-n", "50", "--cacert", certificates.ca, *kind)
    assert result.ledger.ok == server.requests["/40000"] == 50
    assert result.connections.opened == server.connections


@pytest.mark.parametrize("kind", HTTPX.values(), ids=HTTPX)
def test_httpx_speaks_it_for_comparison(certificates: Certificates, tmp_path: Path, kind: list[str]) -> None:
    context = certificates.server_context()
    context.set_alpn_protocols(["h2"])
    options = ["-c", "4", "-n", "12", "--cacert", certificates.ca, *kind]
    file = tmp_path / "visit.py"
    file.write_text(SCENARIO)
    with Http2Server(tls=context) as server:
        result = run(f"{server.url}/40000", *options)
        journeys = run(file, "--target", server.url, *options)
    assert result.ledger.ok == server.requests["/40000"] == 12
    assert result.bytes.received > 12 * 40000
    assert (result.connections.opened, result.status_codes) == (4, {"200": 12})
    assert journeys.transactions["visit"].ledger.ok == 12
    with Http2Server(Manners(refuses=3)) as server:
        refused = run(f"{server.url}/3", "-c", "1", "-n", "9", *kind)
    assert (refused.ledger.ok, classes(refused)) == (6, {"refused_stream": 3})


@kinds
def test_arrivals_share_connections(kind: list[str]) -> None:
    with Http2Server() as server:
        result = run(f"{server.url}/10", "-R", "400", "-d", "500ms", "-c", "8", "--streams", "4", *kind)
    assert result.ledger.scheduled == 200
    assert result.ledger.ok == server.requests["/10"]
    assert server.connections <= 8


@pytest.mark.parametrize("kind", [*KINDS.values(), ["--mode", "threads"]], ids=[*KINDS, "threads"])
def test_a_last_word_of_the_server_costs_no_request(kind: list[str]) -> None:
    with Http2Server(Manners(goaway_after=7)) as server:
        result = run(f"{server.url}/10", "-c", "10", "-n", "210", *kind)
    assert result.ledger.ok == result.ledger.sent == server.requests["/10"] == 210
    assert result.connections.opened == server.connections >= 30
    assert not result.errors


def test_no_more_streams_than_the_server_allows() -> None:
    with Http2Server(Manners(most_streams=3)) as server:
        result = run(f"{server.url}/10", "-c", "20", "-n", "200", *ASYNC)
    assert result.ledger.ok == 200
    assert server.most_at_once == 3


@every_client
def test_a_refused_stream_is_an_error_of_its_own(kind: list[str]) -> None:
    with Http2Server(Manners(refuses=5)) as server:
        result = run(f"{server.url}/10", "-c", "1", "-n", "100", *kind)
    assert classes(result) == {"refused_stream": 20}
    assert result.ledger.ok == 80


@every_client
def test_a_close_without_a_word_fails_what_was_under_way(kind: list[str]) -> None:
    with Http2Server(Manners(closes_after=10)) as server:
        result = run(f"{server.url}/10", "-c", "1", "-n", "40", *kind)
    assert classes(result) == {"stale_connection": 4}
    assert result.ledger.ok == 36
    assert result.connections.opened == 4


@every_client
def test_what_has_no_reply_in_time_is_given_up_alone(kind: list[str]) -> None:
    with Http2Server() as server:
        result = run(f"{server.url}/never", "-c", "3", "-n", "3", "--timeout", "100ms", *kind, code=99)
        again = run(f"{server.url}/5", "-c", "3", "-n", "3", *kind)
    assert classes(result) == {"timeout": 3}
    assert result.connections.opened == server.connections - again.connections.opened
    assert again.ledger.ok == 3


@every_client
def test_what_still_runs_at_the_end_is_unknown(kind: list[str]) -> None:
    with Http2Server() as server:
        result = run(f"{server.url}/never", "-c", "3", "-d", "50ms", "--grace", "50ms", *kind, code=99)
    assert (result.ledger.sent, result.ledger.unknown) == (3, 3)


@every_client
def test_bodies_go_out_as_windows_open(tmp_path: Path, kind: list[str]) -> None:
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 1000)
    with Http2Server(Manners(window=20000)) as server:
        result = run(f"{server.url}/echo", "-b", f"@{body}", "-c", "3", "-n", "9", *kind)
    assert result.ledger.ok == 9
    assert result.bytes.sent > 9 * 256_000
    assert result.bytes.received > 9 * 256_000


@every_client
def test_journeys_see_their_replies(tmp_path: Path, kind: list[str]) -> None:
    file = tmp_path / "visit.py"
    file.write_text(SCENARIO)
    with Http2Server() as server:
        result = run(file, "--target", server.url, "-c", "6", "-n", "60", *kind)
    assert result.transactions["visit"].ledger.ok == 60
    assert server.requests == {"/3": 60, "/4": 60, "/echo": 60}
    assert {fields["x-user"] for fields in server.fields} == set("012345")
    assert {fields.get("x-size") for fields in server.fields if fields[":path"] == "/4"} == {"4"}


@every_client
def test_steps_are_sent_as_they_are_each_time(tmp_path: Path, kind: list[str]) -> None:
    file = tmp_path / "steps.yaml"
    with Http2Server() as server:
        file.write_text(STEPS.format(url=server.url))
        run(file, "-c", "1", "-n", "4", *kind)
    assert [(fields[":path"], fields["x-size"]) for fields in server.fields] == [
        (f"/{n}", str(n + 1)) for n in (1, 3, 5, 7)
    ]


@every_client
def test_a_server_that_does_not_speak_it(certificates: Certificates, kind: list[str]) -> None:
    with FaultServer(lambda _: [ReadRequest(), Send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Close()]) as server:
        result = run(server.url, "-c", "1", "-n", "1", *kind, code=99)
    assert "does not speak HTTP/2" in result.errors[0].message
    with FaultServer(lambda _: [ReadRequest()], tls=certificates.server_context()) as server:
        result = run(server.url, "-c", "1", "-n", "1", "--cacert", certificates.ca, *kind, code=99)
    assert "does not speak HTTP/2" in result.errors[0].message


def test_what_is_done_once_speaks_it_too(tmp_path: Path, certificates: Certificates) -> None:
    file = tmp_path / "visit.py"
    file.write_text(PER_RUN)
    context = certificates.server_context()
    context.set_alpn_protocols(["h2"])
    with Http2Server(tls=context) as server:
        options = ["--target", server.url, "--http", "2", "--cacert", certificates.ca]
        run(file, "--target", server.url, "-c", "1", "-n", "1", "--cacert", certificates.ca, *ASYNC)
        assert server.requests == {"/7": 1, "/8": 1}
        done = loadgen("run", file, *options, "--once")
    assert done.code == 0, done.err
    assert server.requests == {"/7": 2, "/8": 2}


@pytest.mark.parametrize(("protocols", "version"), [(["h2"], "2"), (["h2", "http/1.1"], "2"), (["http/1.1"], "1.1")])
def test_auto_takes_what_tls_agrees_to(certificates: Certificates, protocols: list[str], version: str) -> None:
    context = certificates.server_context()
    context.set_alpn_protocols(protocols)
    with Http2Server(tls=context) if version == "2" else FaultServer(one_reply, tls=context) as server:
        done = loadgen(
            *("run", f"{server.url}/3", "--http", "auto", "-c", "1", "-n", "1", "--cacert", certificates.ca),
            *(*ASYNC, "-q", "--format", "json"),
        )
    assert done.result.plan["http"] == version
    assert done.result.ledger.ok == 1


def one_reply(_connection: int) -> list[Step]:
    return [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--mode", "threads", "--streams", "2"], "threads mode"),
        (["--client", "httpx", "--streams", "2"], "httpx"),
        (["--no-keepalive"], "--no-keepalive"),
    ],
)
def test_what_http2_cannot_be_combined_with(options: list[str], problem: str) -> None:
    done = loadgen("run", "http://127.0.0.1:1/", "--http", "2", *options)
    assert done.code == 2
    assert problem in done.err


def test_streams_belong_to_http2() -> None:
    done = loadgen("run", "http://127.0.0.1:1/", "--streams", "2")
    assert done.code == 2
    assert "--http 2" in done.err
