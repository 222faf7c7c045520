"""`${ID:random:1..1000}` in a URL, a header or a body of the command line: a variable where it stands.

Kinds are those of a profile: `random:1..1000`, `sequence:1`, `choice:red|blue` and `uuid`. `${ID}` elsewhere is the
same variable; a value is new at each place.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.pattern import pattern
from loadgen.base.units import shown
from loadgen.plan.jobs.http import Variable
from loadgen.plan.places import NAME_TEXT
from loadgen.plan.profiles.values import PER_REQUEST, changing

_PLACE = pattern(rf"\$\{{({NAME_TEXT}):({'|'.join(PER_REQUEST)})(?::([^}}]*))?\}}")
_RANGE = pattern(r"(-?[0-9]{1,18})\.\.(-?[0-9]{1,18})")


@dataclass(slots=True)
class InlineVariables:
    """Those of one command line. `found` are by name."""

    found: dict[str, Variable] = field(default_factory=dict)

    def taken_from(self, text: str) -> str:
        """The text with names alone. Raises ValueError for one that is wrong, or that is two things."""
        return _PLACE.sub(self._take, text)

    def taken_from_flags(self, flags: Mapping[str, object]) -> dict[str, object]:
        """The same of the headers and the body among flags."""
        taken: dict[str, Any] = dict(flags)
        if isinstance(headers := taken.get("headers"), list | tuple):
            taken["headers"] = [self.taken_from(str(line)) for line in headers]
        match taken.get("body"):
            case str(text):
                taken["body"] = self.taken_from(text)
            case bytes(data) if b"${" in data:
                text = data.decode("utf-8", "surrogateescape")
                taken["body"] = self.taken_from(text).encode("utf-8", "surrogateescape")
        return taken

    def _take(self, match: re.Match[str]) -> str:
        name, kind, given = match[1], match[2], match[3] or ""
        made = changing(name, kind, _value(kind, given))
        if self.found.setdefault(name, made) != made:
            raise ValueError(f"${{{name}}} is said in two ways")
        return f"${{{name}}}"


def _value(kind: str, given: str) -> Any:
    """What a profile would have for it."""
    match kind:
        case "random":
            ends = _RANGE.fullmatch(given)
            if ends is None or int(ends[1]) > int(ends[2]):
                raise ValueError(f"expected a range such as ${{ID:random:1..1000}}, got {shown(given)}")
            return [int(ends[1]), int(ends[2])]
        case "sequence":
            if not re.fullmatch(r"-?[0-9]{1,18}", given):
                raise ValueError(f"expected the first number such as ${{ID:sequence:1}}, got {shown(given)}")
            return int(given)
        case "choice":
            return given.split("|")
    return given in ("", "true")
