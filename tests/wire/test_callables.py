"""Functions as jobs: each called once with each number, in threads and on loops; the first exception stops."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.support.command import Finished, Mode, loadgen

Call = Callable[..., Finished]

TASKS = """
import asyncio, time

def double(index):
    return {"twice": 2 * index}

async def slow(index):
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    return index

def third(index):
    if index == 3:
        raise ValueError("no third")
    return index

async def third_async(index):
    await asyncio.sleep(0.001)
    return third(index)

def bad_result(index):
    return object()

def not_a_number(index):
    return float("nan")

def leaves(index):
    raise SystemExit(3)

def asserts(index):
    assert index < 2, "too many"

class Image:
    @staticmethod
    def resize(index):
        return index

def two(first, second):
    pass

def steps(index):
    yield index

a_list = [1]
"""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`loadgen run tasks.py:NAME` in a folder that has this file; the results of the calls are in results.jsonl."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.py").write_text(TASKS, "utf-8")

    def call(name: str, *flags: object, text: str = TASKS) -> Finished:
        (tmp_path / "tasks.py").write_text(dedent(text), "utf-8")
        return loadgen("run", f"tasks.py:{name}", *flags)

    return call


def results() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("results.jsonl").read_text("utf-8").splitlines()]


JSON = ("-q", "--format", "json", "--results", "results.jsonl")


@pytest.mark.parametrize("name", ["double", "slow"])
def test_each_number_once_and_results_in_their_order(call: Call, name: str, mode: Mode) -> None:
    done = call(name, "-n", 25, "-c", 4, *mode, *JSON)
    assert (done.code, done.err) == (0, "")
    result = done.result
    assert (result.journeys.ok, result.journeys.not_started, result.ledger.sent) == (25, 0, 0)
    assert [row["index"] for row in results()] == list(range(25))
    assert [row["result"] for row in results()] == [{"twice": 2 * n} if name == "double" else n for n in range(25)]
    assert result.transactions[name].latency_ms["response"].max is not None
    assert result.connections.opened == 0


def test_workers_are_users(call: Call) -> None:
    result = call("double", "-n", 9, "--workers", 3, *JSON).result
    assert (result.users.started, result.generator.mode, result.journeys.ok) == (3, "threads", 9)
    assert call("slow", "-n", 9, *JSON).result.generator.mode == "async"


@pytest.mark.parametrize("name", ["third", "third_async"])
def test_the_first_exception_stops_and_the_rest_is_skipped(call: Call, name: str, local_mode: Mode) -> None:
    done = call(name, "-n", 1000, "-c", 1, *local_mode, *JSON)
    assert done.code == 108
    assert done.result.ended_by == "fail_fast"
    assert done.result.journeys.started == 4
    rows = results()
    assert rows[3] == {"index": 3, "error": "ValueError: no third"}
    assert [row["result"] for row in rows[:3]] == [0, 1, 2]
    assert rows[4:] == [{"index": index, "skipped": True} for index in range(4, 1000)]


def test_more_failures_may_be_allowed(call: Call, local_mode: Mode) -> None:
    done = call("third", "-n", 6, "-c", 2, "--max-errors", 3, *local_mode, *JSON)
    assert done.code == 107
    assert done.result.ended_by == "completed"
    assert (done.result.journeys.ok, done.result.journeys.failed) == (5, 1)
    assert [row.get("result") for row in results()] == [0, 1, 2, None, 4, 5]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bad_result", "TypeError: Object of type object is not JSON serializable"),
        ("not_a_number", "ValueError: Out of range float values are not JSON compliant"),
        ("leaves", "the file ends the program (sys.exit(3))"),
    ],
)
def test_what_is_no_result_is_an_error(call: Call, name: str, says: str, local_mode: Mode) -> None:
    assert call(name, "-n", 5, "-c", 1, *local_mode, *JSON).code == 108
    assert results()[0]["error"].startswith(says)
    assert results()[1:] == [{"index": index, "skipped": True} for index in range(1, 5)]


def test_without_a_file_any_result_is_good(call: Call) -> None:
    assert call("bad_result", "-n", 5, "-q", "--format", "json").code == 0


def test_an_assert_that_fails_is_an_exception(call: Call) -> None:
    assert call("asserts", "-n", 5, "-c", 1, "--max-errors", 9, *JSON).code == 107


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_has_begun_is_awaited(call: Call, kind: str, local_mode: Mode) -> None:
    """The second call raises while the first one is under way, which then ends by itself."""
    wait = "await asyncio.sleep(0.005)" if kind == "async def" else "time.sleep(0.005)"
    text = f"""
    import asyncio, time
    raised = False
    {kind} call(index):
        global raised
        if index == 0:
            while not raised:
                {wait}
            for _ in range(40):
                {wait}
        if index == 1:
            raised = True
            raise ValueError
        return index
    """
    done = call("call", "-n", 100, "-c", 2, *local_mode, *JSON, text=text)
    assert done.code == 108
    assert results()[:2] == [{"index": 0, "result": 0}, {"index": 1, "error": "ValueError"}]
    assert (done.result.journeys.ok, done.result.journeys.unfinished) == (1, 0)


def test_thresholds_and_a_method_of_a_class(call: Call) -> None:
    good = call("Image.resize", "-n", 500, "-T", "resize:p99 < 60s", "-q", "--format", "json")
    assert (good.code, [row.verdict for row in good.result.thresholds]) == (0, ["pass"])
    assert call("Image.resize", "-n", 500, "-T", "resize:ok_rate < 1%", "-q", "--format", "json").code == 99
    bad = call("double", "-n", 20, "-T", "dubble:p99 < 1s")
    assert (bad.code, bad.out) == (2, "")
    assert "did you mean 'double'?" in bad.err


def test_a_module_of_the_working_folder(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tasks", raising=False)  # another test's, of the same name
    call("double", "-n", 1)
    done = loadgen("run", "tasks:double", "-n", 3, *JSON)
    assert done.code == 0
    assert [row["result"]["twice"] for row in results()] == [0, 2, 4]


def test_the_report_speaks_of_calls(call: Call) -> None:
    out = call("double", "-n", 20, "--workers", 2).out
    assert out.startswith("tasks.py:double\n2 users")
    assert "calls/s" in out
    assert "20 started = 20 ok + 0 failed" in out
    assert "http" not in out
    assert "journey" not in out.lower()


BAD = {
    "no number of calls": (["double"], "-n: how often is tasks.py:double to be called?"),
    "no such function": (["dubble", "-n", 1], "tasks.py: there is no 'dubble'; did you mean 'double'?"),
    "no such attribute": (["Image.rezise", "-n", 1], "tasks.py: there is no 'Image.rezise'; did you mean 'resize'?"),
    "not a function": (["a_list", "-n", 1], "tasks.py:a_list: expected a function, got list"),
    "wrong signature": (["two", "-n", 1], "tasks.py:two is called with one number, from 0 on: `def two(index)`"),
    "a generator": (["steps", "-n", 1], "tasks.py:steps: it has a yield"),
    "a target": (["double", "-n", 1, "--target", "http://h/"], "--target: a function has none"),
    "workers and users": (["double", "-n", 1, "-c", 2, "--workers", 2], "--workers: the same as -c"),
    "a warm-up": (["double", "-n", 1, "--warmup", "1s"], "--warmup: cannot be combined with a function"),
    "headers": (["double", "-n", 1, "-H", "A: b"], "--header: cannot be combined with a function"),
    "once": (["double", "-n", 1, "--once"], "--once: TARGET is a URL, a profile or a file of scenarios"),
    "results in no folder": (["double", "-n", 1, "--results", "no/such/file"], "--results: cannot write"),
    "results of rounds": (["double", "-n", 1, "--results", "r", "--rounds", 2], "--results: "),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_called_is_said(call: Call, name: str) -> None:
    arguments, says = BAD[name]
    done = call(str(arguments[0]), *arguments[1:])
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def broken(:", "tasks.py:1: SyntaxError: invalid syntax"),
        ("import nowhere_at_all\ndef broken(index): ...", "tasks.py:1: ModuleNotFoundError: No module named"),
        ("1 / 0\ndef broken(index): ...", "tasks.py:1: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_said(call: Call, text: str, says: str) -> None:
    done = call("broken", "-n", 1, text=text)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_what_is_not_there_is_said(call: Call, url: str) -> None:
    assert "nosuch.py: there is no such file" in loadgen("run", "nosuch.py:double", "-n", 1).err
    assert "nosuch: ModuleNotFoundError" in loadgen("run", "nosuch:double", "-n", 1).err
    assert "--results: TARGET is no function" in loadgen("run", url, "--results", "r").err


def test_check_says_what_would_be_called(call: Call) -> None:
    call("double", "-n", 1)
    done = loadgen("check", "tasks.py:double", "-n", 10, "--workers", 3)
    assert done.code == 0
    assert "tasks.py:double" in done.out
    assert "after 10 calls" in done.out
    assert "http" not in done.out


def test_the_folder_is_on_the_path_for_its_file_alone(call: Call, tmp_path: Path) -> None:
    (tmp_path / "beside_the_tasks.py").write_text("VALUE = 7\n", "utf-8")
    text = "from beside_the_tasks import VALUE\ndef value(index): return VALUE"
    assert call("value", "-n", 1, *JSON, text=text).code == 0
    assert results() == [{"index": 0, "result": 7}]
