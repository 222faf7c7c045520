import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan.plan import Shard
from loadgen.plan.topology import TopologyError, choose


@pytest.mark.parametrize(
    ("mode", "users", "processes", "workers", "cores", "gil", "expected"),
    [
        ("pool", 50, None, None, 4, True, (4, 1)),
        ("pool", 50, None, None, 4, False, (1, 4)),
        ("pool", 3, None, None, 8, True, (3, 1)),
        ("pool", 3, None, None, 8, False, (1, 3)),
        ("pool", 50, 2, None, 4, True, (2, 1)),
        ("pool", 50, 2, None, 8, False, (2, 4)),
        ("pool", 50, None, 8, 4, True, (1, 8)),
        ("pool", 50, 3, 2, 4, True, (3, 2)),
        ("threads", 2000, None, None, 2, True, (1, 2000)),
        ("threads", 2000, 4, None, 2, True, (4, 500)),
        ("threads", 5, 2, 3, 2, True, (2, 3)),
        ("async", 2000, None, None, 8, True, (1, 1)),
        ("async", 2000, 1, 1, 8, True, (1, 1)),
    ],
)
def test_each_mode_has_its_topology(mode, users, processes, workers, cores, gil, expected):
    assert choose(mode, users, processes, workers, cores, gil) == expected


@pytest.mark.parametrize(
    ("mode", "users", "processes", "workers", "message"),
    [
        (
            "pool",
            4,
            None,
            8,
            "--workers: 8 workers cannot share 4 connections; use at most 4 workers, or at least 8 connections",
        ),
        ("pool", 1, 2, None, "--processes: 2 processes cannot share 1 connection; "),
        ("pool", 4, 2, 4, "--workers: 8 workers cannot share 4 connections"),
        ("threads", 100, 2, 10, "100 connections in 2 processes take 50 workers each, not 10; leave --workers out"),
        ("threads", 100, None, 10, "100 connections take 100 workers, not 10; leave --workers out, or use --mode pool"),
        ("async", 100, None, 2, "--workers: async mode has one loop in one process, not 2; use --mode pool"),
        ("async", 100, 2, None, "--processes: async mode"),
    ],
)
def test_an_impossible_topology_explains_itself(mode, users, processes, workers, message):
    with pytest.raises(TopologyError) as caught:
        choose(mode, users, processes, workers, 2, True)
    assert message in str(caught.value)


@given(st.sampled_from(["pool", "threads", "async"]), st.integers(1, 5000), st.integers(1, 256), st.booleans())
def test_defaults_never_make_more_workers_than_users(mode, users, cores, gil):
    processes, workers = choose(mode, users, None, None, cores, gil)
    assert processes >= 1
    assert 1 <= processes * workers <= users


def test_every_shard_has_every_origin_and_they_begin_with_different_ones():
    shards = [Shard(index, 2, 0, 4, None, seed=1) for index in range(2)]
    assert [[shard.place_of_user(user, 3) for user in range(4)] for shard in shards] == [[0, 1, 2, 0], [1, 2, 0, 1]]
