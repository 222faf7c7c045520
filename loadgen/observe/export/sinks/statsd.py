"""StatsD packets with tags as DogStatsD has them: counters, and percentiles of each second as gauges.

The gauges are figures of ours: whoever averages or ranks them once more has figures of nothing.
"""

import socket
from collections.abc import Iterator

from loadgen.base.address import host_and_port
from loadgen.observe.export.events import Ended, Interval
from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.rows import CLOCKS, COUNTS, STATISTICS, VALUE_STATISTICS, rows_of, value_rows_of

PACKET_BYTES = 1432
"""What fits into a packet on any network."""


class Statsd(Sink):
    """`where` is host and port; one that takes nothing is noticed only where its machine says so."""

    def __init__(self, where: str) -> None:
        family, kind, _, _, at = socket.getaddrinfo(*host_and_port(where), type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, kind)
        self._socket.connect(at)

    def interval(self, interval: Interval) -> None:
        self._send(_lines(interval))

    def ended(self, end: Ended) -> None:
        rows = end.result.thresholds
        lines = [f"loadgen.threshold.met:{int(row.verdict == 'pass')}|g{_tags(expr=row.expr)}" for row in rows]
        self._send(iter([*lines, f"loadgen.valid:{int(end.result.generator.verdict == 'valid')}|g"]))

    def close(self) -> None:
        self._socket.close()

    def _send(self, lines: Iterator[str]) -> None:
        packet = b""
        for line in lines:
            more = line.encode()
            if packet and len(packet) + 1 + len(more) > PACKET_BYTES:
                self._socket.send(packet)
                packet = b""
            packet = packet + b"\n" + more if packet else more
        if packet:
            self._socket.send(packet)


def _lines(interval: Interval) -> Iterator[str]:
    yield f"loadgen.users:{interval.users}|g"
    for row in rows_of(interval):
        noun = f"{row['group']}s"
        for count in COUNTS:
            if row[count]:
                yield f"loadgen.{noun}.{count}:{row[count]}|c{_tags(name=row['name'])}"
        if interval.rest:
            continue  # its percentiles are of no second
        prefix = "" if row["group"] == "request" else "transactions."
        for clock in CLOCKS:
            for statistic in STATISTICS:
                value = row[f"{clock}_{statistic}_ms"]
                if value is not None:
                    yield f"loadgen.{prefix}{clock}_ms.{statistic}:{value:.10g}|g{_tags(name=row['name'])}"
    for row in value_rows_of(interval):
        yield f"loadgen.value.count:{row['value_count']}|c{_tags(metric=row['name'])}"
        for statistic in VALUE_STATISTICS[1:] if not interval.rest else ():
            if (value := row[f"value_{statistic}"]) is not None:
                yield f"loadgen.value.{statistic}:{value:.10g}|g{_tags(metric=row['name'])}"


def _tags(**tags: str) -> str:
    return "|#" + ",".join(f"{key}:{_clean(text)}" for key, text in tags.items())


def _clean(text: str) -> str:
    return "".join("_" if char in ",|#\n\r" else char for char in text)
