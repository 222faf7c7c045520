"""gRPC calls of a profile, against grpcio's server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from loadgen.results.result import Result
from tests.support.command import Mode, loadgen

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


@pytest.fixture
def url() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(say),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Many": grpc.unary_stream_rpc_method_handler(many),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("demo.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None).wait()


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
