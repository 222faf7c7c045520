"""What thresholds over windows look at: the names that they may mean, in blocks that fit into each window."""

import pytest

from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording
from loadgen.plan.condition import parse_condition
from loadgen.session.blocks import MOST_PARTS, Slice
from loadgen.session.windows import Windows

NAMES = [
    (Kind.REQUEST, "buy/pay"), (Kind.REQUEST, "pay"), (Kind.JOURNEY, "buy"), (Kind.JOURNEY, "browse"),
    (Kind.GROUP, "buy/checkout"), (Kind.CHECK, "total is positive"),
]  # fmt: skip


def windows(*conditions: str, seconds: int = 3) -> dict[str, list[tuple[int, int, int, int]]]:
    """The blocks of each name after so many seconds in which all was done, and once failed; "" are all requests."""
    names = Names(NAMES)
    made = Windows([parse_condition(text, use="threshold") for text in conditions], names)
    for t_s in range(seconds):
        recording = Recording()
        for number, (kind, _) in enumerate(NAMES):
            tally = recording.tally(number) if kind is Kind.REQUEST else recording.transaction(number)
            tally.ok, tally.failed = 2, 1
            tally.clock("service").add(1000)
        made.add(t_s, recording, Slice(t_s, 1, 4, 2))
    found = {text: made.of(number) for number, (_, text) in enumerate(NAMES)} | {"": made.of(None)}
    return {
        text: [(item.start_s, item.length_s, item.ok, item.failed) for item in slices]
        for text, slices in found.items()
        if slices
    }


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ("buy/pay:p99 < 1s over 2s", ["buy/pay"]),
        ("pay:error_rate < 1% over 2s", ["buy/pay", "pay"]),  # the end of the one, and the other
        ("journeys:rps > 1 over 2s", ["buy", "browse"]),
        ("checkout:p50 < 1s over 2s", ["buy/checkout"]),
        ("total is positive:ok_rate > 1% over 2s", ["total is positive"]),
        ("p99 < 1s over 2s", [""]),
        ("error_rate < 1% over 2s", []),  # the timeline has it
        ("buy/pay:p99 < 1s", []),
    ],
)
def test_what_a_window_may_be_of_is_kept(condition: str, named: list[str]) -> None:
    second = (4, 2) if named == [""] else (2, 1)
    assert windows(condition) == {name: [(t_s, 1, *second) for t_s in range(3)] for name in named}


def test_blocks_grow_no_further_than_all_windows_allow() -> None:
    found = windows("buy:p99 < 1s over 10s", "pay:p99 < 1s over 1m", seconds=12 * MOST_PARTS)
    assert {length_s for blocks in found.values() for _, length_s, _, _ in blocks} == {10}
    assert found["buy"][:2] == [(0, 10, 20, 10), (10, 10, 20, 10)]
    assert len(found["buy"]) == 12 * MOST_PARTS // 10
    even = windows("buy:p99 < 1s over 10s", seconds=MOST_PARTS + 1)["buy"]
    assert even[-2:] == [(MOST_PARTS - 2, 2, 4, 2), (MOST_PARTS, 2, 2, 1)]
