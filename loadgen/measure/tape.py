"""Tape: what one user saw, written by the user's thread and drained by another. No locks.

Every hand-over is one atomic list operation, or a total that only grows.
"""

from typing import TypeVar

from loadgen.base.exchange import ErrorClass, Reply
from loadgen.measure.recorder import Recorder

T = TypeVar("T")


class Track:
    """Latencies of complete replies of one kind. A lag and a first byte are appended before their sample."""

    __slots__ = ("error", "first_bytes", "lags", "name_id", "samples", "status")

    def __init__(self, name_id: int, status: int, error: ErrorClass | None) -> None:
        self.name_id = name_id
        self.status = status
        self.error = error
        self.samples: list[int] = []
        self.lags: list[int] = []
        self.first_bytes: list[int] = []


class Tape:
    """`sent` is the number of requests started; bytes are totals by name id.

    `last_reply` is the last good Reply, and `last` the track it went to: the same object again needs no judging.
    """

    __slots__ = (
        "_drained_payload",
        "_drained_received",
        "_drained_sent",
        "_known",
        "codes",
        "examples",
        "last",
        "last_reply",
        "losses",
        "payload",
        "received",
        "sent",
        "sent_bytes",
        "tracks",
    )

    def __init__(self, names: int) -> None:
        self.sent = 0
        self.sent_bytes = [0] * names
        self.received = [0] * names
        self.payload = [0] * names
        self.tracks: list[Track] = []
        self.losses: list[tuple[int, ErrorClass, int, int, str, bytes]] = []
        self.examples: list[tuple[int, ErrorClass, str, bytes]] = []
        self.codes: list[tuple[int, str]] = []
        self.last_reply: Reply | None = None
        self.last = Track(0, 0, None)
        self._known: dict[tuple[int, int, ErrorClass | None], Track] = {}
        self._drained_sent = [0] * names
        self._drained_received = [0] * names
        self._drained_payload = [0] * names

    # The writer.

    def track(self, name_id: int, status: int, error: ErrorClass | None) -> Track:
        """Where replies of this kind go."""
        key = (name_id, status, error)
        track = self._known.get(key)
        if track is None:
            track = self._known[key] = Track(name_id, status, error)
            self.tracks.append(track)
        return track

    # The reader.

    def drain(self, recorder: Recorder) -> None:
        """Move everything to the recorder."""
        for track in self.tracks:
            count = len(track.samples)
            if count:
                series = recorder.series(track.name_id, track.status, track.error)
                if track.first_bytes:
                    series.first_bytes.update(enumerate(track.first_bytes[:count], len(series.samples)))
                    del track.first_bytes[:count]
                series.samples += track.samples[:count]
                del track.samples[:count]
                if track.lags:
                    series.lags += track.lags[:count]
                    del track.lags[:count]
        for name_id, total in enumerate(self.received):
            if total != self._drained_received[name_id]:
                recorder.note_received_bytes(name_id, total - self._drained_received[name_id])
                self._drained_received[name_id] = total
        for name_id, total in enumerate(self.sent_bytes):
            if total != self._drained_sent[name_id]:
                recorder.note_sent_bytes(name_id, total - self._drained_sent[name_id])
                self._drained_sent[name_id] = total
        for name_id, total in enumerate(self.payload):
            if total != self._drained_payload[name_id]:
                recorder.note_payload(name_id, total - self._drained_payload[name_id])
                self._drained_payload[name_id] = total
        for example in _taken(self.examples):
            recorder.note_example(*example)
        for code in _taken(self.codes):
            recorder.note_code(*code)
        for loss in _taken(self.losses):
            recorder.lose(*loss)


def _taken(items: list[T]) -> list[T]:
    taken = items[: len(items)]
    del items[: len(taken)]
    return taken
