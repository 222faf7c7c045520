"""What the shop sells: the item of each number has always the same name and price. Pure."""

from functools import lru_cache
from itertools import islice

FIRST_ITEMS = 100
"""Numbers 1 to this are sold until the shop is seeded."""
MOST_ITEMS = 100_000
_COLOURS = ("red", "green", "blue", "black", "white", "grey", "brown", "yellow")
_THINGS = ("shoe", "hat", "coat", "shirt", "scarf", "glove", "bag", "belt", "sock")
_KINDS = len(_COLOURS) * len(_THINGS)
_MOST_FOUND = 10


def name_of(item: int) -> str:
    """A colour and a thing; the names come round again after 72 numbers."""
    return f"{_COLOURS[item % len(_COLOURS)]} {_THINGS[item % len(_THINGS)]}"


def price_of(item: int) -> int:
    """From 5 to 99, in EUR."""
    return 5 + item * 37 % 95


@lru_cache(maxsize=1024)
def find(text: str, items: int) -> tuple[int, ...]:
    """The first ten of the numbers 1 to `items` whose names have `text` in them."""
    text = text.lower()
    numbers = range(1, min(items, _KINDS * _MOST_FOUND) + 1)
    return tuple(islice((item for item in numbers if text in name_of(item)), _MOST_FOUND))
