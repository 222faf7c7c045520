"""`--phases`: what is timed beside the clocks, in every mode and with both clients."""

import pytest

from loadgen.results.result import Result
from tests.support.command import Mode, loadgen

PLAIN = {"connect", "first_byte", "transfer"}


def run(*argv: object) -> Result:
    done = loadgen("run", *argv, "-q", "--format", "json")
    assert (done.code, done.err) == (0, ""), done.err
    return done.result


def test_each_connection_and_each_request_is_timed(url: str, mode: Mode) -> None:
    result = run(f"{url}/drip?bytes=3&ms=5", "-c", "3", "-n", "6", "--phases", *mode)
    phases = result.phases_ms
    assert set(phases) == PLAIN
    assert (phases["connect"].count, phases["first_byte"].count, phases["transfer"].count) == (3, 6, 6)
    # The head comes with the first byte of the body; two more bytes follow later.
    means = [found.mean for found in (phases["first_byte"], phases["transfer"], result.latency_ms["response"])]
    first_ms, transfer_ms, response_ms = (mean or 0.0 for mean in means)
    assert transfer_ms > 1
    assert first_ms + transfer_ms == pytest.approx(response_ms, rel=0.01)
    assert result.requests["GET /drip"].phases_ms.keys() == {"first_byte", "transfer"}


@pytest.mark.slow  # imports httpx
def test_httpx_is_timed_too(url: str, local_mode: Mode) -> None:
    phases = run(
        f"{url}/drip?bytes=2&ms=5", "-c", "2", "-n", "4", "--phases", "--client", "httpx", *local_mode
    ).phases_ms
    assert {name: latency.count for name, latency in phases.items()} == {"connect": 2, "first_byte": 4, "transfer": 4}
    assert (phases["transfer"].mean or 0.0) > 1


def test_a_name_is_looked_up_once(url: str) -> None:
    result = run(url.replace("127.0.0.1", "localhost"), "-c", "2", "-n", "4", "--phases", "--mode", "async")
    assert set(result.phases_ms) == PLAIN | {"dns"}
    assert result.phases_ms["dns"].count == 1


def test_every_opening_counts_also_those_of_the_warm_up(url: str) -> None:
    result = run(url, "-c", "2", "-d", "60ms", "--warmup", "40ms", "--phases", "--mode", "async")
    assert result.connections.opened == result.phases_ms["connect"].count == 2
    assert result.connections.reused > 0


def test_without_the_option_nothing_is_timed(url: str) -> None:
    result = run(url, "-c", "2", "-n", "4", "--mode", "async")
    assert result.phases_ms == {}
    assert set(result.histograms) == {"response", "service", "send_lag"}
