from dataclasses import replace

import pytest

from loadgen.base.errors import UsageError
from loadgen.results.merge_files import merge_files
from loadgen.results.result import Rate, Result, Users

PLAN = {"target": "http://h", "requests": [{"name": "a", "path": "/a"}]}
ONE = Result(
    plan=PLAN,
    started_at="2026-01-01T00:00:00.000+00:00",
    duration_s=10.0,
    users=Users(10, 10),
    rate=Rate(5.0, 5.0, 5.0),
)


def run(name, *, second=0, boot="A", **changes):
    """A run of 10 s that began at that second after midnight, by the clock of that machine."""
    minutes, seconds = divmod(second, 60)
    started_at = f"2026-01-01T00:{minutes:02}:{seconds:02}.000+00:00"
    return replace(ONE, runs=[name] if name else [], environment={"boot": boot}, started_at=started_at, **changes)


def merged(*results):
    return merge_files(dict(zip(["a.json", "b.json", "c.json", "d.json"], results, strict=False)))


def test_runs_at_once_add_up_and_it_is_said():
    both = merged(run("1"), run("2", second=1, boot="B", notes=["b's own"]))
    assert (both.users.started, both.rate.ok_rps, both.duration_s) == (20, 10.0, 10.0)
    assert both.runs == ["1", "2"]
    assert both.notes == ["merged as 2 runs at the same time: their users and rates add up", "b's own"]


def test_rounds_of_one_machine_are_in_turn_and_it_is_said():
    both = merged(run("1"), run("2", second=30))
    assert (both.users.started, both.rate.ok_rps, both.duration_s) == (10, 5.0, 20.0)
    assert both.notes == ["merged as 2 rounds after each other: their durations add up, their users do not"]


def test_rounds_that_several_machines_ran_together_are_both():
    four = merged(run("1"), run("2", boot="B"), run("3", second=30), run("4", second=31, boot="B"))
    assert (four.users.started, four.rate.ok_rps, four.duration_s) == (20, 10.0, 20.0)
    assert four.notes[0].endswith("; in a round up to 2 runs at the same time: their users and rates add up")


@pytest.mark.parametrize(
    "results",
    [
        (run("1"), run("1")),
        (run("1"), run("2", second=30), run("1", second=60)),
        (run("1"), replace(run("2", second=30), runs=["2", "1"])),  # one of them holds the other already
        (run(""), run("")),  # of files without ids
    ],
)
def test_a_run_is_counted_once(results):
    with pytest.raises(UsageError, match=r"^cannot merge [bc]\.json with a\.json: both hold the same run; leave one"):
        merged(*results)


def test_runs_that_overlap_in_part_are_neither_at_once_nor_in_turn():
    with pytest.raises(UsageError, match=r"^cannot merge a\.json and b\.json: only 4s of 10s were measured by all"):
        merged(run("1"), run("2", second=6))
    with pytest.raises(UsageError, match=r"^cannot merge a\.json, b\.json and c\.json: only 0s of 10s"):
        merged(run("1"), run("2", second=9), run("3", second=18))


def test_clocks_of_two_machines_that_are_further_apart_than_the_run_make_no_rounds():
    with pytest.raises(UsageError, match=r"^cannot merge a\.json and b\.json: by their clocks they began 1m apart, "):
        merged(run("1"), run("2", second=60, boot="B"))


def test_files_that_do_not_say_whose_clock_it_was_are_taken_at_their_word():
    both = merged(run("1", boot=""), run("2", second=60, boot="B"))
    assert both.notes[0].startswith("merged as 2 rounds after each other")
