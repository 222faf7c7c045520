"""SampleBuffer: what one user saw, written by the user's thread and drained by another. No locks.

Every hand-over is one atomic list operation, or a total that only grows.
"""

from collections import defaultdict
from typing import TypeVar

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import RequestGroup
from loadgen.base.reply import Reply
from loadgen.measure.recorder import Recorder

T = TypeVar("T")


class BufferedReplies:
    """Latencies of complete replies of one kind. A lag and a first byte are appended before their sample."""

    __slots__ = ("error", "first_bytes", "lags", "name_id", "samples", "status")

    def __init__(self, name_id: int, status: int, error: ErrorClass | None) -> None:
        self.name_id = name_id
        self.status = status
        self.error = error
        self.samples: list[int] = []
        self.lags: list[int] = []
        self.first_bytes: list[int] = []


class SampleBuffer:
    """Bytes are totals by name id; `sent` is how many requests were begun.

    `last_reply` is the last good Reply, and `last` the kind it went to: the same object again needs no judging.
    """

    __slots__ = (
        "_by_kind", "_drained_payload", "_drained_received", "_drained_sent", "all_replies", "codes", "examples",
        "firsts", "last", "last_reply", "losses", "parts", "payload", "received", "redirects", "sent", "sent_bytes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sent = 0
        self.sent_bytes: defaultdict[int, int] = defaultdict(int)
        self.received: defaultdict[int, int] = defaultdict(int)
        self.payload: defaultdict[int, int] = defaultdict(int)
        self.all_replies: list[BufferedReplies] = []
        self.losses: list[tuple[int, ErrorClass, int, int, str, bytes]] = []
        self.examples: list[tuple[int, ErrorClass, str, bytes]] = []
        self.codes: list[tuple[int, str]] = []
        self.redirects: list[tuple[int, bytes]] = []
        self.parts: list[tuple[int, int, list[int]]] = []
        self.firsts: list[tuple[int, Reply]] = []
        self.last_reply: Reply | None = None
        self.last = BufferedReplies(0, 0, None)
        self._by_kind: dict[tuple[int, int, ErrorClass | None], BufferedReplies] = {}
        self._drained_sent: defaultdict[int, int] = defaultdict(int)
        self._drained_received: defaultdict[int, int] = defaultdict(int)
        self._drained_payload: defaultdict[int, int] = defaultdict(int)

    # The writer.

    def replies(
        self, name_id: int, status: int, error: ErrorClass | None, _group: RequestGroup | None = None
    ) -> BufferedReplies:
        """Where replies of this kind go."""
        key = (name_id, status, error)
        replies = self._by_kind.get(key)
        if replies is None:
            replies = self._by_kind[key] = BufferedReplies(name_id, status, error)
            self.all_replies.append(replies)
        return replies

    def note_code(self, name_id: int, code: str) -> None:
        """An error code of the application."""
        self.codes.append((name_id, code))

    def note_parts(self, name_id: int, first_ns: int, gaps_ns: list[int]) -> None:
        """The times of the parts of a good reply."""
        self.parts.append((name_id, first_ns, gaps_ns))

    def note_example(self, name_id: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """A bad reply."""
        self.examples.append((name_id, error, detail, head))

    def note_redirect(self, name_id: int, head: bytes) -> None:
        """A good reply with a Location."""
        self.redirects.append((name_id, head))

    def note_first(self, name_id: int, reply: Reply) -> None:
        """A reply that may be the first."""
        self.firsts.append((name_id, reply))

    def lose(self, name_id: int, error: ErrorClass, service_ns: int, lag_ns: int, detail: str, head: bytes) -> None:
        """A request that ended without a complete reply."""
        self.losses.append((name_id, error, service_ns, lag_ns, detail, head))

    # The reader.

    def drain(self, recorder: Recorder) -> None:
        for buffered in self.all_replies:
            count = len(buffered.samples)
            if count:
                replies = recorder.replies(buffered.name_id, buffered.status, buffered.error)
                if buffered.first_bytes:
                    replies.first_bytes.update(enumerate(buffered.first_bytes[:count], len(replies.samples)))
                    del buffered.first_bytes[:count]
                replies.samples += buffered.samples[:count]
                del buffered.samples[:count]
                if buffered.lags:
                    replies.lags += buffered.lags[:count]
                    del buffered.lags[:count]
        for totals, drained, note in (
            (self.received, self._drained_received, recorder.note_received_bytes),
            (self.sent_bytes, self._drained_sent, recorder.note_sent_bytes),
            (self.payload, self._drained_payload, recorder.note_payload),
        ):
            for name_id, total in list(totals.items()):
                if total != drained[name_id]:
                    note(name_id, total - drained[name_id])
                    drained[name_id] = total
        for example in _taken(self.examples):
            recorder.note_example(*example)
        for redirect in _taken(self.redirects):
            recorder.note_redirect(*redirect)
        for first in _taken(self.firsts):
            recorder.note_first(*first)
        for code in _taken(self.codes):
            recorder.note_code(*code)
        for parts in _taken(self.parts):
            recorder.note_parts(*parts)
        for loss in _taken(self.losses):
            recorder.lose(*loss)


def _taken(items: list[T]) -> list[T]:
    taken = items[: len(items)]
    del items[: len(taken)]
    return taken
