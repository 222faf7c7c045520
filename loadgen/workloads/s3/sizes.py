"""How large objects are: one size, a range, or a mixture of them with weights."""

from bisect import bisect_right
from itertools import accumulate
from random import Random

_64_BITS = (1 << 64) - 1
_2_64 = 1 << 64


class Sizes:
    """Sizes in bytes, drawn so that the size of object `index` is always the same for the same seed.

    `ranges` are inclusive, with a weight each, and drawn from uniformly.
    """

    def __init__(self, ranges: tuple[tuple[int, int, float], ...], seed: int) -> None:
        self.fixed = ranges[0][0] if len(ranges) == 1 and ranges[0][0] == ranges[0][1] else None
        self._ranges = ranges
        self._sums = list(accumulate(weight for _, _, weight in ranges))
        self._salt = Random(f"{seed}/sizes").getrandbits(64)

    def of(self, index: int) -> int:
        if self.fixed is not None:
            return self.fixed
        drawn = mixed(index ^ self._salt)
        place = bisect_right(self._sums, drawn / _2_64 * self._sums[-1], 0, len(self._sums) - 1)
        low, high, _ = self._ranges[place]
        return low + mixed(drawn + 1) * (high - low + 1) // _2_64


def mixed(number: int) -> int:
    """64 random-looking bits for the low 64 bits of `number`, and no two the same: the finaliser of SplitMix64."""
    number &= _64_BITS
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & _64_BITS
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & _64_BITS
    return number ^ number >> 31
