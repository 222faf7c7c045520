"""Replies in parts, from a server that stamps its parts by what it sends when."""

from pathlib import Path

import pytest

from loadgen.results.result import Result
from tests.support.command import Mode, loadgen
from tests.support.fault_server import FaultServer
from tests.support.http2_server import Http2Server
from tests.support.steps import AwaitClose, Gate, Pass, ReadRequest, Send, Step

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
MODES = {"reactor": ["--mode", "async"], "blocking": ["--mode", "threads"]}
every_client = pytest.mark.parametrize("kind", MODES.values(), ids=MODES)


STREAM = '{"kind": "sse", "first": "choices.0.delta.content", "until": {"match": "[DONE]"}}'
JOURNEYS = {
    "chat.yaml": """
target: {url}
scenarios:
  talk:
    steps:
      - {{name: chat, path: "/stream?parts=3&ms=1&first=1", stream: {stream}}}
      - {{name: end, path: /}}
""",
    "read.py": """
from loadgen.scenario import scenario

@scenario
async def talk(user):
    async with user.stream("GET", "/stream?parts=3&ms=1&first=1", name="chat", stream={stream}) as stream:
        parts = [part async for part in stream]
    assert len(parts) >= 3 and stream.reply.ok, (parts, stream.reply)
    await user.get("/", name="end")
""",
    "plain.py": """
from loadgen.scenario import scenario

@scenario
def talk(user):
    with user.stream("GET", "/stream?parts=3&ms=1&first=1", name="chat", stream={stream}) as stream:
        assert len(list(stream)) >= 3
    user.get("/", name="end")
""",
    "chat.py": """
from loadgen.scenario import scenario

@scenario
async def talk(user):
    reply = await user.get("/stream?parts=3&ms=1&first=1", name="chat", stream={stream})
    assert len(reply.parts) >= 3, reply.parts
    assert all("choices" in part for part in reply.parts), reply.parts
    assert "[DONE]" in reply.text
    assert (await user.get("/", name="end")).parts == ()
""",
}


READ = """
import asyncio
from contextlib import suppress
from loadgen.scenario import scenario

async def first(user, **options):
    async with user.stream("GET", "/parts", name="chat", **options) as stream:
        async for part in stream:
            assert part == "a", part
            {inside}

@scenario
async def talk(user):
    {talk}
    await user.get("/4", name="end")
"""


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def run(tmp_path: Path, url: str, stream: str, *argv: object) -> Result:
    path = tmp_path / "chat.yaml"
    path.write_text(f"target: {url}\nrequests:\n  - name: chat\n    stream: {stream}\n")
    done = loadgen("run", path, *argv, "-q", "--format", "json")
    assert done.code in (0, 99), done.err
    return done.result


def test_the_times_of_parts_are_the_servers(tmp_path: Path, url: str, mode: Mode) -> None:
    stream = '{kind: sse, first: "$.choices[0].delta.content", until: {match: "[DONE]"}}'
    url += "/stream?parts=5&ms=10&first=20"
    options = ["-T", "first.min >= 20ms", "-T", "chat:gap.p50 < 10s", "-T", "chat:first.p50 < 10s"]
    result = run(tmp_path, url, stream, "-c", "4", "-n", "8", *options, *mode)
    assert result.ledger.ok == 8
    assert [row.verdict for row in result.thresholds] == ["pass"] * 3
    chat = result.requests["chat"]
    assert (chat.phases_ms["first"].count, chat.phases_ms["gap"].count) == (8, 32)
    assert result.plan["requests"][0]["stream"]["until_match"] == "[DONE]"


@every_client
def test_enough_parts_end_the_reply_and_its_connection(tmp_path: Path, kind: list[str]) -> None:
    script = [ReadRequest(), Send(HEAD + chunk(b"data: a\n\n")), Send(chunk(b"data: b\n\n")), AwaitClose()]
    with FaultServer(lambda _: script) as server:
        result = run(tmp_path, server.url, "{kind: sse, until: {parts: 2}}", "-c", "1", "-n", "3", *kind)
    assert (result.ledger.ok, result.connections.opened) == (3, 3)
    assert result.phases_ms["gap"].count == 3


@every_client
def test_a_stream_that_stalls_is_not_one_that_is_late(tmp_path: Path, kind: list[str]) -> None:
    gate = Gate()
    script = [ReadRequest(), Send(HEAD + chunk(b"data: a\n\n")), Pass(gate)]
    with FaultServer(lambda _: script) as server:
        options = ["-c", "1", "-n", "1", "--timeout", "100ms", *kind]
        result = run(tmp_path, server.url, "{kind: sse, until: {parts: 2}}", *options)
        gate.open()
    assert [row.error_class for row in result.errors] == ["stream_stalled"]


@every_client
def test_a_stream_that_ends_early_says_so(tmp_path: Path, kind: list[str]) -> None:
    script = [ReadRequest(), Send(HEAD + chunk(b"data: a\n\n") + b"0\r\n\r\n")]
    with FaultServer(lambda _: script) as server:
        options = ["-c", "1", "-n", "1", *kind]
        result = run(tmp_path, server.url, '{kind: sse, until: {match: "[DONE]"}}', *options)
    row = result.errors[0]
    assert (row.error_class, row.message) == ("stream_broken", "the stream ended early, after 1 part")


