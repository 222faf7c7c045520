"""What a server does over its connections, drawn from a seed."""

from dataclasses import dataclass
from enum import Enum
from random import Random

from tests.chaos.answers import HOSTILE, WHOLE, Answer, whole


class Opening(Enum):
    """What a server does with a connection before it reads a request; those of TLS instead of a handshake."""

    SERVE = "serve"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"
    SPEAK_FIRST = "speak first"
    HALF_CLOSE = "half close"
    HELLO_CUT = "hello cut"
    HELLO_RESET = "hello reset"
    HELLO_STALL = "hello stall"
    PLAIN = "plain"
    GARBAGE = "garbage"


PLAIN_OPENINGS = (Opening.CLOSE, Opening.RESET, Opening.STALL, Opening.SPEAK_FIRST, Opening.HALF_CLOSE)
TLS_OPENINGS = (*Opening,)[1:]


@dataclass(frozen=True)
class Script:
    """What a server says, drawn from a seed: the same for the nth request of the mth connection.

    `hostile` are the kinds of answers of which a `share` of the requests gets one; `openings` are what a share of the
    connections meets; the first `good_first` requests of all get a good answer.
    """

    seed: str
    hostile: tuple[str, ...] = ()
    share: float = 0.0
    openings: tuple[Opening, ...] = ()
    opening_share: float = 0.0
    good_first: int = 0

    @property
    def is_good(self) -> bool:
        """Whether every request gets a good answer."""
        return not self.hostile and not self.openings

    def opening(self, connection: int) -> Opening:
        """What the connection meets."""
        rng = Random(f"{self.seed}/{connection}")
        return rng.choice(self.openings) if self.openings and rng.random() < self.opening_share else Opening.SERVE

    def answer(self, connection: int, number: int, method: str) -> Answer:
        """What the connection's request of this number gets."""
        rng = Random(f"{self.seed}/{connection}/{number}")
        kind = rng.choice(self.hostile) if self.hostile and rng.random() < self.share else WHOLE
        return whole(rng, method) if kind == WHOLE else HOSTILE[kind](rng, method)

    def does(self, connection: int, number: int) -> bool:
        """Whether a request that gets no good answer is obeyed all the same."""
        return Random(f"{self.seed}/{connection}/{number}/does").random() < 0.5
