"""Journeys of a profile against the demo shop, in every mode: the server counted by user what the ledgers say."""

import json
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import loadgen
from loadgen.plan.profiles.document import read_profile
from loadgen.results.result import Result, Users
from loadgen.session.here import plan_here
from tests.support.command import balanced
from tests.support.fault_server import FaultServer
from tests.support.steps import AwaitClose, ReadRequest, Send
from tests.wire.test_journeys import LOCAL, MODES, counts

PROFILE = """
feeds: {account: {file: accounts.csv, pick: own}, word: {file: words.jsonl, pick: order}}
headers: {Authorization: "Bearer ${TOKEN:-}"}
per_user:
  start:
    - name: login
      path: /login
      json: {user: "${account.user}", password: "${account.password}"}
      extract: {TOKEN: {json: token, secret: true}}
  end: [{name: logout, method: POST, path: /logout}]
scenarios:
  browse:
    weight: 9
    steps:
      - {name: search, path: "/search?q=${word.word}", extract: {ITEM: {json: "items.*.id", pick: random}}}
      - {path: "/items/${ITEM}", expect: {status: 200, body_contains: '"price"'}, think: 1ms..2ms}
  buy:
    steps:
      - group: checkout
        steps:
          - {path: /cart, json: {item: "${ITEM:-1}"}, expect: {status: 201}, extract: {CART: {header: Location}}}
          - together: [{path: /shipping}, {path: /vat}]
          - {name: pay, method: POST, path: "${CART}/pay", extract: {ORDER: {regex: '"order":(\\d+)'}}}
      - {path: "/orders/${ORDER}"}
      - repeat: 3
        steps: [{path: "/recommendations/${ITEM:-1}"}]
"""
BY_USER = {
    "POST /login": 1, "GET /search": 9, "GET /items/{}": 9, "POST /cart": 1, "GET /shipping": 1, "GET /vat": 1,
    "POST /cart/{}/pay": 1, "GET /orders/{}": 1, "GET /recommendations/{}": 3, "POST /logout": 1,
}  # fmt: skip


