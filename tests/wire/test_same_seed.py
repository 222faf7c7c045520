"""The same seed gives the same requests, user by user and one after the other, in every mode."""

import re
from collections import defaultdict
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import loadgen
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target
from loadgen.workloads.scenario.python.file import load_job
from tests.support.fault_server import FaultServer
from tests.support.replies import HELLO, OK
from tests.support.steps import AwaitClose, ReadRequest, Send, Step
from tests.wire.test_journeys import MODES

USERS, JOURNEYS = 4, 6
TEXT = """
    words = feed("words.csv", pick="random")
    names = feed("names.csv", pick="own")

    @per_user
    async def greet(user):
        user.headers["X-User"] = str(user.number)
        await user.post("/hello", json={"name": user.row(names)["name"], "luck": user.random.random()})
        yield
        await user.delete("/hello/{}", user.random.randrange(1000))

    @scenario(weight=3, think=(0, 0.002))
    async def browse(user):
        for _ in range(user.random.randrange(1, 4)):
            await user.get("/find?q={}", user.row(words)["word"])
            await user.pause(0, 0.002)

    @scenario
    async def buy(user):
        with user.group("checkout"):
            await user.post("/cart", json={"item": user.random.choice("abcdef")})
        await user.put("/paid/{}", user.random.randrange(10**6))
"""


def replies(_: int) -> list[Step]:
    return [*[ReadRequest(), Send(OK + HELLO)] * 200, AwaitClose()]


def sent_by(folder: Path, mode: dict[str, Any], seed: int) -> dict[str, list[tuple[bytes, bytes]]]:
    """By user: the line and the body of each request, in their order."""
    file = folder / "journeys.py"
    job = load_job(ScenarioJob((), file=str(file), journeys_per_user=JOURNEYS))
    found: defaultdict[str, list[tuple[bytes, bytes]]] = defaultdict(list)
    with FaultServer(replies) as server:
        options = {"users": USERS, "duration_s": None, "seed": seed} | mode
        result = loadgen.run(Plan("same", parse_target(server.url).origin, job, **options))
    assert (result.journeys.ok, result.ledger.failed) == (USERS * JOURNEYS, 0)
    for request in server.requests:
        user = re.search(rb"(?i)\r\nx-user: (\d+)", request.head)
        assert user is not None
        found[user[1].decode()].append((request.head.partition(b"\r\n")[0], request.body))
    return dict(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journeys.py").write_text(f"from loadgen.scenario import *\n{dedent(TEXT)}", "utf-8")
    (tmp_path / "words.csv").write_text("word\n" + "".join(f"w{number}\n" for number in range(50)), "utf-8")
    (tmp_path / "names.csv").write_text("name\n" + "".join(f"n{number}\n" for number in range(USERS)), "utf-8")
    return tmp_path


@pytest.mark.slow  # every mode in turn
def test_in_every_mode(folder: Path) -> None:
    each = [sent_by(folder, mode, seed=7) for mode in MODES.values()]
    assert sorted(each[0]) == [str(number) for number in range(USERS)]
    assert all(len(requests) > JOURNEYS for requests in each[0].values())
    assert all(one == each[0] for one in each)


def test_and_another_seed_gives_others(folder: Path) -> None:
    assert sent_by(folder, MODES["async"], seed=7) != sent_by(folder, MODES["async"], seed=8)
