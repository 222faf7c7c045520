import re
import socket

from loadgen.observe.export.sinks.statsd import PACKET_BYTES, Statsd
from tests.support.export import BEGAN, ENDED, interval, own_second, tally

LINE = re.compile(r"(?P<name>[a-z0-9._]+):(?P<value>[0-9.e+-]+)\|(?P<kind>[cg])(?:\|#(?P<tags>[^|]+))?")


def received(told: str) -> list[dict[str, str]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        sink = Statsd(f"127.0.0.1:{server.getsockname()[1]}")
        sink.began(BEGAN)
        match told:
            case "second":
                sink.interval(interval(0, **{f"a|b{number}": tally(1000, failed=1) for number in range(9)}))
            case "rest":
                sink.interval(interval(0, rest=True, a=tally(1000)))
            case "own":
                sink.interval(own_second())
            case "end":
                sink.ended(ENDED)
        lines: list[str] = []
        sink._send(iter(["last:1|c"]))
        while "last:1|c" not in lines:
            packet = server.recv(65536)
            assert len(packet) <= PACKET_BYTES
            lines += packet.decode().splitlines()
        sink.close()
    matches = [LINE.fullmatch(line) for line in lines[:-1]]
    assert all(matches), lines
    return [match.groupdict() for match in matches if match]


def test_counters_and_percentiles_of_a_second_with_tags() -> None:
    lines = received("second")
    of_first = {line["name"]: line for line in lines if line["tags"] == "name:a_b0"}
    assert (of_first["loadgen.requests.ok"]["value"], of_first["loadgen.requests.ok"]["kind"]) == ("1", "c")
    assert of_first["loadgen.requests.failed"]["value"] == "1"
    assert of_first["loadgen.response_ms.p99"]["value"] == "1"
    assert len([line for line in lines if line["name"] == "loadgen.response_ms.p99"]) == 9


def test_the_rest_has_no_percentiles() -> None:
    assert {line["kind"] for line in received("rest") if line["tags"]} == {"c"}


def test_the_end_says_what_was_met() -> None:
    assert {line["name"]: line["value"] for line in received("end")} == {
        "loadgen.threshold.met": "1",
        "loadgen.valid": "1",
    }


def test_checks_are_counted_and_metrics_are_gauges() -> None:
    told = {line["name"]: (line["value"], line["kind"], line["tags"]) for line in received("own")}
    assert told["loadgen.checks.failed"] == ("1", "c", "name:total")
    assert told["loadgen.value.count"] == ("2", "c", "metric:basket")
    assert told["loadgen.value.mean"] == ("15", "g", "metric:basket")
