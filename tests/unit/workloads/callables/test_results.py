"""What calls returned, collected by several workers: one line for each number, in their order."""

import json
from pathlib import Path

import pytest

from loadgen.workloads.callables.results import CallResults, merged


def test_lines_of_all_workers_in_the_order_of_the_calls(tmp_path: Path) -> None:
    even, odd = CallResults(str(tmp_path), 0), CallResults(str(tmp_path), 1)
    for index in (4, 0, 2):
        even.begun(index)
    for index in (2, 0):
        even.good(index, {"n": index})
    odd.begun(1)
    odd.failed(1, "ValueError: \u2028 no")
    for results in (even, odd):
        results.close()
    assert [json.loads(line) for line in merged(str(tmp_path), 6).split("\n")[:-1]] == [
        {"index": 0, "result": {"n": 0}},
        {"index": 1, "error": "ValueError: \u2028 no"},
        {"index": 2, "result": {"n": 2}},
        {"index": 3, "skipped": True},
        {"index": 4, "error": "unfinished"},
        {"index": 5, "skipped": True},
    ]
    assert len(merged(str(tmp_path), None).splitlines()) == 5


@pytest.mark.parametrize("result", [object(), float("nan"), float("inf"), {1: {2, 3}}])
def test_what_is_no_json_raises_and_writes_nothing(result: object, tmp_path: Path) -> None:
    results = CallResults(str(tmp_path), 0)
    results.begun(0)
    with pytest.raises((TypeError, ValueError)):
        results.good(0, result)
    results.failed(0, "no JSON")
    results.close()
    assert merged(str(tmp_path), 1) == '{"index": 0, "error": "no JSON"}\n'


def test_a_line_that_was_cut_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "0.jsonl").write_text('{"index": 0, "result": 1}\n{"index": 1, "res', "utf-8")
    assert merged(str(tmp_path), 2) == '{"index": 0, "result": 1}\n{"index": 1, "skipped": true}\n'


def test_who_hangs_writes_no_more(tmp_path: Path) -> None:
    results = CallResults(str(tmp_path), 0)
    results.begun(0)
    results.close()
    results.good(0, 1)
    assert merged(str(tmp_path), 1) == '{"index": 0, "error": "unfinished"}\n'
