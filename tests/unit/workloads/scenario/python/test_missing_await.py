"""Which calls are found to do nothing."""

from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.workloads.scenario.python.missing_await import refuse_missing_awaits


def written(tmp_path: Path, body: str, decorator: str = "@scenario", first: str = "user") -> str:
    path = tmp_path / "journey.py"
    path.write_text(f"{decorator}\nasync def visit({first}, other=None):\n    {body}\n", "utf-8")
    return str(path)


@pytest.mark.parametrize(
    "body",
    [
        "user.get('/')", "reply = user.post('/', json={})", "if user.number:\n        user.pause(1)",
        "user.get('/').ok", "if user.get('/'):\n        pass", "for _ in user.get('/'):\n        pass",
        "ok = user.get('/') and 1", "reply = user.get('/') if other else None",
    ],
)  # fmt: skip
@pytest.mark.parametrize("decorator", ["@scenario", "@per_user", "@loadgen.scenario.per_run", "@scenario(weight=2)"])
def test_a_call_without_await_is_refused_with_its_line(tmp_path: Path, body: str, decorator: str) -> None:
    with pytest.raises(
        UsageError, match=r"journey.py:[34]: user\.(get|post|pause)\(\.\.\.\) does nothing without `await`"
    ):
        refuse_missing_awaits(written(tmp_path, body, decorator))


@pytest.mark.parametrize(
    "body",
    [
        "[user.get('/')]", "steps = [user.get('/'), user.get('/b')]", "(user.get('/'), user.get('/b'))",
        "all([user.get(path) for path in other])", "await asyncio.gather(user.get('/'))",
        "await gather(*(user.get(path) for path in other))", "await user.batch(user.get('/'), user.post('/b'))",
        "await user.batch([user.get('/')])", "asyncio.create_task(user.get('/'))",
    ],
)  # fmt: skip
def test_several_at_once_are_refused_with_the_way_to_write_them(tmp_path: Path, body: str) -> None:
    with pytest.raises(UsageError, match=r"journey.py:3: user\.get\(\.\.\.\) is awaited by .*`await user\.batch\("):
        refuse_missing_awaits(written(tmp_path, body))


@pytest.mark.parametrize(
    "body",
    [
        "await user.get('/')", "reply = await user.get('/')", "user.check('a', True)", "other.get('/')",
        "await retried(user.get('/'))", "await retried(5, what=user.get('/'))", "steps = lambda: user.get('/')",
        "replies = [await user.get(path) for path in other]", "user.headers.get('a')", "return user.get('/')",
        "await (user.get('/a') if other else user.get('/b'))", "(await user.get('/')).ok", "await user.batch('/a')",
    ],
)  # fmt: skip
def test_what_is_awaited_or_handed_on_is_not(tmp_path: Path, body: str) -> None:
    refuse_missing_awaits(written(tmp_path, body))


HELPER = """
async def named(rows):
    name = rows.get("name")
    async with rows.get("url") as reply:
        return name, reply
"""


@pytest.mark.parametrize("first", ["user", "user: User", "user: 'shop.Shopper'"])
def test_what_is_given_to_other_functions_is_no_user(tmp_path: Path, first: str) -> None:
    path = written(tmp_path, "await user.get('/')" + HELPER, first=first)
    refuse_missing_awaits(path)
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("async def login(user):\n    user.post('/login')\n")
    with pytest.raises(UsageError, match=r"journey.py:10: user\.post"):
        refuse_missing_awaits(path)
