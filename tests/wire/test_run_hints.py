"""What a run says of a server that is not what it was taken for, the same in every mode."""

import gzip
from pathlib import Path

import pytest

from tests.support.command import Finished, Mode, loadgen
from tests.support.fault_server import FaultServer
from tests.support.steps import AwaitClose, Close, ReadRequest, Send, Step


def run(steps: list[Step], *argv: object, path: str = "/") -> Finished:
    with FaultServer(lambda _: steps) as server:
        done = loadgen("run", f"http://127.0.0.1:{server.port}{path}", "-c", "2", "-n", "4", *argv)
    return Finished(done.code, " ".join(done.out.split()), done.err)


def test_redirects_are_told_with_their_location(mode: Mode) -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/login\r\nContent-Length: 0\r\n\r\n"
    done = run([*[ReadRequest(), Send(reply)] * 3, AwaitClose()], *mode)
    assert done.code == 0
    assert done.out.count("very reply was a redirect (302), the first to 'https://shop.example/login'") == 1


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_redirects_are_told_in_every_form(form: str) -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"
    done = run([*[ReadRequest(), Send(reply)] * 3, AwaitClose()], "--format", form)
    assert done.code == 0
    assert "every reply was a redirect (302), the first to" in done.out


def test_another_protocol_is_named(local_mode: Mode) -> None:
    done = run([Send(b"SSH-2.0-OpenSSH_9.6\r\n"), ReadRequest(), Close()], *local_mode)
    assert "the server speaks SSH on this port, not HTTP" in done.out


def test_a_server_that_says_a_few_bytes_of_something_else_is_told_by_its_close(local_mode: Mode) -> None:
    done = run([ReadRequest(), Send(b"nope"), Close()], *local_mode)
    assert "the protocol is not HTTP/1.x" in done.out


def test_a_compressed_body_is_told_where_its_text_is_looked_for(local_mode: Mode, tmp_path: Path) -> None:
    body = gzip.compress(b"hello")
    reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with FaultServer(lambda _: [*[ReadRequest(), Send(reply)] * 3, AwaitClose()]) as server:
        profile = tmp_path / "p.yaml"
        profile.write_text(
            f"target: http://127.0.0.1:{server.port}\nrequests: [{{path: /, expect: {{body_contains: hello}}}}]\n"
        )
        done = loadgen("run", profile, "-c", "2", "-n", "4", *local_mode)
    assert "the body is compressed (gzip): with --compressed its text is looked for in what it holds" in " ".join(
        done.out.split()
    )
