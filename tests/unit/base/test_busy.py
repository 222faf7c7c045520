"""How busy the machine is, of made-up texts of /proc/stat."""

from loadgen.base.busy import busy_cores, busy_ticks

STAT = """cpu  60 6 30 300 12 3 3 9 5 5
cpu0 10 1 5 100 2 1 1 3 2 2
cpu1 20 2 10 100 4 1 1 3 1 1
cpu10 30 3 15 100 6 1 1 3 2 2
intr 1 2 3
"""


def test_what_is_not_idle_is_busy_and_only_the_cores_in_question_count() -> None:
    assert busy_ticks(STAT, {0}) == 21
    assert busy_ticks(STAT, {0, 1}) == 21 + 37
    assert busy_ticks(STAT, {10}) == 53
    assert busy_ticks("", {0}) == 0


def test_it_is_watched_for_a_while() -> None:
    slept: list[float] = []
    assert busy_cores(2.0, slept.append) >= 0.0
    assert slept == [2.0]
