"""Scripts of every broken kind: the right exit code and reason, some seconds after the grace, in every mode."""

import re
import signal
import time
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.command import MODES, Command, load, loadgen, stats_of, wait_until

SOON_S = 20.0
"""Of a run for 300 ms with a grace of as much, which is to end within five seconds: also on a machine that is busy."""

PASS = """
@scenario
async def visit(user):
    await user.get("/")
"""
LEFT = """
    asyncio.create_task(rest())
    await asyncio.sleep(0.1)
"""
CASES = {
    "raises": ("@scenario\nasync def x(user):\n    raise ValueError('no')", 107, "broken.py:6: ValueError: no"),
    "exits": ("@scenario\nasync def x(user):\n    sys.exit(3)", 107, "broken.py:6: the file ends the program"),
    "spins": ("@scenario\nasync def x(user):\n    while True:\n        pass", 107, "did not come back (broken.py:"),
    "spins as a plain function": ("@scenario\ndef x(user):\n    while True:\n        pass", 107, "broken.py:"),
    "sleeps": ("@scenario\nasync def x(user):\n    time.sleep(60)", 107, "did not come back (broken.py:6 in x)"),
    "sleeps at its end": (
        "@scenario\nasync def x(user):\n    try:\n        await user.pause(9)\n    finally:\n        time.sleep(60)",
        107, "did not come back (broken.py:9 in x)",
    ),
    "never awaits": ("@scenario\nasync def x(user):\n    user.get('/')", 2, "broken.py:6: user.get(...) does nothing"),
    "never returns": (
        "@scenario\nasync def x(user):\n    await user.get('/')\n    await asyncio.Event().wait()", 0, "2 unfinished",
    ),
    "swallows everything": (
        """
        @scenario
        async def x(user):
            while True:
                try:
                    await user.get("/status/500", needed=True)
                except BaseException:
                    pass
        """,
        99, "2 unfinished",
    ),
    "swallows its cancellation": (
        """
        @scenario
        async def x(user):
            await user.get("/")
            while True:
                try:
                    await asyncio.sleep(9)
                except BaseException:
                    pass
        """,
        0, "2 unfinished",
    ),
    "has too many names": (
        "@scenario\nasync def x(user):\n    for n in range(10_000):\n        user.check(f'{user.number} {n}', True)",
        107, "more than 1,000 names",
    ),
    "raises in per_run": (
        f"@per_run\nasync def x(user):\n    raise ValueError('no')\n{PASS}", 107, "broken.py:6: ValueError: no",
    ),
    "is refused in per_run": (
        f"@per_run\nasync def x(user):\n    await user.get('/status/401', needed=True)\n{PASS}",
        99, "GET /status/401: status 401 (in per_run",
    ),
    "raises after all": (
        f"@per_run\nasync def x(user):\n    yield\n    raise ValueError('no')\n{PASS}", 107, "broken.py:7: ValueError",
    ),
    "raises in per_user": (
        f"@per_user\nasync def x(user):\n    raise ValueError('no')\n{PASS}", 107, "broken.py:6: ValueError: no",
    ),
    "is refused in per_user": (
        f"@per_user\nasync def x(user):\n    await user.get('/status/401', needed=True)\n{PASS}", 99, "status 401",
    ),
    "raises after its journeys": (
        f"@per_user\nasync def x(user):\n    yield\n    raise ValueError('no')\n{PASS}", 107, "broken.py:7: ValueError",
    ),
    "spins after its journeys": (
        f"@per_user\nasync def x(user):\n    yield\n    while True:\n        pass\n{PASS}", 107, "broken.py:",
    ),
    "leaves tasks": (
        f"async def rest():\n    await asyncio.sleep(60)\n{PASS}{LEFT}",
        0, "ok",
    ),
    "leaves tasks that swallow everything": (
        """
        async def rest():
            while True:
                try:
                    await asyncio.sleep(0.01)
                except BaseException:
                    pass

        @scenario
        async def x(user):
            asyncio.create_task(rest())
            await user.get("/")
            await asyncio.sleep(0.1)
        """,
        0, "ok",
    ),
    "leaves tasks that raise": (
        f"async def rest():\n    raise ValueError('no')\n{PASS}{LEFT}",
        107, "task: script error: broken.py:5: ValueError: no",
    ),
    "leaves requests": (
        f"{PASS}    asyncio.create_task(*map(user.get, '/'))\n    await asyncio.sleep(0.1)", 107, "await user.batch(",
    ),
    "sends much": (
        f"{PASS}    assert (await user.post('/bytes/1', data=b'x' * 20_000_000)).ok", 0, "POST /bytes/1",
    ),
}  # fmt: skip


