import errno
import select
import socket
import ssl
from threading import active_count

import pytest

from tests.support.certificates import Certificates
from tests.support.fault_server import FaultServer, black_hole, closed_port
from tests.support.steps import (
    AwaitClose,
    Close,
    EndSending,
    Gate,
    Pass,
    ReadHead,
    ReadRequest,
    Reset,
    Send,
    Stall,
    Step,
    Tell,
)

GET = b"GET / HTTP/1.1\r\n\r\n"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_requests_are_recorded_whole_and_in_order() -> None:
    post = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    with FaultServer(lambda _: [ReadRequest()] * 3) as server, connect(server.port) as client:
        client.sendall(post + chunked + GET)
        assert client.recv(1) == b""
        assert [request.raw for request in server.requests] == [post, chunked, GET]
        assert server.requests[0].body == b"abc"


def test_each_connection_has_a_script_of_its_own() -> None:
    with FaultServer(lambda index: [ReadRequest(), Send(b"%d" % index)]) as server:
        for index in range(3):
            with connect(server.port) as client:
                client.sendall(GET)
                assert client.recv(10) == b"%d" % index
        assert server.connections == 3


def test_a_gate_holds_the_script_between_two_pieces() -> None:
    gate = Gate()
    with FaultServer(lambda _: [Send(b"ab"), Pass(gate), Send(b"cd")]) as server, connect(server.port) as client:
        assert client.recv(10) == b"ab"
        gate.open()
        assert client.recv(10) == b"cd"


def test_the_script_tells_the_test_how_far_it_has_come() -> None:
    reached = Gate()
    with FaultServer(lambda _: [ReadHead(), Tell(reached), Stall()]) as server, connect(server.port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n")
        reached.wait()
        assert len(server.requests) == 1


def test_pieces_add_up_to_the_whole() -> None:
    with FaultServer(lambda _: [Send(b"abcdef", sizes=(1, 2)), Close()]) as server, connect(server.port) as client:
        assert b"".join(iter(lambda: client.recv(10), b"")) == b"abcdef"


def test_reset_is_a_reset() -> None:
    with FaultServer(lambda _: [ReadRequest(), Reset()]) as server, connect(server.port) as client:
        client.sendall(GET)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_half_closed_still_reads() -> None:
    with FaultServer(lambda _: [EndSending(), ReadRequest(), AwaitClose()]) as server:
        with connect(server.port) as client:
            assert client.recv(1) == b""
            client.sendall(GET)
        server.join_connections()
        assert server.requests[0].raw == GET


def test_leaving_frees_every_thread_whatever_the_scripts_wait_for() -> None:
    before = active_count()
    scripts: list[list[Step]] = [[Stall()], [ReadRequest()], [Pass(Gate())], [AwaitClose()], [Send(b"x" * 50_000_000)]]
    with FaultServer(lambda index: scripts[index]) as server:
        clients = [connect(server.port) for _ in scripts]
        clients[4].recv(1)  # the last connection was accepted and so were those before it
    for client in clients:
        client.close()
    assert active_count() == before


def test_tls_comes_before_the_script(certificates: Certificates) -> None:
    with (
        FaultServer(lambda _: [ReadRequest(), Send(b"ok")], tls=certificates.server_context()) as server,
        connect(server.port) as raw,
        certificates.client_context().wrap_socket(raw, server_hostname="localhost") as client,
    ):
        client.sendall(GET)
        assert client.recv(10) == b"ok"


def test_a_client_certificate_can_be_asked_for(certificates: Certificates) -> None:
    tls = certificates.server_context(client_must_show_certificate=True)
    context = certificates.client_context()
    context.load_cert_chain(certificates.client_cert, certificates.client_key)
    with (
        FaultServer(lambda _: [ReadRequest(), Send(b"ok")], tls=tls) as server,
        connect(server.port) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as client,
    ):
        client.sendall(GET)
        assert client.recv(10) == b"ok"


def test_a_client_that_does_not_trust_the_server_does_not_disturb_it(certificates: Certificates) -> None:
    with FaultServer(lambda _: [ReadRequest()], tls=certificates.server_context()) as server:
        stranger = ssl.create_default_context(cafile=str(certificates.stranger))
        with connect(server.port) as raw, pytest.raises(ssl.SSLCertVerificationError):
            stranger.wrap_socket(raw, server_hostname="localhost")
        server.join_connections()


def test_a_closed_port_refuses() -> None:
    with closed_port() as port, pytest.raises(ConnectionRefusedError):
        connect(port)


def test_connects_to_a_black_hole_hang() -> None:
    with black_hole() as port, socket.socket() as client:
        client.setblocking(False)
        assert client.connect_ex(("127.0.0.1", port)) == errno.EINPROGRESS
        assert select.select([], [client], [], 0)[1] == []
