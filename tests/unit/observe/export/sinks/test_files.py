import csv
import json
from pathlib import Path

from loadgen.observe.export.sinks.base import Sink
from loadgen.observe.export.sinks.files import CsvFile, JsonLines
from tests.support.export import BEGAN, ENDED, interval, own_second, tally


def told(sink: Sink) -> None:
    sink.began(BEGAN)
    sink.interval(interval(0))
    sink.interval(interval(1, b=tally(7000)))
    sink.interval(interval(2, rest=True, b=tally(9000)))
    sink.ended(ENDED)
    sink.close()


def test_csv_has_a_row_a_second_and_name_and_one_for_each_threshold(tmp_path: Path) -> None:
    told(CsvFile(str(tmp_path / "x.csv")))
    with (tmp_path / "x.csv").open(newline="") as file:
        began, first, second, rest, threshold, end = csv.DictReader(file)
    assert (began["part"], began["name"]) == ("began", "shop")
    assert (first["name"], first["ok"], first["failed"], first["users"]) == ("GET /", "4", "1", "4")
    assert (first["response_p50_ms"], first["response_max_ms"], first["send_lag_max_ms"]) == ("2.0", "40.031", "0.0")
    assert (second["t_s"], second["part"], second["name"]) == ("1", "second", "b")
    assert rest["part"] == "rest"
    assert (threshold["name"], threshold["observed"], threshold["verdict"]) == ("p99 < 50ms", "40.031", "pass")
    assert (end["name"], end["verdict"]) == ("completed", "valid")


def test_json_lines_say_more(tmp_path: Path) -> None:
    told(JsonLines(str(tmp_path / "x.jsonl")))
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [row["part"] for row in rows] == ["began", "second", "second", "rest", "end"]
    assert rows[0]["plan"] == "shop"
    assert rows[1]["statuses"] == {"200": 4, "500": 1}
    assert rows[1]["errors"] == {"unexpected_status": 1}
    assert rows[-1]["thresholds"] == [
        {"expr": "p99 < 50ms", "limit": 50.0, "observed": 40.031, "unit": "ms", "verdict": "pass"}
    ]


def test_what_was_written_is_there_before_the_end(tmp_path: Path) -> None:
    sink = CsvFile(str(tmp_path / "x.csv"))
    sink.interval(interval(0))
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 2
    sink.close()


def test_checks_and_metrics_of_a_scenario_have_rows(tmp_path: Path) -> None:
    for sink, name in ((CsvFile(str(tmp_path / "x.csv")), "x.csv"), (JsonLines(str(tmp_path / "x.jsonl")), "x.jsonl")):
        sink.interval(own_second())
        sink.close()
        text = (tmp_path / name).read_text()
        rows = list(csv.DictReader(text.splitlines())) if name == "x.csv" else [*map(json.loads, text.splitlines())]
        check, metric = rows
        assert (check["group"], check["name"], int(check["ok"]), int(check["failed"])) == ("check", "total", 3, 1)
        assert (metric["group"], metric["name"], metric["unit"]) == ("metric", "basket", "EUR")
        assert [float(metric[f"value_{key}"]) for key in ("count", "sum", "mean", "max", "p50")] == [2, 30, 15, 20, 10]
