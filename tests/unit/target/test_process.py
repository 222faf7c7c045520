"""The demo server as a process of its own."""

import http.client
import os
import signal
import socket
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.target.options import TargetOptions
from loadgen.target.process import NullProcess, ServerProcess, TargetProcess

TIMEOUT_S = 10.0


def get(url: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.slow  # starts a process
@pytest.mark.parametrize(("server", "reply"), [(TargetProcess(), b"hello world\n"), (NullProcess(), b"hello world!")])
def test_the_process_serves_and_is_gone_afterwards(server: ServerProcess, reply: bytes) -> None:
    with server:
        assert get(server.url, "/") == reply
    with pytest.raises(ProcessLookupError):
        os.kill(server.process.pid, 0)


@pytest.mark.slow  # starts a process
def test_options_reach_the_process(tmp_path: Path) -> None:
    log = tmp_path / "-odd näme"
    with TargetProcess(TargetOptions(host="::1", port=0, fail_after=1, queue_log=str(log))) as server:
        assert server.url.startswith("http://[::1]:")
        assert get(server.url, "/queue/0") == b"hello world\n"
        assert get(server.url, "/") == b"500 Internal Server Error\n"
    assert log.read_text().count("\n") == 1


@pytest.mark.slow  # starts a process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_in_order_while_clients_are_connected(number: signal.Signals) -> None:
    with TargetProcess() as server, socket.create_connection(("127.0.0.1", int(server.url.split(":")[2]))) as client:
        client.sendall(b"GET /delay/60000 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        get(server.url, "/")
        server.process.send_signal(number)
        assert server.process.wait(TIMEOUT_S) == 0


@pytest.mark.slow  # starts two processes
def test_a_port_in_use_is_said_in_one_line() -> None:
    with TargetProcess() as server:
        port = int(server.url.split(":")[2])
        with (
            pytest.raises(
                UsageError, match=rf"did not start: cannot listen on 127.0.0.1:{port}: Address already in use"
            ),
            TargetProcess(TargetOptions(port=port)),
        ):
            pass


@pytest.mark.slow  # starts a process
def test_the_process_ends_with_the_pipe_from_its_parent() -> None:
    with TargetProcess() as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(TIMEOUT_S) == 0
