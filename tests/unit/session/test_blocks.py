from loadgen.measure.histogram import Histogram
from loadgen.results.block import MOST_BLOCKS
from loadgen.session.blocks import Blocks, Slice


def second(t_s: int, ok: int = 1) -> Slice:
    return Slice(t_s, 1, ok, 0, Histogram([(1000, ok)]))


def test_blocks_double_so_that_there_are_never_more_than_60() -> None:
    blocks = Blocks()
    for t_s in range(MOST_BLOCKS * 4 + 1):
        blocks.add(second(t_s))
        assert len(blocks.slices) <= MOST_BLOCKS
    assert [block.start_s for block in blocks.slices[:3]] == [0, 8, 16]
    assert sum(block.ok for block in blocks.slices) == MOST_BLOCKS * 4 + 1
    assert sum(block.histogram().total for block in blocks.slices) == MOST_BLOCKS * 4 + 1


def test_blocks_of_one_run_are_alike_whatever_seconds_they_have() -> None:
    all_of_it, some = Blocks(), Blocks()
    for t_s in range(100):
        all_of_it.add(second(t_s))
        if t_s % 10 == 0:
            some.add(second(t_s))
    assert {block.length_s for block in all_of_it.slices} == {block.length_s for block in some.slices} == {2}
    assert {block.start_s for block in some.slices} <= {block.start_s for block in all_of_it.slices}


def test_a_copy_goes_on_by_itself() -> None:
    first = Blocks()
    first.add(second(0))
    other = first.copy()
    other.add(second(0, 5))
    assert [block.ok for block in first.slices] == [1]
    assert [block.ok for block in other.slices] == [6]
