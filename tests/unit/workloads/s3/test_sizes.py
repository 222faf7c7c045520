from collections import Counter

import pytest

from loadgen.plan.profiles.s3_values import read_sizes
from loadgen.workloads.s3.sizes import Sizes


def parse_sizes(text, seed):
    return Sizes(read_sizes(text), seed)


def test_one_size_is_always_that():
    sizes = parse_sizes("1MiB", 1)
    assert sizes.fixed == sizes.of(0) == sizes.of(99) == 1 << 20


def test_a_range_is_drawn_from_end_to_end():
    sizes = parse_sizes("1..4", 1)
    assert Counter(sizes.of(index) for index in range(4000)).keys() == {1, 2, 3, 4}
    assert sizes.fixed is None


def test_weights_are_shares():
    sizes = parse_sizes("4KiB:60, 1MiB:30, 64MiB:10", 1)
    counts = Counter(sizes.of(index) for index in range(10_000))
    assert set(counts) == {4096, 1 << 20, 64 << 20}
    assert [round(counts[size] / 100) for size in (4096, 1 << 20, 64 << 20)] == pytest.approx([60, 30, 10], abs=2)


def test_ranges_may_have_weights():
    sizes = parse_sizes("1..2:1,1000..2000:1", 1)
    drawn = [sizes.of(index) for index in range(1000)]
    assert 400 < sum(size <= 2 for size in drawn) < 600
    assert all(1 <= size <= 2 or 1000 <= size <= 2000 for size in drawn)


def test_an_object_has_the_same_size_every_time_and_another_seed_deals_anew():
    ours, again, other = ([parse_sizes("0..1MiB", seed).of(index) for index in range(50)] for seed in (1, 1, 2))
    assert ours == again != other


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a size such as 1MiB"),
        ("big", "expected a size such as 1MiB"),
        ("1KiB,,2KiB", "expected a size such as 1MiB"),
        ("2KiB..1KiB", "from low to high"),
        ("1KiB:0", "a weight above zero"),
        ("1KiB:-1", "a weight above zero"),
        ("1KiB:nan", "a weight above zero"),
        ("1KiB:", "a weight above zero"),
        ("1KiB,2KiB", "a weight for every size"),
        ("1KiB:1,2KiB", "a weight for every size"),
    ],
)
def test_what_is_no_size_is_said_with_an_example(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_sizes(text, 1)
