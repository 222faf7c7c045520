"""Replies in parts, from a server that stamps its parts by what it sends when."""

from pathlib import Path

import pytest

from loadgen.results.result import Result
from tests.support.command import Mode, loadgen
from tests.support.fault_server import FaultServer
from tests.support.steps import AwaitClose, Gate, Pass, ReadRequest, Send

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
MODES = {"reactor": ["--mode", "async"], "blocking": ["--mode", "threads"]}
every_client = pytest.mark.parametrize("kind", MODES.values(), ids=MODES)


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
    assert (row.error_class, row.message) == ("stream_broken", "the stream ended early, after 1 parts")


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
