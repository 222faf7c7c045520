"""A slice of a run, longer than a second."""

from loadgen.base.dataclass import dataclass

MOST_BLOCKS = 60
"""Of one run: longer ones have longer blocks."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some seconds with their whole response histogram (base64 HdrHistogram V2)."""

    t_s: float = 0.0
    duration_s: float = 0.0
    ok: int = 0
    failed: int = 0
    response: str = ""
