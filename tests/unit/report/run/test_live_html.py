from loadgen.report.run.live_html import live_body
from loadgen.results.requests import Latency, Ledger, RequestResult
from loadgen.results.result import Rate, Result, Second, ThresholdRow

LATENCY = Latency(9, p50=1.0, p90=2.0, p99=3.0, max=4.0)


def test_a_run_so_far_has_figures_thresholds_charts_and_requests() -> None:
    seconds = [Second(float(t_s), 10, 9, 1, 1.0, 3.0, 0, 2.0, 4.0) for t_s in range(3)]
    row = RequestResult(Ledger(30, 30, 0, 27, 3), latency_ms={"response": LATENCY})
    rows = [
        ThresholdRow(f"p99 < {limit}ms", 3.0, verdict, False, "p99", limit, "ms")
        for limit, verdict in ((5.0, "pass"), (2.0, "fail"))
    ]
    body = live_body(
        "a <shop>", "running, 3 s",
        Result(
            duration_s=3.0, ledger=row.ledger, rate=Rate(0.0, 10.0, 9.0), latency_ms={"response": LATENCY},
            requests={"GET /": row}, timeline=seconds, thresholds=rows,
        ),
    )  # fmt: skip
    assert "<h1>a &lt;shop&gt;</h1>" in body
    assert body.count('<svg class="chart"') == 2
    assert "met so far" in body
    assert "missed so far" in body
    assert "p99 limit 2.00 ms" in body
    assert "<td>GET /</td>" in body


def test_before_anything_has_ended_there_is_little() -> None:
    body = live_body("shop", "opening", Result(thresholds=[ThresholdRow("p99 < 1ms", limit=1.0, unit="ms")]))
    assert "no data yet" in body
    assert "<svg" not in body
