"""One of the slowest requests of a name, with what may explain it."""

from collections.abc import Iterable
from operator import attrgetter

from loadgen.base.dataclass import dataclass

MOST = 10
"""Of each name."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One request. `due_us` is in microseconds of the epoch; `reused` None where it is not known of its connection.

    `server_timing` is what the reply's header of this name says; `trace` is the trace id that the request had, or the
    reply. `status` is 0 without a reply.
    """

    due_us: int
    response_us: int
    lag_us: int
    user: int
    reused: bool | None
    status: int
    received: int
    error: str = ""
    server_timing: str = ""
    trace: str = ""


def slowest_of(rows: Iterable[Exemplar]) -> list[Exemplar]:
    """The slowest ones, the slowest first."""
    return sorted(rows, key=attrgetter("response_us"), reverse=True)[:MOST]
