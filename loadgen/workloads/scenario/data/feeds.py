"""Which user gets which row: each user its own, each row once, in order, or at random; over all processes together."""

from hashlib import blake2b
from itertools import cycle
from threading import Lock
from typing import Protocol

from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.plan.jobs.scenario import FeedSpec
from loadgen.workloads.scenario.data.feed_files import Row, Rows, read_rows

_MASK = (1 << 64) - 1
_MULTIPLIER = 6364136223846793005


class FeedEndedError(Exception):
    """A shard has given out every row that goes once: it begins no more journeys."""


class Feed(Protocol):
    """One shard's part of a feed; several threads may ask it."""

    def row(self, user: int) -> Row:
        """The next row for the user of that number among all users. Raises FeedEndedError."""


def check_feed(spec: FeedSpec, rows: int, users: int, journeys: int | None) -> None:
    """Raises UsageError where the rows are too few for the users, or for the planned journeys if they are known."""
    if spec.pick == "own" and rows < users:
        needed, remedy = (
            f"{counted(users, 'user')}, each with a row of its own",
            f"have at most {counted(rows, 'user')}",
        )
    elif spec.pick == "once" and journeys is not None and rows < journeys:
        needed, remedy = (
            f"{counted(journeys, 'journey')}, each with a row that goes once",
            f"plan at most {counted(rows, 'journey')}",
        )
    else:
        return
    raise UsageError(f"feed {spec.name}: {spec.file}: only {counted(rows, 'row')} for {needed}: add rows, or {remedy}")


def open_feed(spec: FeedSpec, index: int, count: int, users: int, seed: int) -> Feed:
    """The part of the shard number `index` of `count`. Raises UsageError.

    Row i, from 0, belongs to shard i mod `count`, as user i does. At random every user may get any row: those that the
    seed and its number say, whatever the shards are. In order, shards share the rows where there are too few for each.
    """
    match spec.pick:
        case "own":
            return _Own(spec, read_rows(spec, lambda row: row % count == index, users), count)
        case "once":
            return _Once(spec, read_rows(spec, lambda row: row % count == index))
        case "order":
            rows = read_rows(spec, lambda row: row % count == index)
            if rows:
                return _InOrder(rows, 0)
            rows = read_rows(spec, lambda _row: True)
            return _InOrder(rows, index % len(rows))
        case "random":
            return _AtRandom(spec, read_rows(spec, lambda _row: True), seed)


class _Own:
    def __init__(self, spec: FeedSpec, rows: Rows, shards: int) -> None:
        self._spec = spec
        self._rows = rows
        self._shards = shards

    def row(self, user: int) -> Row:
        try:
            return self._rows[user // self._shards]
        except IndexError:
            raise FeedEndedError(f"feed {self._spec.name}: {self._spec.file} has no row for user {user}") from None


class _Once:
    def __init__(self, spec: FeedSpec, rows: Rows) -> None:
        self._spec = spec
        self._rows = rows
        self._numbers = iter(range(len(rows)))
        self._lock = Lock()

    def row(self, user: int) -> Row:
        del user
        with self._lock:
            number = next(self._numbers, None)
        if number is None:
            raise FeedEndedError(f"feed {self._spec.name}: every row of {self._spec.file} has been used")
        return self._rows[number]


class _InOrder:
    def __init__(self, rows: Rows, first: int) -> None:
        self._rows = rows
        self._numbers = cycle([*range(first, len(rows)), *range(first)])
        self._lock = Lock()

    def row(self, user: int) -> Row:
        del user
        with self._lock:
            number = next(self._numbers)
        return self._rows[number]


class _AtRandom:
    """Each user draws from a stream of its own: a linear congruential generator, of which the upper half is used."""

    def __init__(self, spec: FeedSpec, rows: Rows, seed: int) -> None:
        self._rows = rows
        self._seed = f"{seed}/{spec.name}"
        self._states: dict[int, int] = {}

    def row(self, user: int) -> Row:
        if (state := self._states.get(user)) is None:
            digest = blake2b(f"{self._seed}/{user}".encode(), digest_size=8).digest()
            state = int.from_bytes(digest)
        self._states[user] = (state * _MULTIPLIER + 1) & _MASK
        return self._rows[(state >> 32) * len(self._rows) >> 32]
