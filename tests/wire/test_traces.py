"""`--trace` of scenarios: each request of a journey carries a trace id of its own, whoever makes it."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.command import MODES, loadgen
from tests.support.http2_server import Http2Server

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-01")
FILES = {
    "shop.yaml": """\
target: {url}
variables:
  ID: {{random: [1, 1000]}}
scenarios:
  buy:
    steps:
      - path: /constant
      - path: /varies
        method: POST
        body: "item ${{ID}}"
      - path: /redirected
        redirects: 1
""",
    "shop.py": """\
from loadgen.scenario import scenario

@scenario
async def buy(user):
    await user.get("/constant")
    await user.post("/varies", json={{"item": 1}})
    await user.get("/redirected")
""",
    "locustfile.py": """\
from locust import HttpUser, task

class Buyer(HttpUser):
    @task
    def buy(self):
        self.client.get("/constant")
        self.client.post("/varies", json={{"item": 1}})
        self.client.get("/redirected")
""",
}


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.path, self.headers.get("traceparent", "")))
        self.send_response(302 if self.path == "/redirected" else 200)
        if self.path == "/redirected":
            self.send_header("Location", "/there")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def shop() -> Iterator[ThreadingHTTPServer]:
    Shop.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("shop.yaml", MODES["pool"]),
        ("shop.yaml", MODES["threads"]),
        ("shop.yaml", (*MODES["async"], "--client", "httpx")),
        ("shop.py", MODES["pool"]),
        ("shop.py", MODES["threads"]),
        ("locustfile.py", MODES["pool"]),
    ],
)
def test_each_request_of_a_journey_has_one_of_its_own(
    shop: ThreadingHTTPServer, tmp_path: Path, name: str, argv: tuple[str, ...]
) -> None:
    url = f"http://127.0.0.1:{shop.server_address[1]}"
    (tmp_path / name).write_text(FILES[name].format(url=url))
    more = [] if name.endswith("yaml") else ["--target", url]
    done = loadgen("run", tmp_path / name, "-c", "1", "-n", "2", *argv, *more, "--trace", "--format", "json")
    assert done.code == 0, done.err
    paths = [path for path, _ in Shop.seen]
    assert paths == ["/constant", "/varies", "/redirected", "/there"] * 2
    traces = [match[1] for _, value in Shop.seen if (match := TRACEPARENT.fullmatch(value))]
    assert len({*traces}) == len(Shop.seen)
    kept = [row for part in done.result.requests.values() for row in part.slowest]
    assert {row.trace for row in kept} == {*traces}
    assert sorted(row.reused for row in kept) == [False] + [True] * 7


def test_one_of_its_own_stays(shop: ThreadingHTTPServer, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{shop.server_address[1]}"
    own = f"00-{'a' * 32}-{'b' * 16}-01"
    (tmp_path / "own.py").write_text(
        "from loadgen.scenario import scenario\n\n@scenario\nasync def buy(user):\n"
        f"    await user.get('/', headers={{'Traceparent': '{own}'}})\n"
    )
    loadgen("run", tmp_path / "own.py", "--target", url, "-c", "1", "-n", "2", *MODES["pool"], "--trace")
    assert Shop.seen == [("/", own)] * 2


@pytest.mark.parametrize("mode", [MODES["pool"], MODES["threads"]], ids=["pool", "threads"])
def test_over_http2_it_is_known_which_request_was_the_first_of_its_connection(mode: tuple[str, ...]) -> None:
    with Http2Server() as server:
        argv = ("-c", "1", "-n", "5", "--http", "2", *mode, "--slowest", "--format", "json")
        done = loadgen("run", f"http://127.0.0.1:{server.port}/", *argv)
    [part] = done.result.requests.values()
    assert sorted(row.reused for row in part.slowest) == [False, True, True, True, True]
