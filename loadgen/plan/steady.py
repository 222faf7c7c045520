"""When a run has become steady: `5% over 10s`."""

from loadgen.base.dataclass import dataclass
from loadgen.base.pattern import pattern
from loadgen.base.units import format_duration_s, parse_duration_s, parse_percent, shown

STRETCHES = 5
"""Parts of the time that is looked at: with fewer a slow swing is not seen, with more a part is too short for its rate
to be told from chance."""
DEFAULT_OVER_S = 10
LONGEST_S = 300.0
"""A run that is given no end of its own ends then at the latest."""
_RULE = pattern(r"([0-9.]+\s*%)(?:\s+over\s+(\S+))?")


@dataclass(frozen=True, slots=True)
class Steady:
    """The last `over_s` seconds are cut into five stretches: what each comes to lies within `share` of their mean."""

    share: float
    over_s: int = DEFAULT_OVER_S

    @property
    def text(self) -> str:
        """As a person reads it."""
        return f"{self.share * 100:g}% over {self.over_s}s"


def parse_steady(value: object) -> Steady:
    """The rule of a text. Raises ValueError."""
    match = _RULE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a share of the rate such as '5%' or '5% over 10s', got {shown(value)}")
    share, over_s = parse_percent(match[1]), parse_duration_s(match[2] or DEFAULT_OVER_S)
    if not 0 < share < 1:
        raise ValueError(f"expected a share between 0 % and 100 %, got {shown(value)}")
    if over_s < STRETCHES or over_s % STRETCHES:
        raise ValueError(f"over: expected 5s, 10s, 15s or another multiple of 5s, got {format_duration_s(over_s)}")
    return Steady(share, int(over_s))
