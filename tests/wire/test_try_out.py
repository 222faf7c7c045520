"""One journey of a file in a test: what it did, and that what it raises fails the test."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from loadgen.base.errors import UsageError
from loadgen.scenario import try_out
from loadgen.workloads.scenario.replies.absent import AbsentError
from tests.support.command import stats_of

FILE = """
from loadgen.scenario import *

words = feed("words.csv", pick="own")
basket = metric("basket")
done = []

class Buyer(User):
    cart = "empty"

@per_run
async def never(user):
    raise RuntimeError("per_run is no part of it")

@per_user
async def session(user):
    await user.get("/bytes/1", name="login", needed=True)
    user.headers["X-Who"] = "me"
    yield
    done.append("end")
    await user.get("/bytes/2", name="logout")

@scenario
async def buy(user: Buyer):
    assert user.cart == "empty"
    await user.pause(3600)
    with user.group("both"):
        await user.batch("/bytes/4", "/bytes/5")
    reply = await user.get("/bytes/{}", user.row(words)["size"], name="size")
    user.check("is full", len(reply.body) == 6)
    basket.add(1)
    basket.add(2.5)
    return reply

@scenario
async def poor(user):
    user.check("holds", True)
    user.check("holds", False)
    user.check("holds", True)
    await user.get("/status/500", name="bad")

@scenario
async def needy(user):
    await user.get("/status/503", needed=True)
    raise RuntimeError("it has ended before")

@scenario
async def wrong(user):
    assert 1 == 2, "one is not two"

@scenario
async def absent(user):
    (await user.get("/bytes/3")).json("a.b")

@scenario
def plain(user):
    return user.get("/bytes/3").text

async def unmarked(user):
    await user.get(user.shared["path"])

def no_user():
    pass
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ModuleType]:
    (tmp_path / "words.csv").write_text("size\n6\n", "utf-8")
    file = tmp_path / "tried_shop.py"
    file.write_text(FILE, "utf-8")
    spec = importlib.util.spec_from_file_location("tried_shop", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["tried_shop"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["tried_shop"]


def test_its_steps_its_checks_and_its_metrics(shop: ModuleType, url: str) -> None:
    tried = try_out(shop.buy, url)
    assert tried.ok
    assert [(step.name, step.target, step.reply.body) for step in tried.steps] == [
        ("GET /bytes/4", "/bytes/4", b"0123"), ("GET /bytes/5", "/bytes/5", b"01234"), ("size", "/bytes/6", b"012345"),
    ]  # fmt: skip
    assert all(step.took_s > 0 for step in tried.steps)
    assert tried.step("size").reply.ok
    assert tried.checks == {"is full": True}
    assert tried.metrics == {"basket": (1.0, 2.5)}
    assert shop.done == ["end"]
    assert stats_of(url)["requests"] == 5
    with pytest.raises(KeyError, match="there are"):
        tried.step("nosuch")


def test_without_what_each_user_does_before(shop: ModuleType, url: str) -> None:
    assert try_out(shop.buy, url, per_user=False).ok
    assert shop.done == []
    assert stats_of(url)["requests"] == 3


def test_a_failure_is_told_and_no_exception(shop: ModuleType, url: str) -> None:
    tried = try_out(shop.poor, url)
    assert (tried.ok, tried.checks) == (False, {"holds": False})
    assert tried.error == "check 'holds' does not hold"
    assert tried.step("bad").reply.status == 500
    assert try_out(shop.needy, url).error == "GET /status/503: status 503"


def test_what_it_raises_is_raised_and_what_follows_is_done(shop: ModuleType, url: str) -> None:
    with pytest.raises(AssertionError, match="one is not two"):
        try_out(shop.wrong, url)
    with pytest.raises(AbsentError, match="no JSON"):
        try_out(shop.absent, url)
    assert shop.done == ["end", "end"]


def test_a_user_that_is_not_ready_does_nothing(shop: ModuleType) -> None:
    tried = try_out(shop.buy, "http://127.0.0.1:9")
    assert tried.error is not None
    assert tried.error.startswith("per_user: GET /bytes/1: ")
    assert tried.steps == ()


def test_plain_and_unmarked_functions(shop: ModuleType, url: str) -> None:
    assert try_out(shop.plain, url).step("GET /bytes/3").reply.text == "012"
    assert try_out(shop.plain, url, per_user=False).step("GET /bytes/3").reply.text == "012"
    assert try_out(shop.unmarked, url, shared={"path": "/bytes/8"}).ok


def test_what_cannot_be_tried(shop: ModuleType, url: str) -> None:
    with pytest.raises(UsageError, match="never is @per_run, not a scenario"):
        try_out(shop.never, url)
    with pytest.raises(UsageError, match=r"no_user is called with the user alone: `def no_user\(user\)`"):
        try_out(shop.no_user, url)
    with pytest.raises(UsageError, match="expected a URL"):
        try_out(shop.buy, "127.0.0.1")
    with pytest.raises(UsageError, match="timeout: expected a duration"):
        try_out(shop.buy, url, timeout="soon")

    async def on_a_loop() -> None:
        try_out(shop.buy, url)

    with pytest.raises(UsageError, match="where no event loop runs"):
        asyncio.run(on_a_loop())


def test_metrics_go_nowhere_afterwards(shop: ModuleType, url: str) -> None:
    tried = try_out(shop.buy, url)
    shop.basket.add(7)
    assert tried.metrics == {"basket": (1.0, 2.5)}
