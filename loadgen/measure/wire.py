"""Frames as bytes, for the pipe from a worker process: a length and a JSON object. Nothing is executed to read one.

And the seconds of a run as JSON objects, for those who look on from another process.
"""

import json
from dataclasses import asdict
from typing import IO, Any

from loadgen.base.exchange import ConnectionCounts, ErrorClass
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import ErrorCount, Frame, Recording, Tally, Usage

_PREFIX_BYTES = 4


def write_frame(stream: IO[bytes], frame: Frame) -> None:
    """Write one frame and flush."""
    data = json.dumps(_frame_out(frame), separators=(",", ":")).encode()
    stream.write(len(data).to_bytes(_PREFIX_BYTES, "big") + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """The next frame; None at the end of the stream, also in the middle of a frame (its writer was killed)."""
    prefix = stream.read(_PREFIX_BYTES)
    if len(prefix) < _PREFIX_BYTES:
        return None
    length = int.from_bytes(prefix, "big")
    data = stream.read(length)
    return _frame_in(json.loads(data)) if len(data) == length else None


def second_out(second: RunSecond) -> dict[str, Any]:
    """A second of a run as a JSON object."""
    return {
        "t_s": second.t_s,
        "users": second.users,
        "requests": {name: _tally_out(tally) for name, tally in second.requests.items()},
        "transactions": _tally_out(second.transactions),
        "connections": asdict(second.connections),
        "loop_lag": _counts_out(second.loop_lag),
    }


def second_in(data: dict[str, Any]) -> RunSecond:
    """The second that `second_out` made it of."""
    return RunSecond(
        data["t_s"],
        data["users"],
        {name: _tally_in(tally) for name, tally in data["requests"].items()},
        _tally_in(data["transactions"]),
        ConnectionCounts(**data["connections"]),
        _counts_in(data["loop_lag"]),
    )


def _frame_out(frame: Frame) -> dict[str, Any]:
    recording = frame.recording
    return {
        "worker": frame.worker,
        "second": frame.second,
        "elapsed_ns": frame.elapsed_ns,
        "window": frame.window,
        "usage": asdict(frame.usage) if frame.usage else None,
        "tallies": {name_id: _tally_out(tally) for name_id, tally in recording.tallies.items()},
        "connections": asdict(recording.connections),
        "loop_lag": _counts_out(recording.loop_lag),
        "opening": {phase: _counts_out(counts) for phase, counts in recording.opening.items()},
        "transactions": _tally_out(recording.transactions),
    }


def _frame_in(data: dict[str, Any]) -> Frame:
    recording = Recording(
        {int(name_id): _tally_in(tally) for name_id, tally in data["tallies"].items()},
        ConnectionCounts(**data["connections"]),
        _counts_in(data["loop_lag"]),
        {phase: _counts_in(counts) for phase, counts in data["opening"].items()},
        _tally_in(data["transactions"]),
    )
    usage = Usage(**data["usage"]) if data["usage"] else None
    return Frame(data["worker"], data["second"], data["elapsed_ns"], recording, data["window"], usage)


def _tally_out(tally: Tally) -> dict[str, Any]:
    return {
        "sums": [tally.ok, tally.failed, tally.unknown, tally.bytes_sent, tally.bytes_received, tally.payload],
        "statuses": list(tally.statuses.items()),
        "codes": tally.codes,
        "errors": [[error.value, item.count, item.message, item.example] for error, item in tally.errors.items()],
        "clocks": {name: _counts_out(counts) for name, counts in tally.clocks.items()},
        "redirects_to": tally.redirects_to,
    }


def _tally_in(data: dict[str, Any]) -> Tally:
    ok, failed, unknown, bytes_sent, bytes_received, payload = data["sums"]
    return Tally(
        ok,
        failed,
        unknown,
        bytes_sent,
        bytes_received,
        payload,
        dict(data["statuses"]),
        data["codes"],
        {ErrorClass(name): ErrorCount(*rest) for name, *rest in data["errors"]},
        {name: _counts_in(counts) for name, counts in data["clocks"].items()},
        data["redirects_to"],
    )


def _counts_out(counts: Histogram) -> list[Any]:
    return [counts.overflow, list(counts.buckets), list(counts.buckets.values())]


def _counts_in(data: list[Any]) -> Histogram:
    overflow, buckets, times = data
    return Histogram(zip(buckets, times, strict=True), overflow)
