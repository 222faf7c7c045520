import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from loadgen.base.errors import UsageError
from loadgen.measure.histogram import Histogram
from loadgen.measure.recording import CENSORED
from loadgen.observe.export.sinks.prometheus import BOUNDS_US, Prometheus
from tests.support.export import BEGAN, ENDED, interval, own_second, tally


@pytest.fixture
def sink() -> Iterator[Prometheus]:
    made = Prometheus("127.0.0.1:0")
    made.began(BEGAN)
    yield made
    made._scrapes.clear()  # nobody is waited for
    made.close()


def scraped(sink: Prometheus) -> dict[str, float]:
    with urllib.request.urlopen(sink.info.split()[-1], timeout=20) as reply:
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = reply.read().decode().splitlines()
    pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


def test_a_scrape_has_the_sums_so_far(sink: Prometheus) -> None:
    sink.interval(interval(0))
    sink.interval(interval(1))
    page = scraped(sink)
    assert page['loadgen_requests_total{name="GET /",outcome="ok"}'] == 8
    assert page['loadgen_replies_total{name="GET /",status="500"}'] == 2
    assert page['loadgen_errors_total{name="GET /",class="unexpected_status"}'] == 2
    assert page['loadgen_bytes_total{name="GET /",direction="received"}'] == 40
    assert page['loadgen_response_seconds_bucket{name="GET /",le="0.001"}'] == 2
    assert page['loadgen_response_seconds_bucket{name="GET /",le="0.003"}'] == 4  # its top is 3.001 ms
    assert page['loadgen_response_seconds_bucket{name="GET /",le="0.05"}'] == 8
    assert page['loadgen_response_seconds_count{name="GET /"}'] == 8
    assert page['loadgen_response_seconds_sum{name="GET /"}'] == pytest.approx(0.092, rel=0.001)
    assert page["loadgen_running"] == 1
    assert page['loadgen_threshold_limit{expr="p99 < 50ms"}'] == 0.05
    assert not [name for name in page if "threshold_met" in name]


def test_the_end_has_thresholds_and_verdict(sink: Prometheus) -> None:
    sink.ended(ENDED)
    page = scraped(sink)
    assert page['loadgen_threshold_met{expr="p99 < 50ms"}'] == 1
    assert page['loadgen_threshold_observed{expr="p99 < 50ms"}'] == pytest.approx(0.040031)
    assert (page["loadgen_running"], page["loadgen_valid"]) == (0, 1)


def test_another_run_counts_anew(sink: Prometheus) -> None:
    sink.interval(interval(0))
    sink.began(BEGAN)
    assert not [name for name in scraped(sink) if "requests" in name]


def test_lower_bounds_are_in_no_histogram(sink: Prometheus) -> None:
    part = tally(1000)
    part.clocks["service" + CENSORED] = Histogram([(10_000_000, 3)])
    sink.interval(interval(0, b=part))
    page = scraped(sink)
    assert page['loadgen_response_seconds_count{name="b"}'] == 1
    assert page['loadgen_censored_total{name="b"}'] == 3


def test_names_are_escaped(sink: Prometheus) -> None:
    sink.interval(interval(0, **{'a"\n\\': tally(1000)}))
    assert 'loadgen_requests_total{name="a\\"\\n\\\\",outcome="ok"}' in scraped(sink)


def test_another_path_is_not_found(sink: Prometheus) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sink.info.split()[-1].replace("/metrics", "/else"), timeout=20)
    caught.value.close()


def test_bounds_go_from_100_us_to_75_s() -> None:
    assert (len(BOUNDS_US), BOUNDS_US[0], BOUNDS_US[-1]) == (36, 100, 75_000_000)


def test_who_scrapes_is_waited_for_once_more_and_nobody_else(sink: Prometheus) -> None:
    sink.ended(ENDED)
    sink._linger()
    scraped(sink)
    waiting = threading.Thread(target=sink._linger)
    waiting.start()
    scraped(sink)
    waiting.join(20)
    assert not waiting.is_alive()


def test_an_address_that_is_taken_is_the_users_to_mend(sink: Prometheus) -> None:
    port = sink.info.rpartition(":")[2].partition("/")[0]
    with pytest.raises(UsageError, match="cannot listen on"):
        Prometheus(f"127.0.0.1:{port}")


def test_checks_and_metrics_of_a_scenario_are_there(sink: Prometheus) -> None:
    sink.interval(own_second())
    sink.interval(own_second())
    page = scraped(sink)
    assert page['loadgen_checks_total{name="total",outcome="failed"}'] == 2
    assert page['loadgen_value{metric="basket",unit="EUR",statistic="count"}'] == 4
    assert page['loadgen_value{metric="basket",unit="EUR",statistic="p50"}'] == 10
    assert not [name for name in page if "seconds_bucket" in name]
