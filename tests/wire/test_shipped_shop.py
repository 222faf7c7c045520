"""The shipped scenarios of a shop: what the shop counted by step and user is what the ledger says, in every mode."""

import json
import re
import urllib.request
from collections import Counter
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from loadgen.plan.profiles.shipped import shipped_profiles
from loadgen.results.result import Result
from tests.support.command import MODES, Mode, loadgen, reset, stats_of

ROUTES = {
    "search": "GET /search", "GET /items/{}": "GET /items/{}", "GET /items/${ITEM}": "GET /items/{}",
    "recommendations": "GET /recommendations/{}", "POST /cart": "POST /cart", "cart": "POST /cart",
    "GET /shipping": "GET /shipping", "GET /vat": "GET /vat", "pay": "POST /cart/{}/pay", "order": "GET /orders/{}",
}  # fmt: skip
USERS = 4


@pytest.fixture(params=["shop.py", "shop"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a shipped scenario with hardly a pause, and its users beside it."""
    shipped = shipped_profiles()[request.param]
    text = shipped.read_text("utf-8")
    text = re.sub(r"think=\(.*?\)|think: [^,}\n]+", lambda found: f"{found[0][:6]} 0.001", text)
    text = re.sub(r"pause\(.*?\)", "pause(0.001)", text)
    copy(shipped.parent / "shop-accounts.csv", tmp_path)
    (tmp_path / shipped.name).write_text(text.replace("duration:", "# duration:"), "utf-8")
    return tmp_path / shipped.name


def run(shop: Path, url: str, *argv: object) -> Result:
    users = () if "-c" in argv else ("-c", USERS)
    done = loadgen("run", shop, "--target", url, *users, *argv, "-q", "--format", "json")
    assert (done.code, done.err) == (0, "")
    return done.result


def counted(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/shop/counts") as reply:
        return dict(json.load(reply))


def users_after_comparing(result: Result, url: str, shop: Path) -> int:
    """How many users there were; each has logged in before its first journey, and out after its last."""
    counts = counted(url)
    users = len(counts["users"])
    around = {"POST /login": users, "POST /logout": users}
    once = {"POST /admin/seed": 1, "DELETE /admin/seed": 1} if shop.suffix == ".py" else {}
    steps: Counter[str] = Counter(around | once)
    for name, row in result.requests.items():
        assert (row.ledger.failed, row.ledger.unknown) == (0, 0)
        steps[ROUTES[name.partition("/")[2]]] += row.ledger.sent
    assert steps == {route: sum(by_status.values()) for route, by_status in counts["routes"].items()}
    by_user = [sum(routes.values()) for routes in counts["users"].values()]
    assert sum(by_user) + len(once) == result.ledger.sent + 2 * users + len(once) == stats_of(url)["requests"]
    assert set(counts["users"]) <= {f"user{number:03d}" for number in range(1, USERS + 1)}
    return users


def test_so_many_journeys_as_were_asked_for(shop: Path, url: str, mode: Mode) -> None:
    result = run(shop, url, "-n", "40", *mode)
    assert (result.journeys.scheduled, result.journeys.ok) == (40, 40)
    assert {name: row.ledger.ok for name, row in result.transactions.items()} == {
        "browse": 36, "buy": 4, "buy/checkout": 4,
    }  # fmt: skip
    assert users_after_comparing(result, url, shop) == USERS
    if shop.suffix == ".py":
        assert (result.checks["total is positive"].ok, result.metrics["basket"].count) == (4, 4)


@pytest.mark.slow  # a rate takes its time
def test_journeys_at_a_rate(shop: Path, url: str, local_mode: Mode) -> None:
    result = run(shop, url, "-R", "80", "-d", "500ms", *local_mode)
    journeys = result.journeys
    assert journeys.scheduled == 40
    assert journeys.failed == 0
    assert journeys.started == journeys.ok + journeys.unfinished
    users_after_comparing(result, url, shop)


@pytest.mark.slow  # a rate takes its time
def test_users_who_come_because_of_a_rate_have_rows_of_their_own_too(tmp_path: Path, url: str) -> None:
    copy(shipped_profiles()["shop.py"].parent / "shop-accounts.csv", tmp_path)
    (tmp_path / "login.py").write_text(
        "from loadgen.scenario import feed, scenario\n"
        "accounts = feed('shop-accounts.csv', pick='own')\n"
        "@scenario\n"
        "async def login(user):\n"
        "    await user.post('/login', json=user.row(accounts))\n"
        "    await user.pause(5)\n",
        "utf-8",
    )
    rate = ("-R", "20", "-d", "200ms", "-c", "1", "--max-connections", "4", "--mode", "async")
    result = run(tmp_path / "login.py", url, *rate)
    assert (result.journeys.scheduled, result.journeys.failed) == (4, 0)
    assert counted(url)["users"] == {f"user{number:03d}": {"POST /login": 1} for number in range(1, 5)}


@pytest.mark.slow  # every mode in turn
@pytest.mark.parametrize("shop", ["shop.py", "shop"], indirect=True)
def test_each_user_does_the_same_in_every_mode(shop: Path, url: str) -> None:
    done = []
    for mode in MODES.values():
        reset(url)
        result = run(shop, url, "--journeys-per-user", "8", *mode)
        done.append((counted(url), result.bytes.sent, result.metrics))
    assert done[0][0]["users"]
    assert all(each == done[0] for each in done)
