from html.parser import HTMLParser

import pytest

from loadgen.judge.trend import Dated, Trend, judge_trend
from loadgen.plan.condition import parse_metric
from loadgen.report.campaigns.trend import render_trend
from loadgen.report.campaigns.trend_html import trend_html
from loadgen.report.draw.style import columns
from tests.support.trends import history, result

METRICS = [parse_metric(text) for text in ("ok_rps", "p50", "p99", "error_rate")]

SHOWN = """\
shop: GET http://shop.test/: 20 results, 00abcdef to 19abcdef

Now           level (95 % interval)
  ok_rps      832/s (812/s to 853/s)        since 14abcdef  ▇▆█▇█▆▇▆█▇█▆▇▆▂▂▃▁▂▁
  p50         11.8 ms (11.5 ms to 12.1 ms)  since 14abcdef  ▂▃▁▂▁▂▂▃▁▂▁▂▂▃▆▇▆█▇█
  p99         17.8 ms (17.4 ms to 18.2 ms)  since 14abcdef  ▂▃▁▂▁▂▂▃▁▂▁▂▂▃▆▇▆█▇█
  error_rate  0.000%                        all of them     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁

Changes
  ok_rps: NEW, worse, -16.5% at 14abcdef (997/s to 832/s)
  p50: NEW, worse, +19.8% at 14abcdef (9.84 ms to 11.8 ms)
  p99: NEW, worse, +19.8% at 14abcdef (14.9 ms to 17.8 ms)
  error_rate: none

WORSE: a new change of ok_rps, p50, p99."""


def trend(**how: float) -> Trend:
    return judge_trend(history(**how), METRICS)


def test_a_trend_says_where_each_figure_stands_and_what_changed() -> None:
    assert render_trend(trend()) == SHOWN


@pytest.mark.parametrize("how", [{}, {"factor": 1.0}, {"count": 4}])
def test_lines_fit_and_are_printable(how: dict[str, float]) -> None:
    for width in (60, 80, 120):
        lines = render_trend(trend(**how), width=width).splitlines()
        assert all(columns(row) <= 80 and row.isprintable() for row in lines)


def test_too_few_results_say_so() -> None:
    assert "Nothing can be told from fewer than 6 results." in render_trend(trend(count=4))
    assert "No new change for the worse." in render_trend(trend(factor=1.0))
    assert render_trend(judge_trend([], METRICS)).startswith("No result")


def test_names_and_labels_are_escaped_on_the_page() -> None:
    dated = [*history(), Dated("<b>x</b>", result(25, 12.0))]
    page = trend_html(judge_trend(dated, METRICS))
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    assert "<script" not in page
    HTMLParser().feed(page)


def test_the_page_has_a_chart_for_each_metric_and_every_result() -> None:
    page = trend_html(trend())
    assert page.count('<svg class="chart"') == 4
    assert page.count("worse, new") == 3
    assert page.count("2026-01-") == 20 + 1
    assert "no data" in trend_html(judge_trend(history()[:0], METRICS))
