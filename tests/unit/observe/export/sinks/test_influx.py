import re
import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from loadgen.observe.export.sinks.influx import Influx
from tests.support.export import BEGAN, ENDED, interval, own_second, tally

LINE = re.compile(
    r"(?P<head>(?:\\.|[^ ,])+)(?P<tags>(?:,(?:\\.|[^ \\])+)?) (?P<fields>(?:\"(?:\\.|[^\"])*\"|[^ ])+) (?P<at>\d+)"
)


class Database(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.lines: list[str] = []
        self.authorization: list[str | None] = []
        self.status = 204

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}/write?db=x"


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Database)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.lines += body.decode().splitlines()
        self.server.authorization.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_point_a_second_and_name(database: Database) -> None:
    sink = Influx(f"http://{database.url}")
    sink.began(BEGAN)
    sink.interval(interval(0, **{"GET /a,b=c": tally(1000, failed=2)}))
    sink.ended(ENDED)
    points = [LINE.fullmatch(line) for line in database.lines]
    assert all(points), database.lines
    second, threshold, end = (point.groupdict() for point in points if point)
    assert second["tags"] == r",name=GET\ /a\,b\=c,group=request,part=second,plan=shop"
    assert "ok=1i,failed=2i" in second["fields"]
    assert "response_p50_ms=1" in second["fields"].split(",")
    assert second["at"] == "1800000000000000000"
    assert threshold["fields"] == 'limit=50,observed=40.031,met=true,verdict="pass"'
    assert end["fields"] == 'verdict="valid",ended_by="completed"'


def test_user_and_password_are_sent_and_a_token_comes_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://me:a%40b@{database.url}"
    monkeypatch.delenv("INFLUX_TOKEN", raising=False)
    Influx(url).interval(interval())
    monkeypatch.setenv("INFLUX_TOKEN", "t")
    Influx(url).interval(interval())
    assert database.authorization == ["Basic bWU6YUBi", "Token t"]


def test_an_answer_of_500_is_an_error(database: Database) -> None:
    database.status = 500
    with pytest.raises(urllib.error.HTTPError) as caught:
        Influx(f"http://{database.url}").interval(interval())
    caught.value.close()


def test_metrics_of_a_scenario_are_points_of_their_own(database: Database) -> None:
    sink = Influx(f"http://{database.url}")
    sink.began(BEGAN)
    sink.interval(own_second())
    check, metric = database.lines
    assert check.startswith("loadgen,name=total,group=check,part=second,plan=shop users=4i,ok=3i,failed=1i,")
    assert metric == (
        "loadgen_value,metric=basket,unit=EUR,part=second,plan=shop "
        "count=2i,sum=30,mean=15,min=10,max=20,p50=10,p90=20,p99=20 1800000000000000000"
    )
