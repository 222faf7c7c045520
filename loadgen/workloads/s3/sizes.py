"""How large objects are: one size, a range, or a mixture of them with weights."""

from bisect import bisect_right
from itertools import accumulate
from random import Random

from loadgen.base.units import parse_size
from loadgen.workloads.s3.mix import mixed

_2_64 = 1 << 64


class Sizes:
    """Sizes in bytes, drawn so that the size of object `index` is always the same for the same seed.

    `ranges` are inclusive and drawn from uniformly; each is taken in the proportion of its weight.
    """

    def __init__(self, ranges: tuple[tuple[int, int], ...], weights: tuple[float, ...], seed: int) -> None:
        self.largest = max(high for _, high in ranges)
        self.fixed = ranges[0][0] if len(ranges) == 1 and ranges[0][0] == ranges[0][1] else None
        self._ranges = ranges
        self._sums = list(accumulate(weights))
        self._salt = Random(f"{seed}/sizes").getrandbits(64)

    def of(self, index: int) -> int:
        """The size of object `index`."""
        if self.fixed is not None:
            return self.fixed
        drawn = mixed(index ^ self._salt)
        place = bisect_right(self._sums, drawn / _2_64 * self._sums[-1], 0, len(self._sums) - 1)
        low, high = self._ranges[place]
        return low + mixed(drawn + 1) * (high - low + 1) // _2_64


def parse_sizes(text: str, seed: int) -> Sizes:
    """The sizes of "1MiB", "4KiB..64KiB" or "4KiB:60,1MiB:30,64MiB:10"; raises ValueError."""
    ranges, weights = [], []
    for part in text.split(","):
        sizes, colon, weight = part.partition(":")
        ranges.append(_range(sizes, text))
        weights.append(_weight(weight, text) if colon else 1.0)
    if len(weights) > 1 and text.count(":") != len(weights):
        raise ValueError(f"expected a weight for every size such as 4KiB:60,1MiB:40, got {text!r}")
    return Sizes(tuple(ranges), tuple(weights), seed)


def _range(sizes: str, text: str) -> tuple[int, int]:
    low_text, dots, high_text = sizes.strip().partition("..")
    try:
        low = parse_size(low_text)
        high = parse_size(high_text) if dots else low
    except ValueError:
        raise ValueError(
            f"expected a size such as 1MiB, a range as 4KiB..64KiB or weights as 4KiB:60,1MiB:40, got {text!r}"
        ) from None
    if low > high:
        raise ValueError(f"expected a range from low to high such as 4KiB..64KiB, got {sizes.strip()!r}")
    return low, high


def _weight(weight: str, text: str) -> float:
    plain = weight.strip()
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or float(plain) <= 0:
        raise ValueError(f"expected a weight above zero such as 4KiB:60, got {text!r}")
    return float(plain)
