"""Text with `${name}` places that are filled anew for every request."""

import re
from collections.abc import Callable, Mapping
from itertools import count
from random import Random

from loadgen.plan.jobs.http import Variable

_UUID_FIXED = 0xF << 76 | 0x3 << 62
_UUID_VERSION_4 = 0x4 << 76 | 0x2 << 62
_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def value_source(variable: Variable, seed: int, worker: int, workers: int) -> Callable[[], object]:
    """A function that gives the variable's next value. Workers draw from their own random stream."""
    random = Random(f"{seed}/{variable.name}")
    match variable.kind:
        case "random":
            low, high = (int(value) for value in variable.values)
            draw, span = random.random, high - low + 1
            return lambda: low + int(draw() * span)
        case "sequence":
            return count(int(variable.values[0]) + worker, workers).__next__
        case "choice":
            values = variable.values
            draw_one = random.random
            return lambda: values[int(draw_one() * len(values))]
        case "uuid":
            bits = random.getrandbits
            return lambda: _uuid4(bits(128))


def _uuid4(number: int) -> str:
    """A random UUID of 128 random bits (RFC 9562, version 4): as uuid.UUID would print it, in a third of the time."""
    text = f"{number & ~_UUID_FIXED | _UUID_VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Template:
    """A text that is rendered by `%`; `constant` says that it has no places and renders to itself."""

    __slots__ = ("_format", "_sources", "constant", "text")

    def __init__(self, text: str, sources: Mapping[str, Callable[[], object]]) -> None:
        pieces = _PLACE.split(text)
        names = [name for name in pieces[1::2] if name in sources]
        self.text = text
        self.constant = not names
        self._sources = tuple(sources[name] for name in names)
        self._format = "".join(
            piece.replace("%", "%%") if index % 2 == 0 else ("%s" if piece in sources else f"${{{piece}}}")
            for index, piece in enumerate(pieces)
        )

    def render(self) -> str:
        """The text with fresh values."""
        if self.constant:
            return self.text
        if len(self._sources) == 1:
            return self._format % (self._sources[0](),)
        return self._format % tuple([source() for source in self._sources])
