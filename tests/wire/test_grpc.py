"""gRPC calls of a profile, against grpcio's server."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from loadgen.plan.grpc.messages import files_of
from loadgen.plan.grpc.services import method_of
from loadgen.results.result import Result
from tests.support.command import Mode, loadgen
from tests.support.reflection import answer

PROTO = """
syntax = "proto3";
package demo;
message Ask { string text = 1; int32 times = 2; }
service Echo {
  rpc Say(Ask) returns (Ask);
  rpc Fail(Ask) returns (Ask);
  rpc Many(Ask) returns (stream Ask);
}
"""


def say(asked: bytes, _context: grpc.ServicerContext) -> bytes:
    return asked


def fail(_asked: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.UNAVAILABLE, "not today")
    raise AssertionError


def many(asked: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    yield from [asked] * 4


HANDLERS = {
    "Say": grpc.unary_unary_rpc_method_handler(say),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Many": grpc.unary_stream_rpc_method_handler(many),
}


@pytest.fixture
def url() -> Iterator[str]:
    with serving({"demo.Echo": HANDLERS}) as url:
        yield url


@contextmanager
def serving(services: Mapping[str, Mapping[str, grpc.RpcMethodHandler]]) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    for name, handlers in services.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None).wait()


STEPS = """
target: {url}
scenarios:
  talk:
    steps:
      - {{name: say, grpc: {{file: echo.proto, method: Say, message: {{text: hello, times: 3}}}},
         extract: {{TIMES: {{json: times}}, TEXT: {{json: text}}}}}}
      - {{name: again, extract: {{SAID: {{json: text}}}}, grpc: {{file: echo.proto, method: Say,
         message: {{text: "${{TEXT}} ${{TIMES}}", times: "${{TIMES}}"}}}}}}
      - {{name: wrong, grpc: {{file: echo.proto, method: Say, message: {{times: "${{SAID}}"}}}}}}
"""
TALK = """
from loadgen.scenario import scenario

@scenario
async def talk(user):
    reply = await user.grpc("echo.proto", "Say", {"text": "hi", "times": user.number})
    assert (reply.grpc_status, reply.json("text")) == ("OK", "hi"), reply
    many = await user.grpc("echo.proto", "Many", {"text": "hi"}, name="many")
    assert many.json("*.text") == ["hi"] * 4
    bad = await user.grpc("echo.proto", "Fail", deadline=5)
    assert (bad.grpc_status, bad.grpc_message) == ("UNAVAILABLE", "not today")
    user.failed = None
"""


def run(tmp_path: Path, url: str, *argv: object) -> Result:
    (tmp_path / "echo.proto").write_text(PROTO)
    file = tmp_path / "p.yaml"
    file.write_text(
        f"target: {url}\nrequests:\n"
        "  - {name: say, grpc: {file: echo.proto, method: Say, message: {text: hello}}}\n"
        "  - {name: fail, grpc: {file: echo.proto, method: Fail}}\n"
        "  - {name: many, grpc: {file: echo.proto, method: Many, message: {text: hi}}, stream: {kind: grpc}}\n"
    )
    done = loadgen("run", file, "-c", "4", "-n", "60", "-q", "--format", "json", *argv)
    assert done.code == 0, done.err
    return done.result


def test_the_status_is_the_outcome_and_messages_are_timed(tmp_path: Path, url: str, mode: Mode) -> None:
    result = run(tmp_path, url, *mode)
    parts = result.requests
    assert parts["say"].ledger.ok == parts["say"].ledger.sent > 0
    assert parts["fail"].ledger.failed == parts["fail"].ledger.sent > 0
    assert parts["many"].phases_ms["gap"].count == 3 * parts["many"].ledger.ok > 0
    assert result.error_codes == {"UNAVAILABLE": parts["fail"].ledger.failed}
    (row,) = result.errors
    assert (row.error_class, row.fault) == ("grpc_status", "target")
    assert "not today" in row.example


def test_once_shows_messages_as_json_and_the_status_by_its_name(tmp_path: Path, url: str) -> None:
    (tmp_path / "echo.proto").write_text(PROTO)
    file = tmp_path / "once.yaml"
    ask = "file: echo.proto, message: {text: hello, times: 3}"
    file.write_text(f"target: {url}\nrequests:\n" + "".join(
        f"  - {{grpc: {{method: {name}, {ask}}}}}\n" for name in ("Say", "Fail")
    ))  # fmt: skip
    done = loadgen("run", file, "--once")
    assert (done.code, done.out.splitlines()[-1]) == (99, "2 requests: 1 good, 1 failed")
    message = '{"text": "hello", "times": 3}'
    assert [row[9:] for row in done.out.splitlines() if "{" in row] == [f"> {message}", f"| {message}", f"> {message}"]
    assert "grpc_status: UNAVAILABLE\n" in done.out


def test_a_step_takes_the_next_message_from_the_last_answer(tmp_path: Path, url: str, local_mode: Mode) -> None:
    (tmp_path / "echo.proto").write_text(PROTO)
    file = tmp_path / "steps.yaml"
    file.write_text(STEPS.format(url=url))
    result = loadgen("run", file, "-c", "2", "-n", "2", "-q", "--format", "json", *local_mode).result
    assert {name: part.ledger.ok for name, part in result.requests.items()} == {
        "talk/say": 2, "talk/again": 2, "talk/wrong": 0,
    }  # fmt: skip
    assert "/demo.Echo/Say: message:" in result.transactions["talk"].errors[0].message


def test_a_user_in_python_sees_answers(tmp_path: Path, url: str, local_mode: Mode) -> None:
    (tmp_path / "echo.proto").write_text(PROTO)
    file = tmp_path / "talk.py"
    file.write_text(TALK)
    options = ["--target", url, "-c", "2", "-n", "4", "-q", "--format", "json"]
    result = loadgen("run", file, *options, "--http", "2", *local_mode).result
    assert result.transactions["talk"].ledger.ok == 4
    assert result.requests["talk/many"].ledger.ok == 4
    without = loadgen("run", file, *options, *local_mode).result
    assert "add --http 2" in without.transactions["talk"].errors[0].message


def test_a_server_without_reflection_says_what_to_give(tmp_path: Path, url: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(f"target: {url}\nrequests: [{{grpc: {{reflection: true, method: Echo/Say}}}}]\n")
    done = loadgen("run", file, "-n", "1")
    assert done.code == 2
    assert "the server has no reflection" in done.err
    assert "give file" in done.err


def test_reflection_gives_the_types(tmp_path: Path) -> None:
    (tmp_path / "echo.proto").write_text(PROTO)
    types = files_of(method_of(str(tmp_path / "echo.proto"), "Say").types)
    files = {item.name: item.SerializeToString() for item in types}

    def reflect(asked: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
        for question in asked:
            yield answer(question, {"demo.Echo": "echo.proto"}, files)

    old = {"ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(reflect)}
    file = tmp_path / "p.yaml"
    with serving({"demo.Echo": HANDLERS, "grpc.reflection.v1alpha.ServerReflection": old}) as url:
        call = "{reflection: true, method: Say, message: {text: hello}}"
        file.write_text(f"target: {url}\nrequests: [{{name: say, grpc: {call}}}]\n")
        done = loadgen("run", file, "-c", "1", "-n", "3", "-q", "--format", "json")
    assert done.result.requests["say"].ledger.ok == 3
