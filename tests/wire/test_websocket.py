"""Scenarios that hold WebSockets, against a library's server."""

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from loadgen.base.clock import now_ns
from loadgen.base.endpoint import Origin, Tls
from loadgen.results.result import Result
from loadgen.workloads.scenario.websocket.connect import make_websocket
from tests.support.command import loadgen

MODES = {"async": ["--mode", "async"], "threads": ["--mode", "threads"]}
every_mode = pytest.mark.parametrize("kind", MODES.values(), ids=MODES)
TOP = "from loadgen.scenario import scenario\n\n@scenario\nasync def chat(user):\n"


@contextmanager
def server(talk: Any, **options: Any) -> Iterator[str]:
    with serve(talk, "127.0.0.1", 0, **options) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.socket.getsockname()[1]}"
        running.shutdown()
        thread.join()


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def run(tmp_path: Path, url: str, body: str, *argv: object) -> Result:
    file = tmp_path / "chat.py"
    file.write_text(TOP + "".join(f"    {line}\n" for line in body.splitlines()))
    done = loadgen("run", file, "--target", url, "-q", "--format", "json", *argv)
    assert done.code in (0, 99), done.err
    return done.result


def errors(result: Result) -> str:
    return " ".join(row.message for part in result.transactions.values() for row in part.errors)


@every_mode
def test_messages_go_to_and_fro_and_are_timed(tmp_path: Path, kind: list[str]) -> None:
    body = """
async with user.websocket("/room/{}", 7, name="room", subprotocols=["chat"], compress=True) as socket:
    assert socket.subprotocol == "chat"
    for text in ("hello", "x" * 70000, b"\\0\\1"):
        assert await socket.request(text, timeout=5) == text
""".strip()
    paths: list[str] = []

    def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)
        echo(connection)

    with server(talk, subprotocols=["chat"]) as url:
        result = run(tmp_path, url, body, "-c", "3", "-n", "6", *kind)
    assert result.journeys.ok == 6, errors(result)
    assert result.transactions["chat/room open"].ledger.ok == 6
    assert result.transactions["chat/room message"].ledger.ok == 18
    assert result.connections.opened == 0, "nothing but WebSockets is open"
    assert paths == ["/room/7"] * 6


@every_mode
def test_a_message_is_longer_than_a_socket_takes_and_a_wait_ends_otherwise_than_by_one(
    tmp_path: Path, kind: list[str]
) -> None:
    body = """
import asyncio
async with user.websocket("/") as socket:
    long = bytes(range(256)) * 40000
    assert await socket.request(long, timeout=10) == long
    try:
        async with asyncio.timeout(0.05):
            await socket.receive()
        assert False
    except TimeoutError:
        pass
    assert await socket.request("a", timeout=5) == "a"
    assert await asyncio.wait_for(socket.request("b"), 5) == "b"
    assert await socket.request("c", timeout=5) == "c"
""".strip()
    with server(echo, max_size=None) as url:
        result = run(tmp_path, url, body, "-c", "1", "-n", "1", *kind)
    assert result.journeys.ok == 1, errors(result)
    assert result.transactions["chat/WS / message"].ledger.ok == 4


@every_mode
def test_what_the_server_pushes_is_received_until_it_closes(tmp_path: Path, kind: list[str]) -> None:
    body = """
async with user.websocket("/") as socket:
    seen = [message async for message in socket]
assert seen == ["1", "2", "3"], seen
assert socket.closed == 1000
""".strip()

    def talk(connection: ServerConnection) -> None:
        connection.ping().wait(5)
        for number in range(1, 4):
            connection.send(str(number))

    with server(talk) as url:
        result = run(tmp_path, url, body, "-c", "1", "-n", "2", *kind)
    assert result.journeys.ok == 2, errors(result)
    assert "chat/WS / message" not in result.transactions


@every_mode
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("await socket.receive(timeout=0.05)", "no message within 0.05 s"),
        ("await socket.send('bye')\nawait socket.receive()", "the server closed it with 4001: enough"),
    ],
)
def test_what_does_not_come_ends_the_journey(tmp_path: Path, kind: list[str], body: str, problem: str) -> None:
    def talk(connection: ServerConnection) -> None:
        connection.recv()
        connection.close(4001, "enough")

    text = 'async with user.websocket("/") as socket:\n' + "".join(f"    {line}\n" for line in body.splitlines())
    with server(talk) as url:
        result = run(tmp_path, url, text.strip(), "-c", "1", "-n", "1", *kind)
    assert result.journeys.failed == 1
    assert problem in errors(result)


