"""What every sink is."""

from loadgen.observe.export.events import Began, Ended, Interval, State


class Sink:
    """Where figures go, on a thread of its own. What it raises loses what it was given, and no more.

    It is made before the run begins: an OSError of its making is the user's to mend. `info` is then what the user wants
    to know of it, if anything. Of a run it is told the beginning, seconds with states in between, the rest, the end.
    """

    info = ""

    def began(self, run: Began) -> None:
        """A run begins."""

    def state(self, state: State) -> None:
        """How the run is: once a second."""

    def interval(self, interval: Interval) -> None:
        """What ended in a second, or the rest."""

    def requests(self, lines: str) -> None:
        """Lines of the log of requests."""

    def ended(self, end: Ended) -> None:
        """The run is over."""

    def close(self) -> None:
        """No run follows."""
