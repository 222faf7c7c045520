import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from loadgen.measure.names import Kind
from loadgen.measure.recording import Tally
from loadgen.observe.export.events import Ended, Key, State
from loadgen.observe.export.sinks.page import Page
from loadgen.results.requests import Ledger
from tests.support.export import BEGAN, ENDED, interval, tally

PATIENCE_S = 20


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page("127.0.0.1:0")
    made.began(BEGAN)
    yield made
    made.close()


def url_of(page: Page, path: str = "/", token: str | None = None) -> str:
    base = page.info.split()[-1].partition("/?")[0]
    return f"{base}{path}?t={page.server.token if token is None else token}"


def body(page: Page) -> str:
    with urllib.request.urlopen(url_of(page), timeout=PATIENCE_S) as reply:
        assert "no-store" in reply.headers["Cache-Control"]
        return reply.read().decode()


def status(url: str, body: bytes | None = None, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=PATIENCE_S) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_reload_shows_all_that_was_told(page: Page) -> None:
    page.state(State(3.0, "running"))
    for t_s in range(3):
        page.interval(interval(t_s, **{"GET <a>": tally(1000, 2000, failed=1)}))
    shown = body(page)
    assert "shop: http://shop.test" in shown
    assert "running, 3 s" in shown
    assert "GET &lt;a&gt;" in shown
    for head in ("Latency", "Latency over time", "By percentile", "Response times"):
        assert f"<h2>{head}</h2>" in shown
    assert "unexpected status" in shown
    assert "no data yet" in shown


def test_journeys_have_rows_and_small_charts_while_they_run(page: Page) -> None:
    for t_s in range(3):
        second = interval(t_s, **{"shop/buy/pay": tally(1000)})
        of_journeys: dict[Key, Tally] = {("transaction", "shop/buy"): tally(3000), ("transaction", "all"): tally(4000)}
        kinds = {"shop/buy": Kind.JOURNEY, "all": Kind.GROUP}
        page.interval(replace(second, tallies={**second.tallies, **of_journeys}, kinds=kinds))
    shown = body(page)
    journeys = shown[shown.index("<h2>Journeys</h2>") : shown.index("<h2>Journeys over time</h2>")]
    assert "<td>shop/buy</td><td>3</td>" in journeys
    assert "<td>all</td>" not in journeys
    assert "pay</td><td>3</td>" in journeys


def test_its_script_is_the_only_one_that_may_run(page: Page) -> None:
    shown = body(page)
    assert shown.count("<script") == 1
    assert "script-src 'sha256-" in shown
    assert "connect-src 'self'" in shown
    assert "unsafe" not in shown


def test_who_lacks_the_token_or_comes_by_another_name_sees_nothing(page: Page) -> None:
    assert status(url_of(page)) == 200
    assert status(url_of(page, token="")) == 403
    assert status(url_of(page, token="x" * 22)) == 403
    assert status(url_of(page, "/events", token="x")) == 403
    assert status(url_of(page), Host="evil.example") == 403
    assert status(url_of(page, "/else")) == 404


def test_nothing_can_be_changed_from_it(page: Page) -> None:
    request = urllib.request.Request(url_of(page), data=b"x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=PATIENCE_S)
    assert caught.value.code == 403
    caught.value.close()
    assert status(url_of(page), **{"X-Loadgen-Token": page.server.token}, body=b"{}") == 404


def test_an_open_tab_is_told_each_second_and_the_end(page: Page) -> None:
    told: list[str] = []
    first = threading.Event()

    def listen() -> None:
        with urllib.request.urlopen(url_of(page, "/events"), timeout=PATIENCE_S) as reply:
            for line in reply:
                if line.startswith((b"event", b"data")):
                    told.append(line.decode())
                if line.startswith(b"data"):
                    first.set()

    tab = threading.Thread(target=listen)
    tab.start()
    assert first.wait(PATIENCE_S)
    page.interval(interval(0))
    page.ended(Ended(replace(ENDED.result, ledger=Ledger(5, 5, 0, 4, 1)), ENDED.at_s))
    page.close()
    tab.join(PATIENCE_S)
    assert not tab.is_alive()
    assert told[0] == "event: part\n"
    assert told[-2] == "event: end\n"
    shown: dict[str, str] = {}
    for line in told[1::2]:
        shown |= json.loads(line.removeprefix("data: "))
    assert "Verdict: " in shown["live"]


def test_what_is_shown_at_the_end_is_the_report(page: Page) -> None:
    page.interval(interval(0))
    page.interval(interval(1))
    page.ended(ENDED)
    assert "<h2>Verdict: " in body(page)
    assert "p99 &lt; 50ms" in body(page)
