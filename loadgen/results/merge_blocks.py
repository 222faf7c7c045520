"""Blocks of several runs as those of one."""

from collections.abc import Iterable, Sequence

from loadgen.measure.histogram import Histogram
from loadgen.results.block import MOST_BLOCKS, Block
from loadgen.results.encoded import decode_clock


def merged_blocks(tables: Sequence[Sequence[Block]], begins_s: Sequence[int]) -> list[Block]:
    """Blocks of one length, the longest of any, doubled until there are no more than 60. The runs begin at `begins_s`.

    Raises UsageError for a damaged histogram.
    """
    placed = _placed(tables, begins_s)
    length_s = _longest_s(placed)
    while len({t_s // length_s for t_s, _ in placed}) > MOST_BLOCKS:
        length_s *= 2
    return _joined(placed, length_s)


def merged_windows(tables: Sequence[Sequence[Block]], begins_s: Sequence[int]) -> list[Block]:
    """The same of those that thresholds over windows look at, however many; none where one of the runs kept none."""
    placed = _placed(tables, begins_s)
    return _joined(placed, _longest_s(placed)) if all(tables) else []


def _placed(tables: Sequence[Sequence[Block]], begins_s: Sequence[int]) -> list[tuple[float, Block]]:
    pairs = zip(tables, begins_s, strict=True)
    return [(block.t_s + begin_s, block) for blocks, begin_s in pairs for block in blocks]


def _longest_s(placed: Iterable[tuple[float, Block]]) -> float:
    return max((block.duration_s for _, block in placed), default=1.0) or 1.0


def _joined(placed: Iterable[tuple[float, Block]], length_s: float) -> list[Block]:
    groups: dict[float, list[Block]] = {}
    for t_s, block in placed:
        groups.setdefault(t_s // length_s * length_s, []).append(block)
    return [_block(t_s, length_s, groups[t_s]) for t_s in sorted(groups)]


def _block(t_s: float, length_s: float, blocks: Sequence[Block]) -> Block:
    response = Histogram()
    for block in blocks:
        response.merge(decode_clock({"response": block.response}, "response"))
    ok, failed = sum(block.ok for block in blocks), sum(block.failed for block in blocks)
    return Block(t_s, length_s, ok, failed, response.encode())