@every_mode
def test_a_server_that_does_not_agree(tmp_path: Path, kind: list[str], url: str) -> None:
    body = 'async with user.websocket("/bytes/3") as socket:\n    pass'
    result = run(tmp_path, url, body, "-c", "1", "-n", "1", *kind)
    assert "status 200" in errors(result)


def of_profile(tmp_path: Path, url: str, step: str, *argv: object, code: int = 0) -> Result:
    file = tmp_path / "room.yaml"
    file.write_text(
        f"target: {url}\nvariables: {{N: {{sequence: 1}}}}\nscenarios: {{room: {{steps: [{{name: echo, {step}}}]}}}}\n"
    )
    done = loadgen("run", file, "-q", "--format", "json", *argv)
    assert done.code == code, done.err
    return done.result


@every_mode
def test_a_step_sends_messages_and_waits_for_answers_that_count(tmp_path: Path, kind: list[str]) -> None:
    seen: list[str] = []

    def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.path)
        for message in connection:
            seen.append(str(message))
            connection.send("noise")
            connection.send("answer to it")

    step = 'path: "/${N}", websocket: {messages: ["hello ${N}", \'{"n": ${N}}\'], answer: "answer to"}'
    with server(talk) as url:
        result = of_profile(tmp_path, url, step, "-c", "1", "-n", "2", *kind)
    assert seen == ["/1", "hello 2", '{"n": 3}', "/4", "hello 5", '{"n": 6}']
    rows = {name: part.ledger.ok for name, part in result.transactions.items()}
    assert rows == {"room": 2, "room/echo open": 2, "room/echo message": 4}
    assert result.connections.opened == 0


@every_mode
def test_sockets_are_held_until_the_run_ends(tmp_path: Path, kind: list[str]) -> None:
    with server(echo) as url:
        step = "path: /, websocket: {messages: [a], every: 1ms, stay: 1h}"
        result = of_profile(tmp_path, url, step, "-c", "4", "-d", "300ms", *kind)
    assert (result.journeys.started, result.journeys.unfinished) == (4, 4)
    assert result.transactions["room/echo message"].ledger.ok > 4
    assert not errors(result)


@every_mode
def test_what_a_held_socket_fails_of(tmp_path: Path, kind: list[str]) -> None:
    def leave(connection: ServerConnection) -> None:
        for _ in connection:
            return

    cases = {
        "websocket: {stay: 1h, messages: [a], answers: 0, every: 1ms}": (leave, "the server closed it with 1000"),
        "timeout: 50ms, websocket: {messages: [a], answer: b}": (echo, "no answer within 0.05 s"),
    }
    for step, (talk, problem) in cases.items():
        with server(talk) as url:
            result = of_profile(tmp_path, url, f"path: /, {step}", "-c", "1", "-n", "1", *kind)
        assert result.journeys.ok == 0
        assert problem in errors(result)


def test_what_a_profile_must_not_say_of_a_websocket(tmp_path: Path) -> None:
    for step, problem in (
        ("websocket: {}", "websocket: expected messages, or stay"),
        ("websocket: {messages: [a], stay: 1s, answers: 0}", "websocket: expected every"),
        ("websocket: {stay: 1s}, json: 1", "json: cannot be combined with websocket"),
        ("websocket: {stay: 1s}, extract: {A: {json: a}}", "extract: cannot be combined with websocket"),
    ):
        file = tmp_path / "p.yaml"
        file.write_text(f"target: http://127.0.0.1:1\nscenarios: {{room: {{steps: [{{path: /, {step}}}]}}}}\n")
        done = loadgen("check", file)
        assert done.code == 2
        assert problem in done.err


def test_a_socket_whose_user_is_gone_before_it_connects_prints_nothing() -> None:
    """As at the end of a run: nobody goes on with the coroutine."""
    said: list[str] = []

    async def leave(origin: Origin) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))
        options: dict[str, Any] = {"subprotocols": (), "compress": False, "timeout_s": 5.0}
        entering = make_websocket("/", origin, Tls(), "", print, now_ns, **options).__aenter__()
        entering.send(None)
        while len(asyncio.all_tasks()) > 1:
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
        entering.close()

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    asyncio.run(leave(Origin("http", "127.0.0.1", port)))
    gc.collect()
    assert said == []