def test_what_a_profile_must_not_say(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    for stream, problem in (
        ("{kind: tcp}", "expected sse, lines or grpc, got 'tcp'"),
        ("{}", "is missing: sse, lines or grpc"),
    ):
        path.write_text(f"target: http://127.0.0.1:1\nrequests:\n  - stream: {stream}\n")
        done = loadgen("check", path)
        assert done.code == 2
        assert f"line 3: requests[0].stream.kind: {problem}" in done.err


@every_client
@pytest.mark.parametrize("name", JOURNEYS)
def test_journeys_time_parts_too(tmp_path: Path, url: str, name: str, kind: list[str]) -> None:
    file = tmp_path / name
    file.write_text(JOURNEYS[name].format(url=url, stream=STREAM))
    target = ["--target", url] if name.endswith(".py") else []
    result = loadgen("run", file, *target, "-c", "2", "-n", "4", *kind, "-q", "--format", "json").result
    assert result.transactions["talk"].ledger.ok == 4, result.errors
    phases = result.requests["talk/chat"].phases_ms
    assert (phases["first"].count, phases["gap"].count) == (4, 8)
    assert not result.requests["talk/end"].phases_ms


@every_client
def test_replies_in_parts_that_are_equal_are_all_looked_at(tmp_path: Path, kind: list[str]) -> None:
    whole: list[Step] = [ReadRequest(), Send(HEAD + chunk(b"data: a\n\n") + chunk(b"data: b\n\n") + b"0\r\n\r\n")]
    file = tmp_path / "steps.yaml"
    with FaultServer(lambda _: whole * 3) as server:
        step = "{name: chat, path: /, stream: {kind: sse}}"
        file.write_text(f"target: {server.url}\nscenarios: {{talk: {{steps: [{step}]}}}}\n")
        result = loadgen("run", file, "-c", "1", "-n", "3", *kind, "-q", "--format", "json").result
    assert result.phases_ms["first"].count == result.phases_ms["gap"].count == 3


def test_what_python_must_not_say_of_a_stream(tmp_path: Path, url: str) -> None:
    file = tmp_path / "chat.py"
    file.write_text(JOURNEYS["chat.py"].format(url=url, stream='{"kind": "tcp"}'))
    result = loadgen("run", file, "--target", url, "-c", "1", "-n", "1", "-q", "--format", "json").result
    assert 'expected {"kind": "sse" or "lines"' in result.transactions["talk"].errors[0].message


def read(tmp_path: Path, url: str, talk: str, *argv: object, inside: str = "break", code: int = 0) -> Result:
    file = tmp_path / "read.py"
    file.write_text(READ.format(talk=talk, inside=inside))
    done = loadgen("run", file, "--target", url, "-c", "1", "-q", "--format", "json", *argv)
    assert done.code == code, done.err
    return done.result


@every_client
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_a_stream_that_is_left_is_good_and_its_connection_closes(tmp_path: Path, kind: list[str], http: str) -> None:
    parted: list[Step] = [ReadRequest(), Send(HEAD + chunk(b"data: a\n\n")), AwaitClose()]
    whole: list[Step] = [ReadRequest(), Send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell")]
    with FaultServer(lambda index: whole if index % 2 else parted) if http == "1.1" else Http2Server() as server:
        result = read(tmp_path, server.url, "await first(user)", "-n", "2", "--http", http, *kind)
    assert (result.ledger.ok, result.ledger.sent) == (4, 4), result.errors
    assert result.transactions["talk"].ledger.ok == 2
    assert result.requests["talk/chat"].phases_ms["first"].count == 2
    assert http == "2" or result.connections.opened == 4


@every_client
def test_other_requests_go_out_beside_a_stream(tmp_path: Path, kind: list[str]) -> None:
    with Http2Server() as server:
        inside = 'assert (await user.get("/2")).ok; assert (await user.get("/2")).ok; break'
        result = read(tmp_path, server.url, "await first(user)", "-n", "1", "--http", "2", *kind, inside=inside)
    assert result.ledger.ok == server.requests.total() == 4


@every_client
def test_a_stream_that_the_scenario_gives_up_is_late(tmp_path: Path, kind: list[str]) -> None:
    talk = "with suppress(TimeoutError):\n        async with asyncio.timeout(0.05): await first(user)"
    with Http2Server() as server:
        result = read(tmp_path, server.url, talk, "-n", "1", "--http", "2", *kind, inside="pass")
    assert [row.error_class for row in result.errors] == ["timeout"]


@every_client
def test_a_user_that_ends_within_a_stream_leaves_it_unknown(tmp_path: Path, kind: list[str]) -> None:
    inside = "await user.pause(60)"
    with Http2Server() as server:
        result = read(
            tmp_path, server.url, "await first(user)", "-d", "200ms", "--http", "2", *kind, inside=inside, code=99
        )
    assert (result.ledger.sent, result.ledger.unknown) == (1, 1)


@every_client
def test_no_stream_begins_after_the_end(tmp_path: Path, url: str, kind: list[str]) -> None:
    file = tmp_path / "read.py"
    stream = 'async with user.stream("GET", "/stream?parts=2&ms=1", name="chat") as stream: [_ async for _ in stream]'
    file.write_text(f"from loadgen.scenario import scenario\n\n@scenario\nasync def talk(user):\n    {stream}\n")
    done = loadgen("run", file, "--target", url, "-c", "2", "-d", "200ms", "-q", "--format", "json", *kind)
    assert (done.code, done.result.ledger.unknown) == (0, 0), done.err


def test_a_stream_is_read_inside_of_its_block(tmp_path: Path, url: str) -> None:
    result = read(tmp_path, url, 'await user.stream("GET", "/").__anext__()', "-n", "1", code=107)
    assert "a stream is read inside `async with" in result.transactions["talk"].errors[0].message
