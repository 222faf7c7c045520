import pytest

from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.metric_sums import MetricSums
from loadgen.measure.names import Kind
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import Tally
from loadgen.observe.standing import Standing
from loadgen.plan.condition import parse_condition


def tally(count: int, ms: float, failed: int = 0) -> Tally:
    made = Tally(ok=count, failed=failed)
    made.clock("service").add(round(ms * 1000), count)
    return made


def stands(expression: str, *seconds: RunSecond) -> tuple[str, float | None]:
    standing = Standing((parse_condition(expression, use="threshold"),))
    for second in seconds:
        standing.add(second)
        [row] = standing.rows()
    return row.verdict, row.observed


def second(t_s: int, **requests: Tally) -> RunSecond:
    transactions = {"buy": tally(10, 500.0), "buy/pay": tally(10, 300.0, 5)}
    kinds = {"buy": Kind.JOURNEY, "buy/pay": Kind.GROUP}
    basket = MetricSums("trend", "")
    basket.add([10.0, 20.0])
    checks = {"total": Tally(ok=3, failed=1)}
    lag, metrics = Histogram(), {"basket": basket}
    return RunSecond(t_s, 1, requests, transactions, ConnectionCounts(), lag, checks, metrics, kinds)


@pytest.mark.parametrize(
    ("expression", "verdict", "observed"),
    [
        ("p50 < 50ms", "pass", 10.0),
        ("p50 < 5ms", "fail", 10.0),
        ("p99.9 < 5ms", "no_data", 900.096),
        ("error_rate < 1%", "pass", 0.0),
        ("rps > 100", "fail", 52.0),
        ("a:p50 < 50ms", "pass", 10.0),
        ("nobody:p50 < 50ms", "no_data", None),
        ("pay:error_rate < 50%", "pass", 10 / 30),
        ("buy:p50 < 400ms", "fail", 500.223),
        ("journeys:sent > 10", "pass", 20.0),
        ("total:ok_rate > 99%", "fail", 0.75),
        ("basket:mean > 20", "fail", 15.0),
        ("pay:sent >= 15 over 1s", "pass", 15.0),
        ("a:p50 < 50ms over 2s", "pass", 10.0),
        ("b:sent < 9 over 1s", "pass", 4.0),
        ("journeys:sent > 10 over 1s", "fail", 10.0),
        ("a:p50 < 50ms over 3s", "no_data", None),
    ],
)
def test_thresholds_stand_as_the_report_would_say(expression: str, verdict: str, observed: float | None) -> None:
    found = stands(expression, second(0, a=tally(50, 10.0)), second(1, a=tally(50, 10.0), b=tally(4, 900.0)))
    assert found[0] == verdict
    assert found[1] == (None if observed is None else pytest.approx(observed, rel=0.002))


def test_a_window_shows_its_last_seconds_and_stays_lost() -> None:
    fast, slow = tally(50, 10.0), tally(50, 100.0)
    seconds = [second(t_s, a=fast if t_s < 2 or t_s > 3 else slow) for t_s in range(6)]
    expression = "p50 < 50ms over 2s"
    assert stands(expression, *seconds[:1])[0] == "no_data"
    assert stands(expression, *seconds[:2])[0] == "pass"
    assert stands(expression, *seconds[:4])[0] == "fail"
    assert stands(expression, *seconds)[0] == "fail"


def test_without_thresholds_nothing_is_kept() -> None:
    standing = Standing(())
    standing.add(second(0, a=tally(1, 1.0)))
    assert standing.rows() == []