@pytest.fixture(params=["async", "threads", "httpx", pytest.param("processes", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest) -> dict[str, Any]:
    return MODES[request.param]


def ran(folder: Path, url: str, text: str, **flags: Any) -> Result:
    """The result of a profile that lies beside its feeds."""
    (folder / "accounts.csv").write_text("user,password\n" + "".join(f"{folder.name}-{n},secret\n" for n in range(4)))
    (folder / "words.jsonl").write_text('{"word": "shoe"}\n{"word": "red"}\n{"word": "e s"}\n')
    connections = "" if "users:" in text or "connections:" in text else "connections: 4\n"
    (folder / "my.yaml").write_text(f"target: {url}\n{connections}{text}")
    return balanced(loadgen.run(plan_here(read_profile(folder / "my.yaml", {}, {}, flags))))


def asked(url: str, folder: Path) -> dict[str, dict[str, int]]:
    """What each user of this folder has asked for, as the server counted it."""
    with urllib.request.urlopen(f"{url}/shop/counts") as reply:
        users = json.load(reply)["users"]
    return {name: routes for name, routes in users.items() if name.startswith(f"{folder.name}-")}


def test_each_user_does_what_is_declared_and_the_server_counts_the_same(
    tmp_path: Path, url: str, where: dict[str, Any]
) -> None:
    result = ran(tmp_path, url, PROFILE, journeys_per_user="10", **where)
    assert asked(url, tmp_path) == {f"{tmp_path.name}-{number}": BY_USER for number in range(4)}
    assert counts(result) == {"browse": (36, 0, 0), "buy": (4, 0, 0), "buy/checkout": (4, 0, 0)}
    sent = Counter({name: row.ledger.sent for name, row in result.requests.items()})
    assert {name: part.ledger.ok for name, part in result.setup.items()} == {"per_user/login": 4, "per_user/logout": 4}
    assert sent["buy/GET /recommendations/${ITEM}"] == 12
    assert sent.total() == result.ledger.ok == 4 * (sum(BY_USER.values()) - 2)
    assert result.ended_by == "completed"


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_step_that_fails_ends_its_journey(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    text = "scenarios: {a: {steps: [{path: /bytes/1}, {path: /status/503, name: bad}, {path: /bytes/2}]}}\n"
    result = ran(tmp_path, url, text, total_requests="6", **where)
    assert counts(result) == {"a": (0, 6, 0)}
    sent = {name: row.ledger.sent for name, row in result.requests.items()}
    assert sent == {"a/GET /bytes/1": 6, "a/bad": 6, "a/GET /bytes/2": 0}


def test_scenarios_have_users_of_their_own(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    steps = "steps: [{path: /bytes/1}]"
    text = f"scenarios: {{a: {{users: 3, {steps}}}, b: {{users: 1, start: 100ms, {steps}}}}}\njourneys_per_user: 2\n"
    result = ran(tmp_path, url, text, **where)
    assert counts(result) == {"a": (6, 0, 0), "b": (2, 0, 0)}


def test_scenarios_have_rates_of_their_own(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    steps = "steps: [{path: /bytes/1}]"
    text = f"connections: 4\nscenarios: {{a: {{rate: 300/s, {steps}}}, b: {{rate: 100/s, {steps}}}}}\n"
    result = ran(tmp_path, url, text, total_requests="40", **where)
    done = {name: sum(row) for name, row in counts(result).items()}
    assert sum(done.values()) == 40
    assert abs(done["a"] - 30) <= 3  # each of four users draws in turn, and may end in the middle of four


def test_users_and_rates_stand_side_by_side(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    """All that arrives is counted by itself, and whoever repeats a journey takes none of it."""
    step = "{path: /delay/1}"
    text = (
        f"connections: 3\nper_user: {{end: [{{name: bye, path: /bytes/1}}]}}\n"
        f"scenarios: {{a: {{users: 2, steps: [{step}]}}, b: {{rate: 40/s, steps: [{step}, {step}]}}}}\n"
    )
    result = ran(tmp_path, url, text, duration="500ms", **where)
    done = counts(result)
    assert sum(done["b"]) == result.arrivals.started
    assert result.arrivals.scheduled == 20
    assert result.journeys.started == sum(done["a"]) + result.arrivals.started
    assert done["a"][0]
    assert result.users == Users(5, 5, 0)
    assert result.setup["per_user/bye"].ledger.ok == 2 + min(3, result.connections.opened - 2)


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_fresh_journey_opens_a_connection(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    text = "scenarios: {a: {fresh: true, steps: [{path: /bytes/1}, {path: /bytes/2}]}}\n"
    result = ran(tmp_path, url, text, journeys_per_user="3", **where)
    assert counts(result) == {"a": (12, 0, 0)}
    assert result.connections.opened == 12


def test_rows_that_go_once_end_the_run_with_the_last_of_them(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    text = "feeds: {w: {file: words.jsonl, pick: once}}\nscenarios: {a: {steps: [{path: '/bytes/1?${w.word}'}]}}\n"
    result = ran(tmp_path, url, text, duration="60s", **where)
    assert counts(result) == {"a": (3, 0, 0)}


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_secrets_out_of_replies_are_hidden(tmp_path: Path, url: str, where: dict[str, Any]) -> None:
    extract = "extract: {T: {json: token, secret: true}}"
    login = f"{{path: /login, json: {{user: x, password: secret}}, {extract}}}"
    text = f"scenarios: {{a: {{steps: [{login}, {{path: '/orders/${{T}}'}}]}}}}\n"
    result = ran(tmp_path, url, text, total_requests="4", **where)
    assert counts(result) == {"a": (0, 4, 0)}
    assert "GET /orders/[redacted]" in repr(result.transactions["a"].errors)


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_redirects_are_followed_and_each_is_counted(tmp_path: Path, where: dict[str, Any]) -> None:
    there = b"HTTP/1.1 302 F\r\nLocation: /there\r\nSet-Cookie: s=1; Path=/\r\nContent-Length: 0\r\n\r\n"
    here = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"id":5}'
    talk = [ReadRequest(), Send(there), ReadRequest(), Send(here), ReadRequest(), Send(here)] * 3
    with FaultServer(lambda _: [*talk, AwaitClose()]) as server:
        text = """
scenarios:
  a:
    steps:
      - {path: /login, json: {user: ann}, redirects: 1, extract: {ID: {json: id}}}
      - {path: "/items/${ID}"}
"""
        result = ran(tmp_path, server.url, text, journeys_per_user="3", **where)
    assert counts(result) == {"a": (12, 0, 0)}, result.transactions
    assert {name: row.ledger.ok for name, row in result.requests.items()} == {
        "a/POST /login": 24, "a/GET /items/${ID}": 12,
    }  # fmt: skip
    lines = Counter(request.raw.partition(b" HTTP")[0] for request in server.requests)
    assert lines == {b"POST /login": 12, b"GET /there": 12, b"GET /items/5": 12}
    assert all(b"Cookie: s=1" in request.raw for request in server.requests if b" /there" in request.raw)
