import threading
from dataclasses import asdict, replace

import pytest

from loadgen.base.exchange import ConnectionCounts
from loadgen.measure.histogram import Histogram
from loadgen.measure.progress import RunSecond
from loadgen.measure.recording import Tally
from loadgen.measure.wire import second_out
from loadgen.observe.export.child import make_sink
from loadgen.observe.export.dispatcher import Dispatcher
from loadgen.observe.export.events import Began, Ended, Interval, State
from loadgen.observe.export.kinds import KINDS, Out
from loadgen.observe.export.runner import Runner
from loadgen.observe.export.sinks.base import Sink
from loadgen.results.documents import to_document
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.result import Result
from loadgen.results.summary import clocks_of, encoded
from tests.support.export import BEGAN, tally


class Kept(Sink):
    def __init__(self) -> None:
        self.told: list[Began | State | Interval | Ended] = []

    def began(self, run: Began) -> None:
        self.told.append(run)

    def interval(self, interval: Interval) -> None:
        self.told.append(interval)

    def ended(self, end: Ended) -> None:
        self.told.append(end)


def second(t_s: int, **requests: Tally) -> dict[str, object]:
    made = RunSecond(t_s, 3, requests, {}, ConnectionCounts(), Histogram())
    return {"second": second_out(made), "at_s": 100.0 + t_s}


def result(whole: Tally) -> Result:
    ledger = Ledger(whole.sent, whole.sent, 0, whole.ok, whole.failed, whole.unknown)
    row = RequestResult(ledger, status_codes={"200": whole.ok}, histograms=encoded(clocks_of(whole)))
    return Result(requests={"a": row}, duration_s=2.0)


def test_seconds_and_the_rest_add_up_to_the_result() -> None:
    sink = Kept()
    dispatcher = Dispatcher([Runner("csv", sink)])
    assert dispatcher.take({"began": asdict(BEGAN)}) is None
    dispatcher.take(second(0, a=tally(1000, 2000)))
    ended = {"ended": to_document(result(tally(1000, 2000, 9000))), "at_s": 102.0, "dropped": 0}
    assert dispatcher.take(ended) == []
    began, first, rest, end = sink.told
    assert began == BEGAN
    assert isinstance(first, Interval)
    assert isinstance(rest, Interval)
    assert isinstance(end, Ended)
    assert (first.at_s, first.tallies["request", "a"].ok, first.rest) == (100.0, 2, False)
    assert [(row.expr, row.verdict) for row in first.thresholds] == [("p99 < 50ms", "no_data")]
    assert (rest.tallies["request", "a"].ok, rest.rest) == (1, True)
    assert rest.tallies["request", "a"].clocks["service"] == Histogram([(bucket, 1) for bucket in [9000 // 8 * 8]])
    assert end.result.duration_s == 2.0


def test_a_sink_that_hangs_takes_no_time_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    class Stuck(Kept):
        def ended(self, end: Ended) -> None:
            go.wait(20)

    monkeypatch.setattr("loadgen.observe.export.dispatcher.PATIENCE_S", 0.2)
    dispatcher = Dispatcher([Runner("influx", Stuck()), Runner("csv", Kept())])
    dispatcher.take({"began": asdict(BEGAN)})
    notes = dispatcher.take({"ended": to_document(result(Tally())), "at_s": 102.0, "dropped": 0})
    go.set()
    assert notes == ["--out influx had not taken the run's end when it was reported"]


def test_without_a_rest_nothing_is_told_of_it() -> None:
    sink = Kept()
    dispatcher = Dispatcher([Runner("csv", sink)])
    dispatcher.take({"began": asdict(BEGAN)})
    dispatcher.take(second(0, a=replace(tally(1000), bytes_sent=0, bytes_received=0)))
    dispatcher.take({"ended": to_document(result(tally(1000))), "at_s": 102.0, "dropped": 0})
    assert [type(item) for item in sink.told] == [Began, Interval, Ended]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_row_of_the_table_has_a_sink(kind: str, tmp_path: object) -> None:
    if kind == "otlp":
        pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otel is not installed")
    where = {
        "csv": f"{tmp_path}/x",
        "requests": f"{tmp_path}/x",
        "jsonl": f"{tmp_path}/x",
        "influx": "http://h/write",
        "otlp": "http://h/v1/metrics",
    }
    sink = make_sink(Out(kind, where.get(kind, "127.0.0.1:0" if kind in ("prometheus", "page") else "127.0.0.1:9")))
    assert isinstance(sink, Sink)
    sink.close()
