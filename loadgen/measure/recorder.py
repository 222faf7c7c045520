"""Recorder: where one worker writes what happened. One writer, no lock; a sample is one append to a list."""

from collections.abc import Callable
from dataclasses import replace
from operator import add
from typing import TYPE_CHECKING

from loadgen.base.clock import now_ns
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import ConnectionCounts, RequestGroup
from loadgen.base.reply import Reply
from loadgen.measure.histogram import Histogram
from loadgen.measure.names import Names
from loadgen.measure.recording import CENSORED, ErrorCount, Recording, Tally
from loadgen.measure.reply_hints import first_reply, location, telling, why_bad
from loadgen.measure.transactions import Transactions

if TYPE_CHECKING:
    from loadgen.measure.request_log import RequestLog
    from loadgen.measure.slowest import Slowest

EXAMPLE_BYTES = 200


class ReplySamples:
    """Complete replies of one request name, status and verdict, until they are folded.

    `samples` are service times in ns; `lags` are send lags, one for each sample or none at all. `first_bytes` are times
    to the first byte of the reply, by the sample's index, where they are less than all of it. Bytes are counted by runs
    of equal length: `size` and `payload` hold for all samples from index `sized` on.
    """

    __slots__ = (
        "error", "first_bytes", "lags", "moved", "name_id", "payload", "received", "samples", "size", "sized", "status",
    )  # fmt: skip

    def __init__(self, name_id: int, status: int, error: ErrorClass | None) -> None:
        self.name_id = name_id
        self.status = status
        self.error = error
        self.samples: list[int] = []
        self.lags: list[int] = []
        self.first_bytes: dict[int, int] = {}
        self.size = 0
        self.payload = 0
        self.sized = 0
        self.received = 0
        self.moved = 0

    def add(self, service_ns: int, size: int, payload: int = 0) -> None:
        """One more reply of `size` bytes on the wire, which means that `payload` bytes of data were moved if good."""
        if size != self.size or payload != self.payload:
            self.resize(size, payload)
        self.samples.append(service_ns)

    def resize(self, size: int, payload: int | None = None) -> None:
        """From here on replies are `size` bytes long, also those appended straight to `samples`; None: mean as much."""
        count = len(self.samples)
        since = count - self.sized
        self.received += since * self.size
        self.moved += since * self.payload
        self.sized, self.size = count, size
        if payload is not None:
            self.payload = payload


