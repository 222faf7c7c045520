"""Journeys in Python, in every mode: what the server counted is what the two ledgers say."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import loadgen
from loadgen.base.errors import NotReadyError, ScriptError
from loadgen.judge.exit_code import exit_code
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.address import parse_target
from loadgen.results.result import Result
from loadgen.target.process import TargetProcess
from loadgen.workloads.scenario.python.file import load_job
from tests.support.command import balanced, stats_of
from tests.support.fakes import thresholds
from tests.support.spread import spread

MODES: dict[str, dict[str, Any]] = {
    "async": {"mode": "async"},
    "threads": {"mode": "threads"},
    "httpx": {"mode": "async", "client": "httpx"},
    "processes": {"mode": "pool", "processes": 2},
}
LOCAL = ("async", "threads", "httpx")
Go = Callable[..., Result]


@pytest.fixture(params=["async", "threads", "httpx", pytest.param("processes", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest) -> dict[str, Any]:
    return MODES[request.param]


@pytest.fixture
def go(tmp_path: Path, url: str, where: dict[str, Any]) -> Go:
    """Run the text of a scenario's file, with `Plan`'s fields, in one of the modes."""

    def go(text: str, **fields: Any) -> Result:
        file = tmp_path / "journey.py"
        file.write_text(f"from loadgen.scenario import *\n{dedent(text)}", "utf-8")
        job = load_job(ScenarioJob((), file=str(file), finish=fields.pop("finish", False)))
        plan = Plan("journey", parse_target(url).origin, job, **{"users": 4, "duration_s": None} | where | fields)
        return balanced(loadgen.run(plan))

    return go


def counts(result: Result) -> dict[str, tuple[int, int, int]]:
    rows = result.transactions.items()
    return {name: (row.ledger.ok, row.ledger.failed, row.ledger.unknown) for name, row in rows}


def test_so_many_journeys_as_asked_for_and_each_request_counted(go: Go, url: str) -> None:
    result = go(
        """
        @scenario
        async def visit(user):
            reply = await user.get("/bytes/{}", 5)
            assert reply.status == 200
            assert reply.body == b"01234"
            with user.group("rest"):
                await user.post("/bytes/7", json={"user": user.number})
                await user.batch("/bytes/1", "/bytes/2", "/bytes/3")
        """,
        requests_limit=30,
    )
    assert counts(result) == {"visit": (30, 0, 0), "visit/rest": (30, 0, 0)}
    sent = {name: row.ledger.sent for name, row in result.requests.items()}
    assert sent == {
        "visit/GET /bytes/{}": 30, "visit/POST /bytes/7": 30, "visit/GET /bytes/1": 30, "visit/GET /bytes/2": 30,
        "visit/GET /bytes/3": 30,
    }  # fmt: skip
    assert result.ledger.ok == stats_of(url)["requests"] == 150


def test_a_run_for_a_time_leaves_who_is_in_the_middle_unfinished(go: Go, url: str) -> None:
    result = go(
        """
        @scenario
        async def slow(user):
            await user.get("/delay/1")
            await user.pause(60)
        """,
        duration_s=0.3,
    )
    assert counts(result) == {"slow": (0, 0, 4)}
    assert result.ledger.ok == 4
    assert result.ended_by == "completed"


@spread("arrivals", {"users": (False,), "arrivals": (True,)}, over="where", modes=MODES, all_in=LOCAL)
def test_who_is_in_the_middle_at_the_end_may_finish(go: Go, arrivals: bool) -> None:
    from loadgen.plan.plan import Arrivals, Stage

    result = go(
        """
        import asyncio

        @scenario(think=60)
        async def slow(user):
            await user.get("/delay/1")
            await user.pause(0.2)
            await asyncio.sleep(0.2)
            await user.batch("/", "/")
            await user.pause(0.1)
            await user.get("/delay/1")
        """,
        duration_s=0.3, finish=True, arrivals=Arrivals((Stage(0.3, 40, 40),), max_connections=4) if arrivals else None,
    )  # fmt: skip
    assert counts(result) == {"slow": (4, 0, 0)}
    assert result.ledger.ok == 16
    assert result.ended_by == "completed"
    assert result.drain_s >= 0.1


def test_who_does_not_finish_in_the_grace_is_unfinished(go: Go) -> None:
    result = go(
        """
        @scenario
        async def slow(user):
            await user.get("/delay/1")
            await user.pause(60)
        """,
        duration_s=0.2, finish=True, grace_s=0.2,
    )  # fmt: skip
    assert counts(result) == {"slow": (0, 0, 4)}
    assert result.ended_by == "completed"


def test_arrivals_are_journeys(go: Go) -> None:
    from loadgen.plan.plan import Arrivals, Stage

    result = go(
        """
        @scenario
        async def pair(user):
            await user.get("/")
            await user.get("/")
        """,
        duration_s=0.5,
        arrivals=Arrivals((Stage(0.5, 40, 40),), max_connections=4),
    )
    assert result.journeys.scheduled == 20
    assert result.journeys.ok + result.journeys.unfinished + result.journeys.not_started == 20
    assert 2 * result.journeys.ok <= result.ledger.sent <= 40


def test_arrivals_that_wait_at_the_end_were_never_started(go: Go) -> None:
    from loadgen.plan.plan import Arrivals, Stage

    result = go(
        """
        @scenario
        async def slow(user):
            await user.get("/")
            await user.pause(0.2)
            await user.get("/")
        """,
        users=2, duration_s=0.5, arrivals=Arrivals((Stage(0.5, 40, 40),), max_connections=2),
    )  # fmt: skip
    journeys = result.journeys
    assert (journeys.scheduled, journeys.failed) == (20, 0)
    assert 2 <= journeys.started <= 8
    assert result.requests["slow/GET /"].ledger.sent <= 2 * journeys.started


@pytest.mark.parametrize("of_them", ["user.number != 1", "True"])
@pytest.mark.parametrize("fails", ["raise ValueError('no')", "await user.get('/status/401', needed=True)"])
def test_a_user_that_cannot_prepare_itself_takes_no_arrivals_of_others(go: Go, of_them: str, fails: str) -> None:
    from loadgen.plan.plan import Arrivals, Stage

    result = go(
        f"""
        @per_user
        async def log_in(user):
            if {of_them}:
                {fails}

        @scenario
        async def visit(user):
            assert user.number == 1
            await user.get("/")
        """,
        duration_s=0.5, processes=1, arrivals=Arrivals((Stage(0.5, 40, 40),), max_connections=4),
    )  # fmt: skip
    journeys, unready = result.journeys, result.transactions["per_user"].ledger.failed
    assert (journeys.scheduled, journeys.failed) == (20, 0)
    if of_them == "True":
        assert (unready, journeys.started) == (4, 0)
    else:
        assert 1 <= unready <= 3
        assert journeys.not_started >= unready, "the last of the others may find nobody, too"


@spread(
    "body, error",
    [
        ("raise ValueError('no')", "script_error"),
        ("await user.get('/'); assert False, 'wrong'", "check_failed"),
        ("(await user.get('/')).json('a.b')", "check_failed"),
        ("await user.get('/status/500', needed=True); await user.get('/never')", "unexpected_status"),
        ("await user.get('/status/500'); await user.get('/')", "unexpected_status"),
        ("user.check('holds', False)", "check_failed"),
        ("import sys; sys.exit(3)", "script_error"),
        ("await user.get('/{}')", "script_error"),
        ("await user.get('/', expect=201)", "unexpected_status"),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_what_goes_wrong_fails_its_journey_and_not_the_run(go: Go, body: str, error: str) -> None:
    result = go(f"@scenario\nasync def broken(user):\n    {body}\n", requests_limit=4)
    assert counts(result) == {"broken": (0, 4, 0)}
    assert result.ended_by == "completed"
    assert error
    assert "broken/GET /never" not in result.requests


@spread(
    "body",
    [
        ("await asyncio.sleep(0.001); await user.get('/')",),
        ("await asyncio.sleep(0); await user.get('/')",),
        (
            """async with asyncio.timeout(5):
        await user.get('/')""",
        ),
        (
            """try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
        raise ValueError('not reached')
    except TimeoutError:
        await user.get('/')""",
        ),
        (
            """async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.001))
    await user.get('/')""",
        ),
        ("assert (await user.call('own', asyncio.sleep, 0.001, 7)).value == 7; await user.get('/')",),
        ("assert (await user.call('sum', sum, (1, 2))).value == 3; await user.get('/')",),
        ("assert (await user.call('sum', sum, (1, 2), in_thread=True)).value == 3; await user.get('/')",),
        ("assert not (await user.call('bad', int, 'x')).ok; user.failed = None; await user.get('/')",),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_whatever_else_asyncio_has_is_awaited_beside(go: Go, body: str) -> None:
    result = go(f"import asyncio\n@scenario\nasync def wide(user):\n    {body}\n", requests_limit=8)
    assert counts(result)["wide"] == (8, 0, 0), result.errors
    assert result.ledger.ok == 8


@spread(
    "wait",
    [("get('/delay/60000')",), ("batch('/', '/delay/60000')",), ("pause(60)",)],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_a_timeout_of_asyncios_own_ends_whatever_is_in_it(go: Go, where: dict[str, Any], wait: str) -> None:
    if "client" in where and "pause" in wait:
        pytest.skip("a pause of a user with httpx ends by itself alone")
    result = go(
        f"""
        import asyncio
        @scenario
        async def hasty(user):
            for _ in range(2):
                try:
                    async with asyncio.timeout(0.05):
                        await user.{wait}
                    raise ValueError("not reached")
                except TimeoutError:
                    pass
            user.failed = None
            async with asyncio.timeout(60):
                await user.get("/bytes/1")
        """,
        requests_limit=2, users=2, timeout_s=60.0,
    )  # fmt: skip
    assert counts(result) == {"hasty": (2, 0, 0)}, result.transactions
    assert result.requests["hasty/GET /bytes/1"].ledger.ok == 2
    slow = result.requests.get("hasty/GET /delay/60000")
    assert (
        slow is None
        if "pause" in wait
        else slow is not None and [row.error_class for row in slow.errors] == ["timeout"]
    )


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_journey_whose_first_request_was_not_sent_any_more_never_began(go: Go, url: str) -> None:
    result = go("@scenario\nasync def one(user):\n    await user.get('/')\n", duration_s=0.3)
    assert result.journeys.started == result.ledger.sent == stats_of(url)["requests"] > 0
    assert result.journeys.ok + result.journeys.unfinished == result.journeys.started


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_plain_functions_wait_by_themselves(go: Go) -> None:
    result = go(
        """
        @scenario
        def plain(user):
            first = user.get("/bytes/{}", 3)
            user.pause(0.001)
            assert [reply.status for reply in user.batch("/", "/")] == [200, 200]
            assert first.body == b"012"
        """,
        requests_limit=12,
    )
    assert counts(result) == {"plain": (12, 0, 0)}
    assert result.ledger.ok == 36


def test_plain_functions_that_the_end_of_the_run_leaves_in_the_middle_do_what_they_have_to(
    go: Go, tmp_path: Path
) -> None:
    result = go(
        f"""
        from pathlib import Path

        @scenario
        def plain(user):
            try:
                user.get("/")
                user.pause(60)
            finally:
                Path("{tmp_path}", f"{{user.number}}.ended").touch()
        """,
        duration_s=0.3,
    )
    assert counts(result) == {"plain": (0, 0, 4)}
    assert len([*tmp_path.glob("*.ended")]) == 4


@pytest.mark.parametrize(("hook", "one", "other"), [("def", "async def", "def"), ("async def", "def", "def")])
def test_plain_functions_stand_beside_others(go: Go, url: str, hook: str, one: str, other: str) -> None:
    def wait(kind: str) -> str:
        return "await " if kind == "async def" else ""

    result = go(
        f"""
        class Visitor(User):
            token = ""

        @per_run
        def seed(user):
            yield [user.post("/bytes/1").status]

        @per_user
        {hook} log_in(user: Visitor):
            reply = {wait(hook)}user.get("/bytes/2", needed=True)
            user.token, user.headers["X-Token"], user.seen = reply.text, "t", []
            yield
            {wait(hook)}user.get("/bytes/3")

        @scenario
        {one} first(user: Visitor):
            assert (user.token, user.headers["x-token"], user.shared) == ("01", "t", [200])
            assert ({wait(one)}user.get("/bytes/4")).ok
            user.seen = [*user.seen, "first"]

        @scenario
        {other} second(user: Visitor):
            assert {wait(other)}user.get("/bytes/5")
            user.seen = [*user.seen, "second"]
            assert len(user.seen) % 2 or (user.token, *sorted(user.seen[-2:])) == ("01", "first", "second")
        """,
        requests_limit=12, users=1, processes=1,
    )  # fmt: skip
    assert counts(result) == {"first": (6, 0, 0), "second": (6, 0, 0)}, result.transactions
    assert stats_of(url)["requests"] == 12 + 2 + 1


def test_weights_are_kept_exactly_over_a_cycle(go: Go) -> None:
    result = go(
        """
        @scenario(weight=3)
        async def often(user):
            await user.get("/")

        @scenario
        async def seldom(user):
            await user.get("/")
        """,
        users=1, processes=1, requests_limit=40,
    )  # fmt: skip
    assert counts(result) == {"often": (30, 0, 0), "seldom": (10, 0, 0)}


def test_what_users_and_the_run_do_around_their_journeys_is_not_measured(go: Go, url: str) -> None:
    result = go(
        """
        @per_run
        async def seed(user):
            reply = await user.post("/bytes/1", needed=True)
            yield {"seen": reply.status}
            await user.post("/bytes/9")

        @per_user
        async def log_in(user):
            await user.get("/bytes/2", needed=True)
            user.headers["X-Token"] = "t"
            yield
            await user.get("/bytes/3")

        @scenario
        async def visit(user):
            assert user.shared == {"seen": 200}
            assert user.headers["x-token"] == "t"
            await user.get("/bytes/4")
        """,
        requests_limit=10,
    )
    assert counts(result) == {"visit": (10, 0, 0)}
    assert {name: row.ledger.ok for name, row in result.requests.items()} == {"visit/GET /bytes/4": 10}
    assert result.ledger.ok == 10
    before, after = (result.setup[f"per_user/GET /bytes/{number}"].ledger.ok for number in (2, 3))
    assert 1 <= before <= 4
    assert after == before
    assert stats_of(url)["requests"] == 10 + 2 * before + 2


def test_a_user_that_cannot_prepare_itself_takes_no_part(go: Go) -> None:
    result = go(
        """
        @per_user
        async def log_in(user):
            await user.get("/status/401", needed=user.number == 1)

        @scenario
        async def visit(user):
            assert user.number != 1
            await user.get("/")
        """,
        requests_limit=12,
    )
    assert counts(result)["visit"] == (12, 0, 0)
    assert counts(result)["per_user"] == (0, 1, 0)


@spread(
    "body, error, text",
    [
        ("raise ValueError('no')", ScriptError, r"^journey.py:\d+: ValueError: no \(in per_run; nothing was sent"),
        ("await user.get('/status/500', needed=True)", NotReadyError, r"^GET /status/500: status 500 \(in per_run; "),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_nothing_is_sent_where_per_run_fails(go: Go, body: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        go(f"@per_run\nasync def seed(user):\n    {body}\n@scenario\nasync def x(user):\n    await user.get('/')\n")


@spread(
    "part, body, code",
    [
        ("per_user", "raise ValueError('no')", 107),
        ("per_user", "await user.get('/status/500', needed=True)", 0),
        ("per_run", "raise ValueError('no')", 107),
        ("per_run", "await user.get('/status/500', needed=True)", 0),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_what_fails_after_all_journeys_is_told_by_whose_fault_it_is(go: Go, part: str, body: str, code: int) -> None:
    around = f"@{part}\nasync def seed(user):\n    yield\n    {body}\n"
    result = go(f"{around}@scenario\nasync def x(user):\n    await user.get('/')\n", requests_limit=8)
    assert counts(result)["x"] == (8, 0, 0)
    (row,) = result.transactions[part].errors
    assert row.fault == ("generator" if code else "target")
    assert exit_code(result) == code


@spread(
    "body, error",
    [
        ("raise ValueError('no')", "script_error"),
        ("assert False", "check_failed"),
        ("await user.get('/status/500', needed=True)", "unexpected_status"),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_a_group_fails_of_what_ends_it(go: Go, body: str, error: str) -> None:
    result = go(f"@scenario\nasync def x(user):\n    with user.group('g'):\n        {body}\n", requests_limit=4)
    assert counts(result) == {"x": (0, 4, 0), "x/g": (0, 4, 0)}
    assert {row.error_class for part in result.transactions.values() for row in part.errors} == {error}


@spread(
    "body",
    [
        ("await asyncio.gather(page(user), page(user))",),
        ("await asyncio.create_task(page(user))",),
        (
            """async with asyncio.TaskGroup() as group:
        group.create_task(page(user))""",
        ),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_a_request_in_a_task_is_told_what_to_write(go: Go, body: str) -> None:
    text = f"import asyncio\npage = lambda user: user.get('/')\n@scenario\nasync def x(user):\n    {body}\n"
    result = go(text, requests_limit=2, users=1, processes=1)
    assert counts(result) == {"x": (0, 2, 0)}
    (row,) = result.transactions["x"].errors
    assert row.message.startswith("journey.py:")
    assert "await user.batch(...)" in row.message


def test_rows_of_a_feed_belong_to_one_user_each_or_are_used_once(go: Go, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("name\n" + "".join(f"n{number}\n" for number in range(6)), "utf-8")
    (tmp_path / "once.jsonl").write_text("".join(f'{{"id": {number}}}\n' for number in range(12)), "utf-8")
    result = go(
        """
        own, once = feed("own.csv", pick="own"), feed("once.jsonl", pick="once")

        @scenario
        async def visit(user):
            assert user.row(own)["name"] == f"n{user.number}"
            await user.get("/?id={}", user.row(once)["id"], name="row")
        """,
        duration_s=5.0,
    )
    assert result.ledger.ok == 12
    assert result.ended_by == "completed"


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_other_origins_timeouts_redirects_and_cookies(go: Go, url: str) -> None:
    with TargetProcess() as other:
        result = go(
            f"""
            @scenario
            async def wide(user):
                assert (await user.get("{other.url}/bytes/4", name="there")).body == b"0123"
                first, second = await user.batch("{other.url}/bytes/2", "/bytes/3")
                assert (first.body, second.body) == (b"01", b"012")
                slow = await user.get("/delay/5000", timeout=0.25)
                assert slow.error == "timeout" and not slow.ok
                user.failed = None
                assert (await user.get("/bytes/1")).ok
            """,
            requests_limit=4,
        )
        assert counts(result)["wide"] == (4, 0, 0), result.transactions["wide"].errors
        assert stats_of(other.url)["requests"] == 8
    assert result.requests["wide/there"].ledger.ok == 4
    assert result.ledger.failed == 4


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_each_request_of_a_batch_has_its_own_reply_also_where_they_have_one_name(go: Go, url: str) -> None:
    result = go(
        """
        @scenario
        async def many(user):
            wanted = [user.random.randrange(1, 60) for _ in range(4)]
            replies = await user.batch(*(("GET", "/bytes/{}", size, {"name": "one"}) for size in wanted))
            assert [len(reply.body) for reply in replies] == wanted, wanted
        """,
        requests_limit=40,
    )
    assert counts(result) == {"many": (40, 0, 0)}, result.transactions
    assert result.ledger.ok == stats_of(url)["requests"] == 160


def test_bytes_received_are_right_where_requests_of_one_name_have_replies_of_different_lengths(
    go: Go, url: str
) -> None:
    result = go(
        """
        @scenario
        async def mixed(user):
            await user.get("/bytes/{}", 5000, name="one")
            await user.get("/bytes/10", name="one")
            await user.get("/bytes/10", name="one")
        """,
        requests_limit=60, users=1, processes=1,
    )  # fmt: skip
    heads = 60 * 3 * 400
    assert 60 * 5020 < result.bytes.received < 60 * 5020 + heads


@spread(
    "body",
    [
        ("await user.batch('/', '/')",),
        ("await user.call('sum', sum, (1, 2))",),
        ("await user.pause(0.001)",),
    ],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_journeys_without_a_request_of_their_own_are_as_many_as_asked_for(go: Go, body: str) -> None:
    result = go(f"@scenario\nasync def quiet(user):\n    {body}\n", requests_limit=50)
    assert counts(result)["quiet"] == (50, 0, 0)


@pytest.mark.parametrize("where", ["async", "processes"], indirect=True)
def test_names_without_end_stop_the_run_with_the_remedy(go: Go) -> None:
    result = go(
        """
        @scenario
        async def values_in_paths(user):
            for number in range(1200):
                await user.get(f"/bytes/{user.number * 2000 + number}")
        """,
        requests_limit=1000,
    )
    assert (result.ended_by, exit_code(result)) == ("script", 107)
    assert result.ended_because.startswith("more than 1,000 names: give requests a name of their own")
    assert result.journeys.balanced


def test_what_a_script_says_itself_is_in_the_result(go: Go) -> None:
    result = go(
        """
        basket = metric("basket", unit="EUR")

        @scenario
        async def buy(user):
            reply = await user.get("/bytes/{}", 5)
            basket.add(12.5)
            user.check("whole", len(reply.body) == 5)
            raise KeyError("price")
        """,
        requests_limit=8,
        thresholds=thresholds("basket:mean > 12", "whole:ok_rate > 99%", "buy:ok > 0", "GET /bytes/{}:p50 < 10s"),
    )
    assert [row.verdict for row in result.thresholds] == ["pass", "pass", "fail", "pass"]
    assert (result.metrics["basket"].sum, result.metrics["basket"].unit) == (100.0, "EUR")
    (row,) = result.transactions["buy"].errors
    assert (row.error_class, row.count) == ("script_error", 8)
    assert row.example.splitlines()[1].endswith("in buy")
    assert exit_code(result) == 107


@spread(
    "body, started",
    [("pass", 20), ("if user.number: return\n    await user.get('/')", 20), ("await user.pause(0)", 20)],
    over="where",
    modes=MODES,
    all_in=LOCAL,
)
def test_a_journey_need_not_send_anything(go: Go, body: str, started: int) -> None:
    result = go(f"@scenario\nasync def idle(user):\n    {body}\n", requests_limit=20)
    assert (result.journeys.started, result.journeys.ok) == (started, 20)


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_script_that_swallows_what_should_end_it_ends_with_the_run(go: Go) -> None:
    result = go(
        """
        @scenario
        async def stubborn(user):
            while True:
                try:
                    await user.get("/")
                    await user.pause(0.01)
                except BaseException:
                    pass
        """,
        duration_s=0.2,
    )
    [(ok, failed, unfinished)] = counts(result).values()
    assert (ok, failed, unfinished) == (0, 0, result.journeys.started)
    assert result.ended_by == "completed"


def test_credentials_that_a_script_sets_are_hidden(go: Go) -> None:
    result = go(
        """
        @scenario
        async def visit(user):
            user.headers["Authorization"] = "Bearer geheim-4711"
            assert False, user.headers["Authorization"]
        """,
        requests_limit=1,
    )
    (row,) = result.transactions["visit"].errors
    assert "[redacted]" in row.message
    assert "geheim" not in repr(result)


@pytest.mark.parametrize("where", LOCAL, indirect=True)
def test_a_journey_whose_first_request_comes_too_late_has_not_begun(go: Go, url: str) -> None:
    result = go("@scenario\nasync def one(user):\n    await user.get('/')\n", duration_s=0.2)
    assert result.journeys.unfinished == 0
    assert result.journeys.started == result.ledger.sent == stats_of(url)["requests"]
