"""Which calls are found to do nothing."""

from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.workloads.scenario.python.missing_await import refuse_missing_awaits


def written(tmp_path: Path, body: str) -> str:
    path = tmp_path / "journey.py"
    path.write_text(f"async def visit(user, other=None):\n    {body}\n", "utf-8")
    return str(path)


@pytest.mark.parametrize(
    "body", ["user.get('/')", "reply = user.post('/', json={})", "if user.number:\n        user.pause(1)"]
)
def test_a_call_without_await_is_refused_with_its_line(tmp_path: Path, body: str) -> None:
    with pytest.raises(
        UsageError, match=r"journey.py:[23]: user\.(get|post|pause)\(\.\.\.\) does nothing without `await`"
    ):
        refuse_missing_awaits(written(tmp_path, body))


@pytest.mark.parametrize(
    "body",
    [
        "await user.get('/')", "reply = await user.get('/')", "user.check('a', True)", "other.get('/')",
        "await asyncio.gather(user.get('/'))", "steps = [user.get('/')]", "user.headers.get('a')",
        "return user.get('/')",
    ],
)  # fmt: skip
def test_what_is_awaited_or_handed_on_is_not(tmp_path: Path, body: str) -> None:
    refuse_missing_awaits(written(tmp_path, body))
