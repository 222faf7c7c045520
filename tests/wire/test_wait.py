"""When a target is up, for `--wait`: what it must answer to a question."""

import asyncio
import socket
import ssl

import pytest

from loadgen.base.endpoint import Origin, Tls
from loadgen.clients.endpoint import endpoint_of
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import HttpVersion, Plan
from loadgen.session.answer import Answer
from tests.support.certificates import Certificates
from tests.support.listener import Listener, Talk

PATIENCE_S = 20.0


class Says(Listener):
    """Reads a question, says this, and leaves the connection open; nothing at all where it is None."""

    def __init__(self, answer: bytes | None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.answer, self.asked = answer, b""

    def accepted(self, index: int) -> Talk:
        return self._talk

    def _talk(self, raw: socket.socket, index: int) -> None:
        sock = self.secured(raw, index)
        self.asked = sock.recv(65536)
        if self.answer is not None:
            sock.sendall(self.answer)
        sock.recv(1)


def missing(
    answer: bytes | None, within_s: float = PATIENCE_S, http: HttpVersion = "1.1", tls: ssl.SSLContext | None = None
) -> tuple[str, bytes]:
    """What is missing of a server that says this, and what it was asked."""
    with Says(answer, tls) as server:
        job = HttpJob((RequestSpec("a", "POST", "/a?b=1", headers=(("Host", "shop"), ("X-Key", "k"))),))
        plan = Plan(
            "a", Origin("https" if tls else "http", "127.0.0.1", server.port), job, http=http, tls=Tls(verify=False)
        )
        found = Answer(plan, asyncio.run(endpoint_of(plan))).missing(within_s)
    return found, server.asked


@pytest.mark.parametrize("status", [200, 301, 404, 426, 500])
def test_whoever_answers_is_up(status: int) -> None:
    found, asked = missing(b"HTTP/1.1 %d x\r\n" % status)
    assert found == ""
    assert asked.startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: shop\r\nUser-Agent: ")
    assert asked.endswith(b"\r\nConnection: close\r\n\r\n")
    assert b"X-Key" not in asked


def test_what_is_no_http_is_an_answer_too() -> None:
    assert missing(b"\x15\x03\x01\x00\x02\x02\x16 and so on")[0] == ""


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_its_server_is_not_up(status: int) -> None:
    assert missing(b"HTTP/1.1 %d x\r\n" % status)[0] == f"it answers {status}"


def test_whoever_takes_connections_and_says_nothing_is_not_up() -> None:
    assert missing(None, within_s=0.05)[0] == "it takes connections, and answers nothing"


def test_over_http_2_the_settings_of_the_server_are_an_answer() -> None:
    found, asked = missing(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 2, http="2")
    assert found == ""
    assert asked.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


@pytest.mark.parametrize(("protocol", "begin"), [("h2", b"PRI * "), ("http/1.1", b"GET /a")])
def test_where_tls_is_to_agree_on_the_version_the_question_is_of_that(
    certificates: Certificates, protocol: str, begin: bytes
) -> None:
    context = certificates.server_context()
    context.set_alpn_protocols([protocol])
    found, asked = missing(b"HTTP/1.1 200", http="auto", tls=context)
    assert (found, asked[:6]) == ("", begin)
