"""The page of a run: one safe file of bounded size whose figures are those of the Result."""

import hashlib
import html
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from loadgen.base.errors import UsageError
from loadgen.judge.exit_code import ExitCode
from loadgen.judge.gate import Gate
from loadgen.report.run.charts import Course, beyond
from loadgen.report.run.html import MOST_PLAN, run_html
from loadgen.report.run.html_tables import MOST_ROWS
from loadgen.report.run.latency import format_quantile, rows_of
from loadgen.report.run.run_report import RunReport
from loadgen.results.block import Block
from loadgen.results.documents import from_json, to_json
from loadgen.results.requests import ErrorRow, Latency, Ledger, RequestResult
from loadgen.results.result import Result, Second
from tests.support.gates import EVERY_GATE
from tests.support.results import EVERY_RESULT, histogram, judged, latency, lognormal_ms

HOSTILE = "</title><script>alert(1)</script>\"'&\x1b[31m\u202e"
VOID = {"meta", "br"}


def page(result: Result) -> str:
    return run_html(RunReport((result,)))


class Document(HTMLParser):
    """Which elements and attributes there are; whether they close in turn; and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def row(self, name: str) -> list[str]:
        return next(row for row in self.rows if row[0].strip() == name)


def hour() -> Result:
    """An hour with 20 names, whose seconds and blocks all differ."""
    part = latency(lognormal_ms(500, 20.0, 0.5))
    blocks = [
        Block(t_s, 64.0, 500, 2, histogram(lognormal_ms(500, 10.0 + t_s / 100, 0.6, int(t_s))))
        for t_s in map(float, range(0, 3600, 64))
    ]
    seconds = [
        Second(float(t), 900 + t * 7 % 91, 899 + t * 7 % 91, t % 3, 10 + t * 13 % 17 / 10, 40 + t * 11 % 23)
        for t in range(3600)
    ]
    names = {f"GET /some/path/of/a/service/{n}": RequestResult(Ledger(500, 500, 0, 500), latency_ms={"response": part})
             for n in range(20)}  # fmt: skip
    every = lognormal_ms(20_000, 20.0, 0.7)
    clocks = dict.fromkeys(("response", "service", "send_lag"), latency(every))
    return Result(
        plan={"name": "hour", "target": "http://127.0.0.1:8080", "seed": 7, "requests": [{"path": n} for n in names]},
        duration_s=3600.0, ledger=Ledger(20_000, 20_000, 0, 20_000), latency_ms=clocks, requests=names,
        timeline=seconds, blocks=blocks, histograms=dict.fromkeys(clocks, histogram(every)), status_codes={"200": 9},
        errors=[ErrorRow("timeout", "target", "no reply in time", 3, "x" * 500)],
    )  # fmt: skip


@pytest.mark.parametrize("make", EVERY_RESULT.values(), ids=EVERY_RESULT)
def test_every_page_is_one_well_formed_file_without_script(make: Callable[[], Result]) -> None:
    text = page(make())
    document = Document(text)
    assert not document.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not {name for name in document.attributes if name.startswith("on")}
    assert not document.attributes & {"src", "href", "style", "xlink:href"}
    assert "nan" not in re.findall(r' d="([^"]*)"', text)


def test_the_policy_allows_the_page_s_own_style_and_nothing_else() -> None:
    text = page(EVERY_RESULT["shop"]())
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


@pytest.mark.parametrize("make", EVERY_RESULT.values(), ids=EVERY_RESULT)
def test_figures_are_those_of_the_result(make: Callable[[], Result]) -> None:
    result = make()
    document = Document(page(result))
    response = result.latency_ms.get("response", Latency())
    if response.count:
        for key in rows_of({"response": response}):
            assert format_quantile(getattr(response, key)) in document.row(key.replace("_", "."))[1]
    for name, part in (result.requests | result.transactions).items():
        shown = [row for row in document.rows if row[0].strip() and name.endswith(row[0].strip().split(" (")[0])]
        assert any(f"{part.ledger.sent:,}" in row for row in shown)
    for row in result.errors:
        assert any(row.message in cells[0] and f"{row.count:,}" in cells for cells in document.rows)
    for threshold in result.thresholds:
        assert document.row(threshold.expr)[-1] == threshold.verdict.replace("_", " ")
    if result.ledger.sent:
        assert f"{result.ledger.sent:,} sent" in document.row("Requests")[1] or result.requests


@pytest.mark.parametrize(("name", "make"), EVERY_GATE.items(), ids=EVERY_GATE)
def test_a_gate_says_whether_it_passed_and_why(name: str, make: Callable[[], Gate]) -> None:
    gate = make()
    for report in (gate, RunReport((gate.result,), gate)):
        text = run_html(report)
        assert (
            "Verdict: " + ('<span class="better">passed' if gate.code is ExitCode.OK else '<span class="worse">FAILED')
        ) in text
        assert all(html.escape(row.text) in text for row in gate.regressions)


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    result = EVERY_RESULT["shop"]()
    error = ErrorRow(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE)
    hostile = replace(
        result,
        plan={**result.plan, "name": HOSTILE, "target": HOSTILE, "seed": HOSTILE},
        environment={"cpu": HOSTILE, "loadgen": HOSTILE},
        started_at=HOSTILE, ended_by="signal", ended_because=HOSTILE, errors=[error],
        requests={HOSTILE: result.requests["buy/pay"], f"buy/{HOSTILE}": result.requests["buy/pay"]},
        transactions={**result.transactions, HOSTILE: replace(result.transactions["buy"], errors=[error])},
        checks={HOSTILE: result.checks["total is positive"]},
        metrics={HOSTILE: replace(result.metrics["basket"], unit=HOSTILE)},
        thresholds=[replace(row, expr=HOSTILE, hint=HOSTILE, unit=f"own {HOSTILE}") for row in result.thresholds],
        status_codes={HOSTILE: 1}, error_codes={HOSTILE: 1}, notes=[HOSTILE],
        setup={HOSTILE: next(iter(result.setup.values()))},
        phases_ms={HOSTILE: latency([1.0])},
        generator=replace(result.generator, reasons=[HOSTILE], mode=HOSTILE, client=HOSTILE),
    )  # fmt: skip
    for made in (hostile, replace(hostile, transactions={}, journeys=Result().journeys)):
        text = page(made)
        document = Document(text)
        assert "script" not in document.tags
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert text.count(html.escape("<script>alert(1)</script>")) > 15


def test_the_page_of_an_hour_with_20_names_is_below_200_kb() -> None:
    text = page(hour())
    Document(text)
    assert 20_000 < len(text.encode()) < 200_000


def test_no_peak_of_a_long_run_is_lost() -> None:
    result = hour()
    peak = replace(result.timeline[1234], response_p99_ms=60_000.0)
    peaked = replace(result, timeline=[*result.timeline[:1234], peak, *result.timeline[1235:]])
    assert "100000" in Course(peaked).latency, "the axis reaches to it"
    top = min(
        float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", Course(peaked).latency.split('class="curve s2"')[-1])
    )
    flat = min(
        float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", Course(result).latency.split('class="curve s2"')[-1])
    )
    assert top < flat


def test_the_heat_map_has_a_column_for_each_block_with_its_figures() -> None:
    result = hour()
    titles = [html.unescape(title) for title in re.findall("<title>(.*?)</title>", Course(result).heat)]
    assert len(titles) == len(result.blocks)
    assert titles[1].startswith("from 1m4s: 500 good replies, 2 failed, p50 ")


def test_limits_are_lines_of_the_chart_and_say_what_lies_beyond() -> None:
    row = judged("p99 < 30ms", 25.0, "pass")
    other = judged("error_rate < 1%", 0.0, "pass")
    result = replace(hour(), thresholds=[row, other])
    assert "p99 limit 30.0 ms" in Course(result).latency
    samples = lognormal_ms(20_000, 20.0, 0.7)
    above, of = re.fullmatch(r"([\d,]+) of ([\d,]+) above", beyond(row, result)).groups()  # type: ignore[union-attr]
    assert of == "20,000"
    assert abs(int(above.replace(",", "")) - sum(sample > 30.0 for sample in samples)) <= 20, (
        "but for the bucket's width"
    )
    assert beyond(other, result) == ""


def test_seconds_without_a_reply_are_gaps() -> None:
    silent = [Second(float(t), 5, 0 if t == 3 else 5, 0, None if t == 3 else 1.0, None if t == 3 else 2.0)
              for t in range(7)]  # fmt: skip
    chart = Course(Result(duration_s=7.0, timeline=silent)).latency
    (p50,) = re.findall(r'class="curve s0" d="(M[^"]*L[^"]*)"', chart)
    assert p50.count("M") == 2


def test_more_names_than_rows_are_said_and_a_long_plan_is_cut() -> None:
    result = hour()
    names = {f"GET /{n}": next(iter(result.requests.values())) for n in range(MOST_ROWS + 3)}
    text = page(replace(result, requests=names, plan={**result.plan, "note": "x" * (MOST_PLAN + 10)}))
    assert "... and 3 more: all are in the file that -o saves" in text
    assert "characters more" in text
    assert len(text) < 200_000


def test_the_plan_and_the_seed_are_there() -> None:
    result = hour()
    text = page(result)
    assert "Seed 7" in text
    (plan,) = re.findall("<pre>([^<]*)</pre></details>", text)
    assert json.loads(html.unescape(plan)) == result.plan


def test_a_saved_result_makes_the_same_page() -> None:
    result = EVERY_RESULT["open_model"]()
    assert page(from_json(to_json(result))) == page(result)


@pytest.mark.parametrize("change", [{"histograms": {"response": "AAAA"}}, {"blocks": [Block(0.0, 1.0, 1, 0, "AAAA")]}])
def test_a_damaged_histogram_is_a_usage_error(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="damaged"):
        page(replace(hour(), **change))


def test_payload_has_a_column_where_there_is_some() -> None:
    result = EVERY_RESULT["s3"]()
    rows = Document(page(result)).rows
    (heads,) = [row for row in rows if "MiB/s" in row]
    for name, part in result.requests.items():
        row = next(row for row in rows if row[0] == name and len(row) == len(heads))
        shown = row[heads.index("MiB/s")].replace(",", "")
        exact = part.payload_bytes / result.duration_s / (1 << 20)
        assert shown == "-" if not exact else float(shown) == pytest.approx(exact, rel=0.05)
    assert not any("MiB/s" in row for row in Document(page(EVERY_RESULT["ordinary"]())).rows)


def test_why_a_threshold_has_no_data_stands_where_it_was_to_be_observed() -> None:
    result = EVERY_RESULT["shop"]()
    missing = next(row for row in result.thresholds if row.hint)
    assert Document(page(result)).row(missing.expr)[1] == missing.hint


def test_what_is_only_known_to_be_at_least_so_long_is_above_a_lower_limit_and_unknown_below_a_higher_one() -> None:
    document = Document(page(EVERY_RESULT["open_model"]()))
    above = sum(sample > 250.0 for sample in lognormal_ms(9600, 340.0, 1.0))
    found = re.fullmatch(r"([\d,]+) of 10,400 above", document.row("p99 < 250ms")[3])
    assert found is not None
    assert abs(int(found[1].replace(",", "")) - above - 800) <= 10, "but for the bucket's width"
    assert document.row("p95 < 20s")[3] == "0 of 10,400 above, 800 unknown"
