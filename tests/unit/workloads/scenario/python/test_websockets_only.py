from pathlib import Path

import pytest

from loadgen.workloads.scenario.python.websockets_only import websockets_only

HELD = """
@scenario
async def chat(user):
    async with user.websocket("/room") as socket:
        await socket.request("hello")
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", True),
        ("    await user.pause(1)\n", True),
        ("    await user.get('/')\n", False),
        ("    async with user.stream('GET', '/') as stream: pass\n", False),
        ("    await log_in(user)\nfrom helpers import log_in\n", False),
        ("    other = user\n    await other.post('/')\n", False),
    ],
)
def test_users_that_hold_websockets_and_send_nothing_else(tmp_path: Path, more: str, expected: bool) -> None:
    (tmp_path / "helpers.py").touch()
    file = tmp_path / "chat.py"
    file.write_text(HELD + more)
    assert websockets_only(str(file)) == expected


def test_without_a_websocket_there_is_a_connection(tmp_path: Path) -> None:
    file = tmp_path / "calls.py"
    file.write_text("async def once(user):\n    await user.call('x', print)\n")
    assert not websockets_only(str(file))
