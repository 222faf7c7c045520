"""Text with `${name}` places that are filled anew for every request."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from random import Random

from loadgen.plan.encodings import Encode, as_it_is, encode_path, percent
from loadgen.plan.jobs.http import Variable
from loadgen.workloads.traces import trace_ids

Source = Callable[[], object]

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
        case "trace":
            return trace_ids()


def _uuid4(number: int) -> str:
    """A random UUID of 128 random bits (RFC 9562, version 4): as uuid.UUID would print it, in a third of the time."""
    text = f"{number & ~_UUID_FIXED | _UUID_VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Sources:
    """What gives the values of a script's variables, each written for the place where it stands."""

    def __init__(self, variables: Iterable[Variable], seed: int, worker: int, workers: int) -> None:
        self._variables = {variable.name: variable for variable in variables}
        self._sources = {name: value_source(item, seed, worker, workers) for name, item in self._variables.items()}

    def at(self, name: str, encode: Encode) -> Source | None:
        """A function that gives the next value as `encode` writes it; None for a name that is no variable."""
        if (source := self._sources.get(name)) is None:
            return None
        variable = self._variables[name]
        if variable.kind != "choice":  # digits and letters are the same everywhere
            return source
        if encode is percent and variable.encoded:
            encode = encode_path
        written: dict[object, str] = {value: encode(str(value)) for value in variable.values}
        return source if all(str(value) == text for value, text in written.items()) else lambda: written[source()]


class Template:
    """A text that is rendered by `%`; `constant` says that it has no places and renders to itself.

    `source_at` gives what fills the place of a name, `encoders` what writes each value between the literal texts: by
    default as it is.
    """

    __slots__ = ("_format", "_sources", "constant", "text")

    def __init__(
        self,
        text: str,
        source_at: Callable[[str, Encode], Source | None],
        encoders: Callable[[Sequence[str]], list[Encode]] = lambda literals: [as_it_is] * (len(literals) - 1),
    ) -> None:
        literals, names = (pieces := _PLACE.split(text))[::2], pieces[1::2]
        found = [source_at(name, encode) for name, encode in zip(names, encoders(literals), strict=True)]
        self._sources = tuple(source for source in found if source)
        self.text = text
        self.constant = not self._sources
        places = ["%s" if source else f"${{{name}}}" for name, source in zip(names, found, strict=True)]
        literals = [literal.replace("%", "%%") for literal in literals]
        self._format = "".join(chain.from_iterable(zip(literals, [*places, ""], strict=True)))

    def render(self) -> str:
        if self.constant:
            return self.text
        if len(self._sources) == 1:
            return self._format % (self._sources[0](),)
        return self._format % tuple([source() for source in self._sources])