STAYS = ("spins", "sleeps", "swallows", "leaves")
"""So begin the names of those that go on when the run has ended: they need a process that ends with them."""

WHERE = {"never returns": list(MODES), "spins": ["pool", "threads"]}
"""The others in one mode each, by turns: most of them take seconds. What spins is counted in the other two."""

PAIRS = [
    (case, name) for number, case in enumerate(CASES) for name in WHERE.get(case, [list(MODES)[number % len(MODES)]])
]


@pytest.mark.parametrize(("case", "where"), PAIRS)
@pytest.mark.slow  # many begin a program, and most end when their time is over
def test_the_run_ends_and_says_whose_code_it_was(case: str, where: str, url: str, tmp_path: Path) -> None:
    (text, code, says), mode = CASES[case], MODES[where]
    file = tmp_path / "broken.py"
    file.write_text(f"import asyncio, sys, time\nfrom loadgen.scenario import *\n\n{dedent(text)}\n", "utf-8")
    began_s = time.monotonic()
    argv = ("run", file, "--target", url, "-c", 2, "-d", "300ms", "--grace", "300ms", "-q", *mode)
    if case.startswith(STAYS):
        with Command(*argv, env={"COLUMNS": "300"}) as command:
            done = command.finish()
    else:
        done = loadgen(*argv, env={"COLUMNS": "300"})
    assert done.code == code, done.out + done.err
    assert says in done.out + done.err
    assert "Traceback" not in done.err
    assert time.monotonic() - began_s < SOON_S


@pytest.mark.parametrize("where", ["async", "processes"])
@pytest.mark.slow  # waits until code is known not to come back
def test_what_was_done_before_it_hung_is_counted(where: str, url: str, tmp_path: Path) -> None:
    file, result = tmp_path / "broken.py", tmp_path / "result.json"
    text = "@scenario\nasync def x(user):\n    for _ in range(50): await user.get('/')\n    while True:\n        pass"
    file.write_text(f"from loadgen.scenario import *\n{text}\n", "utf-8")
    mode = MODES[where]
    with Command("run", file, "--target", url, "-c", 2, "-d", "1s", "--grace", 0, "-q", "-o", result, *mode) as command:
        assert command.finish().code == 107
    ended = load(result)
    assert "did not come back (broken.py:" in ended.ended_because
    assert ended.ledger.sent == stats_of(url)["requests"] >= 50
    assert ended.samples_lost == 0
    assert ended.requests["x/GET /"].ledger.ok == ended.ledger.ok >= 50
    assert (ended.journeys.started, ended.journeys.unfinished) == (2, 2)


@pytest.mark.slow  # waits until a signal is known not to be taken
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@scenario\nasync def x(user):\n    open('{marker}', 'w')\n    while True:\n        pass", 107),
        ("@per_run\nasync def x(user):\n    open('{marker}', 'w')\n    while True:\n        pass\n" + PASS, 105),
    ],
)
def test_one_signal_ends_what_never_comes_back(text: str, code: int, url: str, tmp_path: Path) -> None:
    file, marker = tmp_path / "broken.py", tmp_path / "reached"
    file.write_text(f"from loadgen.scenario import *\n{text.replace('{marker}', str(marker))}\n", "utf-8")
    argv = ("-c", 1, "-n", 5, "--grace", "300ms", "-q", "--mode", "async")
    with Command("run", file, "--target", url, *argv, env={"COLUMNS": "300"}) as command:
        wait_until(marker.exists, "the code that never comes back")
        command.send(signal.SIGTERM)
        done = command.finish()
    assert done.code == code, done.out + done.err
    assert re.search(r"did not come back \(broken.py:[56] in x\)", " ".join(done.out.split()))