class Recorder:
    """The samples and sums of one worker since the last `take`.

    `redact` cleans the text of examples. `paced` says that send
    lag is measured; without it response equals service and only service is kept. `phases`: also keep first bytes.
    `names` are those of name ids, and may grow. `transactions` is for the workload to write in.
    """

    def __init__(
        self,
        redact: Callable[[bytes], str],
        *,
        paced: bool,
        phases: bool = False,
        names: Names | None = None,
        clock: Callable[[], int] = now_ns,
    ) -> None:
        self.names = names or Names()
        self.connections = ConnectionCounts()
        self._ok = 0
        self._failed = 0
        self.paced = paced
        self.transactions = Transactions(clock, names=self.names, redact=redact, paced=paced)
        self._phases = phases
        self._redact = redact
        self._replies: dict[tuple[int, int, ErrorClass | None, RequestGroup | None], ReplySamples] = {}
        self._recording = Recording()
        self.batches_ns: list[int] = []
        self.log: RequestLog | None = None
        """Where single requests are written down, if they are."""
        self.slowest: Slowest | None = None
        """Where the slowest are kept, if they are."""

    @property
    def judged(self) -> tuple[int, int]:
        """Good replies, and failures that are the target's fault, since the beginning, folded or not; without those of
        requests that prepare.
        """
        ok, failed, setups = self._ok, self._failed, self.names.setups
        for replies in self._replies.values():
            if replies.name_id in setups:
                continue
            if replies.error is None:
                ok += len(replies.samples)
            elif replies.error.fault == "target":
                failed += len(replies.samples)
        return ok, failed

    def replies(
        self, name_id: int, status: int, error: ErrorClass | None, group: RequestGroup | None = None
    ) -> ReplySamples:
        """Where replies of this kind go; keep it while replies stay of the same kind. Runs of equal length are those of
        a group: several may have the same name."""
        key = (name_id, status, error, group)
        replies = self._replies.get(key)
        if replies is None:
            replies = self._replies[key] = ReplySamples(name_id, status, error)
        return replies

    def note_sent_bytes(self, name_id: int, count: int) -> None:
        """Count bytes written for requests of this name."""
        self._recording.tally(name_id).bytes_sent += count

    def note_received_bytes(self, name_id: int, count: int) -> None:
        """Count bytes of replies that are not counted by their replies."""
        self._recording.tally(name_id).bytes_received += count

    def note_payload(self, name_id: int, count: int) -> None:
        """Count bytes of the application's data that a good reply means were moved."""
        self._recording.tally(name_id).payload += count

    def note_example(self, name_id: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """Keep the first example of a bad reply; its count comes from its replies."""
        errors = self._recording.tally(name_id).errors
        if error not in errors:
            example = self._redact(telling(head)[:EXAMPLE_BYTES]) if head else ""
            message = self._redact(detail.encode("utf-8", "replace")) if detail else error.text
            more = why_bad(error, head)
            errors[error] = ErrorCount(0, f"{message}; {more}" if more else message, example)

    def note_redirect(self, name_id: int, head: bytes) -> None:
        """Keep where the first good reply that is a redirect leads."""
        tally = self._recording.tally(name_id)
        tally.redirects_to = tally.redirects_to or self._redact(location(head))

    def note_parts(self, name_id: int, first_ns: int, gaps_ns: list[int]) -> None:
        """Keep the times of the parts of a good reply."""
        tally = self._recording.tally(name_id)
        tally.clock("first").add(first_ns // 1000)
        tally.clock("gap").add_ns(gaps_ns)

    def note_first(self, name_id: int, reply: Reply) -> None:
        """Keep what the first reply is like."""
        tally = self._recording.tally(name_id)
        if tally.first_reply is None:
            first = first_reply(reply)
            tally.first_reply = replace(first, server=self._redact(first.server.encode())) if first.server else first

    def note_code(self, name_id: int, code: str) -> None:
        """Count an error code of the application."""
        codes = self._recording.tally(name_id).codes
        shown = code if code in codes else self._redact(code.encode("utf-8", "replace"))
        codes[shown] = codes.get(shown, 0) + 1

    def lose(self, name_id: int, error: ErrorClass, service_ns: int, lag_ns: int, detail: str, head: bytes) -> None:
        """A request that ended without a complete reply.

        Timeouts and cut requests enter as lower bounds of all clocks they ran on; other failures are only counted.
        """
        tally = self._recording.tally(name_id)
        self.note_example(name_id, error, detail, head)
        tally.errors[error].count += 1
        if error is ErrorClass.CUT:
            tally.unknown += 1
        else:
            tally.failed += 1
            if error.fault == "target" and name_id not in self.names.setups:
                self._failed += 1
        if error in (ErrorClass.CUT, ErrorClass.TIMEOUT):
            tally.clock("service" + CENSORED).add(service_ns // 1000)
            if self.paced:
                tally.clock("response" + CENSORED).add((service_ns + lag_ns) // 1000)
                tally.clock("send_lag").add(lag_ns // 1000)

    def never_sent(self, name_id: int, waited_ns: int) -> None:
        """An arrival that was due and not sent: a lower bound of response time and send lag."""
        tally = self._recording.tally(name_id)
        for clock in ("response", "send_lag"):
            tally.clock(clock + CENSORED).add(waited_ns // 1000)

    def fold(self) -> None:
        """Move all samples into counts: about 0.1 us a sample."""
        for replies in self._replies.values():
            if replies.samples:
                self._fold(replies)
        self.transactions.fold(self._recording)
        if self.batches_ns:
            self._recording.loop_lag.add_ns(self.batches_ns)
            self.batches_ns.clear()

    def _fold(self, replies: ReplySamples) -> None:
        samples, lags = replies.samples, replies.lags
        count = len(samples)
        tally, judged = self._recording.tally(replies.name_id), count
        if replies.name_id in self.names.setups:
            judged = 0
        replies.resize(replies.size, replies.payload)
        tally.bytes_received += replies.received
        tally.statuses[replies.status] = tally.statuses.get(replies.status, 0) + count
        if replies.error is None:
            tally.ok += count
            tally.payload += replies.moved
            self._ok += judged
            tally.clock("service").add_ns(samples)
            if lags:
                tally.clock("send_lag").add_ns(lags)
                tally.clock("response").add_ns(list(map(add, samples, lags)))
                lags.clear()
            if self._phases:
                self._fold_phases(tally, samples, replies.first_bytes)
        else:
            tally.failed += count
            if replies.error.fault == "target":
                self._failed += judged
            tally.errors.setdefault(replies.error, ErrorCount(0, replies.error.text)).count += count
            tally.clock("failed").add_ns(samples)
            lags.clear()
        replies.received = replies.moved = replies.sized = 0
        replies.first_bytes.clear()
        samples.clear()

    @staticmethod
    def _fold_phases(tally: Tally, samples: list[int], first_bytes: dict[int, int]) -> None:
        firsts = samples
        if first_bytes:
            firsts = samples.copy()
            for index, first_ns in first_bytes.items():
                firsts[index] = first_ns
            tally.clock("transfer").add_ns([samples[index] - first_ns for index, first_ns in first_bytes.items()])
        tally.clock("first_byte").add_ns(firsts)
        if len(first_bytes) < len(samples):
            tally.clock("transfer").add(0, len(samples) - len(first_bytes))

    def take(self, *, last: bool = False) -> Recording:
        """All that came since the last `take`, folded; the recorder starts again from nothing.

        `last`: the users are finished, so that no transaction under way will end.
        """
        self.fold()
        taken = self._recording
        self.transactions.take(taken, last=last)
        taken.names = self.names.new()
        if self.log is not None:
            taken.log, taken.log_lost = self.log.take()
        if self.slowest is not None:
            taken.slowest = self.slowest.take()
        if self.names.wholes:
            taken.add_up_parts(self.names.wholes)
        taken.connections.move_from(self.connections)
        for phase, times_ns in (("connect", taken.connections.connect_ns), ("tls", taken.connections.tls_ns)):
            if times_ns:
                taken.opening.setdefault(phase, Histogram()).add_ns(times_ns)
                times_ns.clear()
        self._recording = Recording()
        return taken
