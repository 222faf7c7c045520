"""Text with `${name}` places that are filled anew for every request."""

import re
from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from uuid import UUID

from loadgen.plan.plan import Variable

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
            return lambda: UUID(int=random.getrandbits(128), version=4)


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
        return self.text if self.constant else self._format % tuple([source() for source in self._sources])
