"""Where connections go and come from, how long they are used, and what TLS is asked for: the same for every client."""

import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager

import pytest

from loadgen.base.dialing import Dialing
from loadgen.base.endpoint import Tls
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import RequestGroup
from loadgen.base.tls import make_context
from loadgen.clients.local_addresses import check_local
from tests.support.clients import endpoint_of, endpoint_to, every_client, get, user
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, ReadRequest, Send

REPLY = OK + HELLO
WELL = [*[ReadRequest(), Send(REPLY)] * 20, AwaitClose()]


@contextmanager
def unix_server(path):
    """Answers every request on a socket of the file system."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(65536):
                self.request.sendall(REPLY)

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        block_on_close = False

    with Server(path, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def at_socket(path, **changes):
    return endpoint_to(80, "example.test", addresses=((int(socket.AF_UNIX), (str(path), 0)),), **changes)


@every_client
@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_unix_socket_is_spoken_to_as_any_other(kind, keep_alive, tmp_path):
    path = str(tmp_path / "s")
    with unix_server(path), user(kind, at_socket(path, keep_alive=keep_alive)) as client:
        group = RequestGroup()
        assert [client.exchange(get(group)).length for _ in range(3)] == [5] * 3
        assert (client.counts.opened, client.counts.failed) == (1 if keep_alive else 3, 0)


@every_client
def test_a_unix_socket_that_is_not_there_or_has_nobody_is_told(kind, tmp_path):
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        with user(kind, at_socket(tmp_path / "deaf")) as client:
            assert client.exchange(get()).error is ErrorClass.CONNECTION_REFUSED
    with user(kind, at_socket(tmp_path / "none")) as client:
        assert client.exchange(get()).error is ErrorClass.CONNECTION_REFUSED
        assert client.details[-1] == "there is no such unix socket"


@every_client
def test_a_unix_socket_with_a_full_backlog_is_waited_for(kind, tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as full, socket.socket(socket.AF_UNIX) as first:
        full.bind(path)
        full.listen(0)
        first.connect(path)
        with user(kind, at_socket(path, connect_timeout_s=0.1)) as client:
            assert client.exchange(get()).error is ErrorClass.CONNECT_TIMEOUT


@every_client
def test_a_connection_is_closed_after_so_many_requests(kind):
    with FaultServer(lambda _: WELL) as server:
        with user(kind, endpoint_of(server, dialing=Dialing(requests_each=3))) as client:
            group = RequestGroup()
            stays = [client.exchange(get(group)).stays_open for _ in range(7)]
            assert stays == [True, True, False, True, True, False, True]
            assert (client.counts.opened, client.counts.idle_closed) == (3, 0)
        assert [one.connection for one in server.requests] == [0, 0, 0, 1, 1, 1, 2]


@every_client
def test_connections_come_from_each_local_address_in_turn(kind):
    with FaultServer(lambda _: WELL) as server:
        dialing = Dialing(local_addresses=("127.0.0.7", "127.0.0.8"))
        with user(kind, endpoint_of(server, dialing=dialing, keep_alive=False)) as client:
            seen = [(client.exchange(get()).status, server.last_peer[0]) for _ in range(3)]
        assert seen == [(200, "127.0.0.7"), (200, "127.0.0.8"), (200, "127.0.0.7")]


def test_a_local_address_that_is_another_machine_s_is_refused_before_the_run():
    check_local(Dialing(local_addresses=("127.0.0.7", "127.0.0.8")))
    with pytest.raises(Exception, match=r"--local-address: 192\.0\.2\.1 cannot be used"):
        check_local(Dialing(local_addresses=("127.0.0.7", "192.0.2.1")))


# TLS.


def trusting(certificates, **changes):
    return make_context(Tls(ca_file=str(certificates.ca), **changes))


@every_client
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_versions_of_tls_are_those_that_are_asked_for(kind, certificates, version):
    spoken = []
    context = certificates.server_context()
    context.sni_callback = lambda tls, *_: spoken.append(tls)
    limits = {"max_version": "1.2"} if version == "1.2" else {"min_version": "1.3"}
    with FaultServer(lambda _: WELL, context) as server:
        there = endpoint_of(server, host="localhost", scheme="https")
        with user(kind, there, trusting(certificates, **limits)) as client:
            assert client.exchange(get()).status == 200
            assert [tls.version() for tls in spoken] == [f"TLSv{version}"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("limits", [{"max_version": "1.1"}, {"min_version": "1.0", "max_version": "1.1"}])
def test_an_old_version_may_be_asked_for(certificates, limits):
    context = certificates.server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with FaultServer(lambda _: WELL, context) as server:
        there = endpoint_of(server, host="localhost", scheme="https")
        with user("blocking", there, trusting(certificates, **limits)) as client:
            assert client.exchange(get()).status == 200


@every_client
def test_a_version_that_the_server_does_not_speak_is_an_error_of_tls(kind, certificates):
    context = certificates.server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with FaultServer(lambda _: WELL, context) as server:
        there = endpoint_of(server, host="localhost", scheme="https")
        with user(kind, there, trusting(certificates, min_version="1.3")) as client:
            assert client.exchange(get()).error is ErrorClass.TLS


@every_client
def test_another_name_may_be_asked_for_than_that_of_the_url(kind, certificates):
    asked = []
    context = certificates.server_context()
    context.sni_callback = lambda _tls, name, _: asked.append(name)
    with FaultServer(lambda _: WELL, context) as server:
        there = endpoint_of(server, host="example.test", scheme="https", tls=Tls(server_name="localhost"))
        with user(kind, there, trusting(certificates)) as client:
            assert client.exchange(get()).status == 200
        assert asked == ["localhost"]
        assert b"\r\nHost: example.test:" in server.requests[0].head


@every_client
@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_session_is_taken_up_again_where_that_is_asked_for(kind, certificates, version, resume):
    with FaultServer(lambda _: WELL, certificates.server_context()) as server:
        there = endpoint_of(server, host="localhost", scheme="https", keep_alive=False, tls=Tls(resume=resume))
        with user(kind, there, trusting(certificates, max_version=version)) as client:
            assert [client.exchange(get()).status for _ in range(3)] == [200] * 3
            assert (client.counts.opened, client.counts.resumed) == (3, 2 if resume else 0)


def test_ciphers_are_those_that_are_asked_for():
    names = {one["name"] for one in make_context(Tls(ciphers="ECDHE-RSA-AES128-GCM-SHA256")).get_ciphers()}
    assert {name for name in names if not name.startswith("TLS_")} == {"ECDHE-RSA-AES128-GCM-SHA256"}
    with pytest.raises(Exception, match="--ciphers: this machine's OpenSSL has none of 'NONSENSE'"):
        make_context(Tls(ciphers="NONSENSE"))
