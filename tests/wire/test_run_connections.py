"""Whole runs whose connections go other ways than straight to the target, and what is done with replies."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.command import loadgen
from tests.support.fault_server import FaultServer, closed_port
from tests.support.proxy_server import ProxyServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, Close, ReadRequest, Send

WELL = [*[ReadRequest(), Send(OK + HELLO)] * 20, AwaitClose()]
WAYS = {
    "processes": ["--mode", "pool", "--processes", "2"],
    "threads": ["--mode", "threads"],
    "async": ["--mode", "async"],
    "httpx": ["--mode", "async", "--client", "httpx"],
}


def ways(*names: str) -> pytest.MarkDecorator:
    """Some of them: what differs between clients is in the tests of clients."""
    return pytest.mark.parametrize("way", [WAYS[name] for name in names], ids=names)


def saved(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def moved(location: bytes) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location


@ways("processes", "threads")
def test_a_run_by_way_of_a_proxy_says_so_and_hides_the_password(way, tmp_path):
    with FaultServer(lambda _: WELL) as server, ProxyServer(password="me:geheim") as proxy:
        url = f"socks5h://me:geheim@127.0.0.1:{proxy.port}"
        file = tmp_path / "r.json"
        done = loadgen("run", server.url, "-c", "2", "-n", "6", "-x", url, "-o", file, *way)
        assert done.code == 0, done.err
        assert proxy.seen == [f"SOCKS 127.0.0.1:{server.port}"] * 2
    assert f"by the proxy socks5h://127.0.0.1:{proxy.port}" in " ".join(done.out.split())
    result = saved(file)
    assert result["ledger"]["ok"] == 6
    assert result["plan"]["dialing"]["http_proxy"] == f"socks5h://127.0.0.1:{proxy.port}"
    assert "geheim" not in file.read_text("utf-8") + done.out + done.err


@ways("threads", "async", "httpx")
def test_redirects_are_followed_and_each_hop_is_counted(way, tmp_path):
    pass_of = [ReadRequest(), Send(moved(b"/b")), ReadRequest(), Send(OK + HELLO)]
    file = tmp_path / "r.json"
    with FaultServer(lambda _: [*pass_of * 20, AwaitClose()]) as server:
        done = loadgen("run", f"{server.url}/a", "-c", "1", "-n", "8", "--redirects", "1", "-o", file, *way)
        assert done.code == 0, done.err
        paths = [one.raw.split(b" ")[1] for one in server.requests]
    assert sorted(paths) == [b"/a"] * 4 + [b"/b"] * 4
    result = saved(file)
    assert result["status_codes"] == {"200": 4, "302": 4}
    assert result["plan"]["redirects"] == 1


@ways("async", "httpx")
def test_expectations_look_at_the_decoded_body(way, tmp_path):
    body = gzip.compress(b"hello " * 100)
    reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    profile = tmp_path / "p.yaml"
    with FaultServer(lambda _: [*[ReadRequest(), Send(reply)] * 9, AwaitClose()]) as server:
        expect = "{body_contains: hello, length: 600}"
        profile.write_text(f"target: {server.url}\ncompressed: true\nrequests: [{{expect: {expect}}}]\n")
        done = loadgen("run", profile, "-c", "2", "-n", "6", *way)
        assert b"\r\nAccept-Encoding: gzip" in server.requests[0].head
    assert done.code == 0, done.err
    assert "6 sent = 6 ok + 0 failed" in done.out


@ways("threads", "async")
def test_requests_are_signed_for_a_service_and_the_secret_key_is_in_nothing(way, tmp_path):
    file = tmp_path / "r.json"
    key = ["--aws-sigv4", "eu-central-1:execute-api", "-a", "AKIDEXAMPLE:geheimer-schluessel"]
    with FaultServer(lambda _: WELL) as server:
        done = loadgen("run", f"{server.url}/x?b=1&a=2", "-c", "2", "-n", "6", *key, "-o", file, *way)
        assert done.code == 0, done.err
        assert len(server.requests) == 6
        for one in server.requests:
            assert (
                b"/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date" in one.raw
            )
    assert saved(file)["plan"]["signed_for"] == "eu-central-1:execute-api"
    for secret in ("AKIDEXAMPLE", "geheimer-schluessel"):
        assert secret not in file.read_text("utf-8") + done.out + done.err


@ways("threads", "async")
def test_a_connection_carries_so_many_requests(way):
    with FaultServer(lambda _: WELL) as server:
        done = loadgen("run", server.url, "-c", "1", "-n", "12", "--requests-per-connection", "3", *way)
        assert done.code == 0, done.err
        numbers = [one.connection for one in server.requests]
    assert {numbers.count(number) for number in numbers} == {3}
    assert "4 opened" in done.out


def test_another_port_answers_for_the_target():
    with FaultServer(lambda _: WELL) as server:
        place = f"example.test:80:127.0.0.1:{server.port}"
        done = loadgen("run", "http://example.test/", "-c", "1", "-n", "3", "--connect-to", place, "--mode", "async")
        assert (done.code, server.requests[0].head.split(b"\r\n")[1]) == (0, b"Host: example.test")
        done = loadgen(
            "run", f"http://example.test:{server.port}/", "-c", "1", "-n", "3", "--mode", "async",
            "--resolve", f"example.test:{server.port}:127.0.0.1",
        )  # fmt: skip
        assert done.code == 0, done.err
        assert f"example.test:{server.port} at 127.0.0.1" in " ".join(done.out.split())


def test_a_proxy_of_the_environment_is_used_when_asked_for(monkeypatch):
    with FaultServer(lambda _: [*WELL[:2], Close()]) as server, ProxyServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        run = ["run", server.url, "-c", "1", "-n", "1", "--mode", "async"]
        assert (loadgen(*run).code, proxy.seen) == (0, [])
        assert (loadgen(*run, "-x", "env").code, proxy.seen) == (0, [f"GET {server.url}/"])


def test_a_proxy_that_refuses_is_no_fault_of_the_target(tmp_path):
    file = tmp_path / "r.json"
    with ProxyServer(code=2) as proxy:
        url = f"socks5h://127.0.0.1:{proxy.port}"
        done = loadgen("run", "http://example.test/", "-c", "1", "-n", "2", "-x", url, "--mode", "async", "-o", file)
    assert done.code == 99
    (row,) = saved(file)["errors"]
    assert (row["class"], row["fault"]) == ("proxy_error", "generator")
    assert row["message"] == f"the proxy {url} was asked for example.test:80 and does not allow it"


def test_where_nobody_is_there_the_run_ends_at_once_and_says_who(tmp_path):
    with closed_port() as port:
        done = loadgen("run", "http://example.test/", "-c", "1", "-x", f"socks5h://127.0.0.1:{port}", "--mode", "async")
    assert done.code == 99
    assert f"the proxy socks5h://127.0.0.1:{port}: Connection refused; check --proxy" in " ".join(done.out.split())
    done = loadgen("run", "http://example.test/", "-c", "1", "--unix-socket", tmp_path / "none", "--mode", "async")
    assert done.code == 99
    assert "nothing listens on the unix socket" in " ".join(done.out.split())
