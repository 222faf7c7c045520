import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.deal import deal
from loadgen.plan.plan import make_shards
from tests.support.fakes import make_plan


def plan_of(processes, workers=1, **changes):
    return make_plan(processes=processes, workers=workers, users=processes * workers, **changes)


@given(st.lists(st.integers(1, 64), min_size=1, max_size=8), st.integers(0, 50), st.integers(1, 3))
def test_every_shard_is_on_one_machine_and_each_machine_has_some(cores, more, workers):
    plan = plan_of(len(cores) + more, workers)
    parts = deal(plan, cores)
    assert [shard for part in parts for shard in part] == [shard.index for shard in make_shards(plan)]
    assert all(part and len(part) % workers == 0 for part in parts)


def test_with_a_process_for_each_core_a_machine_has_as_many_as_cores():
    assert list(map(len, deal(plan_of(7), [4, 1, 2]))) == [4, 1, 2]


def test_more_or_fewer_are_in_proportion():
    assert list(map(len, deal(plan_of(14, 2), [4, 1, 2]))) == [16, 4, 8]
    assert list(map(len, deal(plan_of(4), [8, 4, 4]))) == [2, 1, 1]


def test_a_machine_without_work_is_refused():
    with pytest.raises(UsageError, match="3 machines need at least as many processes, but there are 2 processes"):
        deal(plan_of(2), [4, 4, 4])
    with pytest.raises(UsageError, match="there is 1 process in async mode; use fewer machines, or more --processes"):
        deal(plan_of(1, mode="async"), [4, 4])
