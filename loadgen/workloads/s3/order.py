"""In which order objects are read, over and over: one after another, at random, or some far more often than others."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain, repeat
from random import Random

from loadgen.plan.plan import Shard


def over_and_over(order: str, count: int, shard: Shard, seed: int) -> Iterator[int]:
    """The numbers of `count` objects without an end: those of the shard in turn, or drawn from all of them.

    By Zipf's law the object of rank R is drawn in proportion to 1 / R ** S; which has which rank is random, and the
    same for all shards with the `seed` of the run.
    """
    kind, _, exponent = order.partition(":")
    once = range(shard.index, count, shard.count)
    if not once:
        return iter(once)
    match kind:
        case "random":
            return _uniform(count, Random(shard.seed))
        case "zipf":
            return _zipf(count, float(exponent), Random(shard.seed), Random(f"{seed}/ranks"))
    return chain.from_iterable(repeat(once))


def _uniform(count: int, random: Random) -> Iterator[int]:
    while True:
        yield int(random.random() * count)


def _zipf(count: int, exponent: float, random: Random, of_ranks: Random) -> Iterator[int]:
    objects = array("L", range(count))
    of_ranks.shuffle(objects)
    sums = array("d", accumulate(rank**-exponent for rank in range(1, count + 1)))
    while True:
        yield objects[bisect_right(sums, random.random() * sums[-1], 0, count - 1)]
