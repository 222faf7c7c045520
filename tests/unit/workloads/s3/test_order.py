"""In which order objects are read."""

from collections import Counter
from itertools import islice

import pytest

from loadgen.plan.plan import Shard
from loadgen.workloads.s3.order import over_and_over


def drawn(order: str, count: int, index: int = 0, shards: int = 1, times: int = 10_000, seed: int = 1) -> list[int]:
    shard = Shard(index, shards, 0, 1, None, seed=seed * 1000 + index)
    return list(islice(over_and_over(order, count, shard, seed), times))


def test_in_turn_each_shard_reads_its_own() -> None:
    assert drawn("sequential", 5, 1, 2, times=5) == [1, 3, 1, 3, 1]
    assert drawn("sequential", 1, 1, 2) == []


def test_at_random_all_are_read_about_as_often_by_every_shard() -> None:
    for index in range(2):
        times = Counter(drawn("random", 10, index, 2))
        assert [*sorted(times)] == [*range(10)]
        assert min(times.values()) > 800


@pytest.mark.parametrize(("order", "first"), [("zipf:1", 0.193), ("zipf:2", 0.612)])
def test_by_zipf_s_law_a_few_are_read_far_more_often(order: str, first: float) -> None:
    """The share of the first rank of 100 is 1 over the sum of all weights."""
    (hot, times), (_, second), *_ = Counter(drawn(order, 100)).most_common()
    assert times / 10_000 == pytest.approx(first, abs=0.02)
    assert times / second == pytest.approx(2 ** float(order[5:]), rel=0.2)
    assert Counter(drawn(order, 100, 1, 2)).most_common(1)[0][0] == hot, "all shards have the same favourite"
    assert len({Counter(drawn(order, 100, seed=seed)).most_common(1)[0][0] for seed in range(6)}) > 1
