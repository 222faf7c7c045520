"""What is said while machines are not there yet."""

from threading import Event

from loadgen.cli.elsewhere import opened
from loadgen.executors.places.machines.fleet import Where


class Slow:
    """Opens once it was said that somebody waits; at once where nobody is to say it."""

    def __init__(self, where: Where, said: Event | None) -> None:
        self.cluster, self.machines, self.commands = where.cluster, where.machines, where.commands
        self._said = said

    def open(self) -> str:
        assert self._said is None or self._said.wait(30)
        return "a fleet"


def said_of(where: Where) -> str:
    said, texts = Event(), []

    def say(text: str) -> None:
        texts.append(text)
        said.set()

    assert opened(Slow(where, said), say, 0.0) == "a fleet"
    (text,) = texts
    return text


def test_what_is_waited_for_is_said_where_it_takes_a_while() -> None:
    assert said_of(Where(cluster="tls://h:1", machines=10)).startswith(
        "loadgen: waiting for 10 machines of tls://h:1; "
    )
    assert "waiting for the machines of tls://h:1" in said_of(Where(cluster="tls://h:1"))
    assert "waiting for 1 machine;" in said_of(Where(("ssh a",)))


def test_of_machines_that_are_there_nothing_is_said() -> None:
    texts: list[str] = []
    assert opened(Slow(Where(("ssh a",)), None), texts.append) == "a fleet"
    assert texts == []
