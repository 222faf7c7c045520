"""The server of a page: who is let in, and who may change something."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from loadgen.base.errors import UsageError
from loadgen.observe.web.place import WebPlace
from loadgen.observe.web.server import MOST_CONNECTIONS, PLAIN, TOKEN, Answer, Query, WebServer
from tests.support.certificates import Certificates

PATIENCE_S = 20.0


class Kept:
    """A site that remembers what it was to do."""

    def __init__(self) -> None:
        self.done: list[Mapping[str, Any]] = []

    def get(self, path: str, query: Query) -> Answer | None:
        return Answer(b"shown") if path == "/" else None

    def post(self, path: str, values: Mapping[str, Any]) -> Answer | None:
        self.done.append(values)
        return Answer(b"", PLAIN)

    def follow(self, write: Callable[[bytes], None]) -> None:
        write(b"data: {}\n\n")


@pytest.fixture
def site() -> Kept:
    return Kept()


@pytest.fixture
def server(site: Kept) -> Iterator[WebServer]:
    with closing(WebServer(WebPlace("127.0.0.1", 0), site)) as made:
        yield made


def ask(server: WebServer, method: str, path: str = "/", body: bytes | None = None, **headers: str) -> int:
    at = urlsplit(server.url)
    with closing(http.client.HTTPConnection(at.hostname or "", at.port or 0, timeout=PATIENCE_S)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status


def act(server: WebServer, body: bytes = b'{"rate": "5"}', **headers: str) -> int:
    return ask(server, "POST", "/start", body, **{TOKEN: server.token, **headers})


def test_a_page_of_ours_may_change_something(server: WebServer, site: Kept) -> None:
    own = urlsplit(server.url).netloc
    assert act(server) == 200  # a program that was told the token
    assert act(server, Origin=f"http://{own}", Sec_Fetch_Site="same-origin") == 200
    assert site.done == [{"rate": "5"}] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {TOKEN: ""},
        {TOKEN: "x" * 22},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example", "Origin": "http://evil.example"},  # after DNS rebinding
        {"Host": ""},
    ],
    ids=str,
)
def test_a_page_of_another_origin_changes_nothing(server: WebServer, site: Kept, headers: dict[str, str]) -> None:
    port = str(urlsplit(server.url).port)
    given = {name: value.replace("{port}", port) for name, value in headers.items()}
    assert act(server, **given) == 403
    assert site.done == []


def test_a_token_in_the_address_is_not_enough_to_change_something(server: WebServer, site: Kept) -> None:
    assert ask(server, "POST", f"/start?t={server.token}", b"{}") == 403
    assert ask(server, "GET", f"/start?t={server.token}") == 404
    assert ask(server, "OPTIONS", "/start", Origin="http://evil.example") == 501  # no CORS
    assert site.done == []


@pytest.mark.parametrize(("body", "status"), [(b"[]", 400), (b"{", 400), (b"x" * 70_000, 413)])
def test_what_is_no_form_is_refused(server: WebServer, site: Kept, body: bytes, status: int) -> None:
    assert act(server, body) == status
    assert site.done == []


def test_it_is_not_to_be_framed_kept_or_told_on(server: WebServer) -> None:
    at = urlsplit(server.url)
    with closing(http.client.HTTPConnection(at.hostname or "", at.port or 0, timeout=PATIENCE_S)) as connection:
        connection.request("GET", f"/?{at.query}")
        headers = connection.getresponse().headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Server"] == "loadgen"


def test_too_many_connections_are_turned_away_and_hold_nobody_up(server: WebServer) -> None:
    at = urlsplit(server.url)
    idle = [socket.create_connection((at.hostname, at.port), PATIENCE_S) for _ in range(MOST_CONNECTIONS)]
    with closing(socket.create_connection((at.hostname, at.port), PATIENCE_S)) as another:
        assert another.recv(1) == b""
    for connection in idle:
        connection.close()


def test_it_speaks_tls_with_a_certificate(certificates: Certificates, site: Kept) -> None:
    place = WebPlace("127.0.0.1", 0, str(certificates.server_cert), str(certificates.server_key))
    with closing(WebServer(place, site)) as server:
        at = urlsplit(server.url)
        assert at.scheme == "https"
        with closing(socket.create_connection((at.hostname, at.port), PATIENCE_S)):  # says nothing
            context = ssl.create_default_context(cafile=str(certificates.ca))
            context.check_hostname = False
            with closing(http.client.HTTPSConnection(at.hostname or "", at.port, context=context)) as connection:
                own = {TOKEN: server.token, "Origin": f"https://{at.netloc}"}
                connection.request("POST", "/start", json.dumps({}), own)
                assert connection.getresponse().status == 200


def test_a_certificate_that_is_none_is_said_at_once(tmp_path: Path, site: Kept) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    for name, said in {"x.pem": "cannot use", "none.pem": "cannot read"}.items():
        with pytest.raises(UsageError, match=f"^{said} the certificate "):
            WebServer(WebPlace("127.0.0.1", 0, str(tmp_path / name)), site)
