"""What is said of a WebSocket that a step holds."""

from loadgen.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class WebSocketSpec:
    """`messages` are sent in turn, the next `every_s` after the last or when that is answered; once, or again and again
    for as long as it is held (`stay_s`). A message that holds `answer` counts as one; each message has `answers`, which
    are waited for. Messages may hold `${name}`.
    """

    messages: tuple[str, ...] = ()
    answer: str = ""
    answers: int = 1
    every_s: float = 0.0
    stay_s: float | None = None
    subprotocols: tuple[str, ...] = ()
    compress: bool = False
