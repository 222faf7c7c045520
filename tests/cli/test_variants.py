"""The matrix of `compare`: which variants lists make, what they are called, what is left out."""

from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.cli.variants import make_variants, target_labels
from loadgen.plan.plan import Plan

URL = "http://127.0.0.1:8080/"


def made(**flags: Any) -> tuple[dict[str, Plan], list[str]]:
    return make_variants([URL], [], {"duration": "1s", **flags})


def labels(**flags: Any) -> list[str]:
    return [*made(**flags)[0]]


def test_without_a_list_the_modes_are_compared() -> None:
    variants, left_out = made(connections="20")
    assert [plan.mode for plan in variants.values()] == ["pool", "threads", "async"]
    assert {plan.users for plan in variants.values()} == {20}
    assert left_out == []


def test_a_list_is_one_thing_that_varies() -> None:
    variants, _ = made(client="raw,httpx", mode="async")
    assert [(label, plan.mode, plan.client) for label, plan in variants.items()] == [
        ("raw", "async", "raw"),
        ("httpx", "async", "httpx"),
    ]
    assert labels(connections="10,100,1000") == ["10 connections", "100 connections", "1000 connections"]


def test_lists_are_multiplied_in_their_order() -> None:
    assert labels(mode="pool,async", client="raw, httpx") == ["pool raw", "pool httpx", "async raw", "async httpx"]
    assert labels(processes="1,2", connections="8,9") == [
        "1 process 8 connections",
        "1 process 9 connections",
        "2 processes 8 connections",
        "2 processes 9 connections",
    ]


def test_what_a_mode_decides_by_itself_is_not_multiplied() -> None:
    variants, left_out = made(mode="threads,async,pool", workers="1,4", processes="1")
    assert [*variants] == ["threads", "async", "pool 1 worker", "pool 4 workers"]
    assert [plan.workers for plan in variants.values()] == [50, 1, 1, 4]
    assert left_out == []


def test_the_same_twice_shows_the_noise() -> None:
    assert labels(mode="pool,pool,pool") == ["pool", "pool (2)", "pool (3)"]
    assert labels(mode="async,async", workers="1,2") == ["async", "async (2)"]


def test_what_cannot_be_is_named_and_left_out() -> None:
    variants, left_out = made(processes="1,2,9", connections="4")
    assert [*variants] == ["1 process", "2 processes"]
    assert left_out == [
        "9 processes: --processes: 9 processes cannot share 4 connections; use at most 9 processes, "
        "or at least 9 connections".replace("most 9", "most 4")
    ]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({"mode": "pool"}, "nothing to compare: give at least two, as --modes pool,threads"),
        ({"mode": "pool,"}, "--mode: expected a list such as pool,threads,async, got 'pool,'"),
        ({"workers": "1,,2"}, "--workers: expected a list such as 1,4, got '1,,2'"),
        ({"mode": "pool,tread"}, "expected pool, threads or async, got 'tread'"),
        ({"workers": "1,two"}, "two"),
        ({"mode": "async", "workers": "2,4"}, "async mode has one loop in one process, not 4"),
        ({"mode": "pool,async", "timeout": "soon"}, "--timeout: expected a duration"),
    ],
)
def test_what_is_wrong_is_a_usage_error(flags: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(**flags)
    assert text in str(caught.value)


def test_all_variants_do_the_same_work() -> None:
    variants, _ = made(mode="pool,async", rate="50", seed="7", headers=["X: 1"])
    assert len({(plan.arrivals, plan.seed, plan.job) for plan in variants.values()}) == 1


def test_several_targets_are_what_is_compared() -> None:
    variants, _ = make_variants([f"{URL}a", f"{URL}b?x=1"], [], {"duration": "1s"})
    assert [(label, plan.mode, plan.job.requests[0].path) for label, plan in variants.items()] == [
        ("/a", "pool", "/a"),
        ("/b?x=1", "pool", "/b?x=1"),
    ]


def test_with_lists_each_combination_has_all_targets() -> None:
    targets = ["http://u:secret@a:1/x", "http://b:2/x"]
    variants, _ = make_variants(targets, [], {"duration": "1s", "mode": "async,pool"})
    assert [*variants] == ["async a:1/x", "async b:2/x", "pool a:1/x", "pool b:2/x"]
    assert [plan.origin.host for plan in variants.values()] == ["a", "b", "a", "b"]


def test_a_target_against_itself_shows_the_noise() -> None:
    assert [*make_variants([URL, URL], [], {"duration": "1s"})[0]] == ["127.0.0.1:8080", "127.0.0.1:8080 (2)"]
    assert target_labels(["main.yaml", "next.yaml"]) == ["main.yaml", "next.yaml"]
