import ssl
import urllib.request

import pytest

from tests.support.certificates import Certificates
from tests.support.nginx import PAGE, Nginx


def fetch(url: str, data: bytes | None = None, context: ssl.SSLContext | None = None) -> bytes:
    with urllib.request.urlopen(url, data=data, timeout=10, context=context) as reply:
        body: bytes = reply.read()
        return body


@pytest.mark.slow  # starts nginx
def test_nginx_logs_every_request_and_nothing_else(nginx: Nginx, certificates: Certificates) -> None:
    assert fetch(nginx.url) == PAGE
    assert fetch(nginx.url + "upload", b"x" * 100_000) == b"received\n"
    assert fetch(nginx.tls_url, context=certificates.client_context()) == PAGE
    nginx.stop()
    lines = [line.split(" ", 3) for line in nginx.log_lines()]
    assert [(status, request) for status, _, _, request in lines] == [
        ("200", "GET / HTTP/1.1"),
        ("200", "POST /upload HTTP/1.1"),
        ("200", "GET / HTTP/1.1"),
    ]
    assert int(lines[1][2]) > 100_000


def test_a_running_nginx_has_no_log_to_show(nginx: Nginx) -> None:
    with pytest.raises(RuntimeError, match="stop it first"):
        nginx.log_lines()
