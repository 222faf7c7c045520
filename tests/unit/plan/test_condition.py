import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan.condition import (
    DEFAULT_MIN_COUNT,
    DEFAULT_WINDOW_S,
    parse_condition,
    parse_metric,
)


def threshold(text):
    return parse_condition(text, use="threshold")


@pytest.mark.parametrize(
    ("text", "metric", "statistic", "quantile", "op", "milliseconds"),
    [
        ("p99 < 250ms", "response", "p99", 0.99, "<", 250.0),
        ("p(99)<250", "response", "p99", 0.99, "<", 250.0),
        ("p(99.9) <= 1.5s", "response", "p99.9", 0.999, "<=", 1500.0),
        ("p99.9 <= 1s", "response", "p99.9", 0.999, "<=", 1000.0),
        ("p5 > 10us", "response", "p5", 0.05, ">", 0.01),
        ("response.p50<1ms", "response", "p50", 0.5, "<", 1.0),
        ("service.p99 < 20ms", "service", "p99", 0.99, "<", 20.0),
        ("failed.p99 < 20ms", "failed", "p99", 0.99, "<", 20.0),
        ("send_lag.max < 1ms", "send_lag", "max", None, "<", 1.0),
        ("mean >= 1m", "response", "mean", None, ">=", 60000.0),
        ("min == 1ms", "response", "min", None, "==", 1.0),
        ("avg<200", "response", "mean", None, "<", 200.0),
        ("med<200", "response", "p50", 0.5, "<", 200.0),
        ("p99 < 1h30m", "response", "p99", 0.99, "<", 5_400_000.0),
    ],
)
def test_a_latency_is_compared_in_milliseconds(text, metric, statistic, quantile, op, milliseconds):
    found = threshold(text)
    row = found.metric
    assert (row.kind, row.part, row.statistic, row.quantile) == ("latency", metric, statistic, quantile)
    assert (found.op, found.value) == (op, milliseconds)


@pytest.mark.parametrize(
    ("text", "kind", "metric", "value"),
    [
        ("error_rate > 5%", "ratio", "error_rate", 0.05),
        ("error_rate<0.01", "ratio", "error_rate", 0.01),
        ("ok_rate > 99%", "ratio", "ok_rate", 0.99),
        ("rps >= 1000", "rate", "rps", 1000.0),
        ("ok_rps >= 600/m", "rate", "ok_rps", 10.0),
        ("bytes_received_per_s > 10MiB", "rate", "bytes_received_per_s", 10 * 2**20),
        ("bytes_sent_per_s > 1KB/s", "rate", "bytes_sent_per_s", 1000.0),
        ("failed < 10", "count", "failed", 10.0),
        ("ok >= 1", "count", "ok", 1.0),
        ("sent > 0", "count", "sent", 0.0),
        ("unknown == 0", "count", "unknown", 0.0),
    ],
)
def test_ratios_rates_and_counts_are_compared_as_plain_numbers(text, kind, metric, value):
    found = threshold(text)
    assert (found.metric.kind, found.metric.name, found.value, found.metric.statistic) == (kind, metric, value, "")


def test_an_abort_rule_has_a_window_and_a_least_count_in_any_order():
    for text in ("error_rate > 5% over 10s min 200", "error_rate > 5%  min 200 over 10s"):
        found = parse_condition(text, use="abort")
        assert (found.window_s, found.min_count) == (10.0, 200)


def test_an_abort_rule_without_them_has_defaults():
    found = parse_condition("error_rate > 5%", use="abort")
    assert (found.window_s, found.min_count) == (DEFAULT_WINDOW_S, DEFAULT_MIN_COUNT)


@pytest.mark.parametrize("use", ["threshold", "slo"])
def test_thresholds_and_slos_judge_the_whole_run(use):
    found = parse_condition("p99 < 1s", use=use)
    assert (found.window_s, found.min_count) == (None, None)


def test_an_slo_takes_no_window():
    with pytest.raises(ValueError, match="expected no 'over': the whole run is judged here"):
        parse_condition("p99 < 1s over 10s", use="slo")


@pytest.mark.parametrize(
    ("text", "window_s", "min_count"),
    [
        ("error_rate < 1% over 10s", 10.0, None),
        ("p99 < 1s over 1m min 100", 60.0, 100),
        ("buy/pay:p99 < 1s over 1m min 100", 60.0, 100),
        ("total is positive:ok_rate > 9% over 10s", 10.0, None),
        ("p99 < 1s min 100", None, 100),
        ("mean < 1s over 2", 2.0, None),
        ("ok_rps > 5 over 10s", 10.0, None),
    ],
)
def test_a_threshold_may_ask_for_the_worst_window_and_a_least_count(text, window_s, min_count):
    found = threshold(text)
    assert (found.window_s, found.min_count) == (window_s, min_count)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("service.p99 < 1s over 5s", "over: a result has service.p99 for the whole run only; leave 'over' out"),
        ("failed.max < 1s over 5s", "over: a result has failed.max for the whole run only"),
        ("basket:mean > 20 over 5s", "over: a result has basket:mean for the whole run only"),
        ("checkout:service.p99 < 1s over 5s", "over: a result has checkout:service.p99 for the whole run only"),
        ("bytes_sent_per_s > 1MB over 5s", "over: a result has bytes_sent_per_s for the whole run only"),
        ("unknown < 1 over 5s", "over: a result has unknown for the whole run only"),
        ("p99 < 1s over 500ms", "over: expected whole seconds such as 10s"),
        ("error_rate < 1% over 2.5s", "over: expected whole seconds such as 10s"),
    ],
)
def test_a_threshold_that_no_result_could_answer_is_refused(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        threshold(text)
    assert message in str(caught.value)
    assert parse_condition(text, use="abort").window_s


@pytest.mark.parametrize(
    "text",
    [
        "p99 < 250ms abort",
        "p(99)<250 abort",
        "p50 >= 1ms min 200 abort",
        "service.max <= 1s abort",
        "min > 1ms abort",
        "checkout:error_rate < 1% abort",
        "ok_rate > 99% abort",
        "failed < 10 abort",
        "unknown == 0 abort",
    ],
)
def test_a_threshold_that_can_be_lost_for_good_may_abort(text):
    found = threshold(text)
    assert (found.abort, found.text) == (True, text)
    assert not threshold(text.removesuffix(" abort")).abort


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "p99 < 1s over 10s abort",
            "abort: cannot be combined with 'over': --abort-if stops a run by its last seconds",
        ),
        ("mean < 1s abort", "abort: what becomes of 'mean <' is open until the run is over; leave 'abort' out"),
        ("p99 == 1s abort", "abort: what becomes of 'p99 =='"),
        ("max > 1s abort", "abort: what becomes of 'max >'"),
        ("min < 1s abort", "abort: what becomes of 'min <'"),
        ("rps > 100 abort", "abort: what becomes of 'rps >'"),
        ("ok > 100 abort", "abort: what becomes of 'ok >'"),
        ("error_rate > 5% abort", "abort: what becomes of 'error_rate >'"),
        ("ok_rate < 5% abort", "abort: what becomes of 'ok_rate <'"),
        ("p99 < 1s abort min 20", "expected 'over 10s', 'min 200', 'abort' or nothing after '1s', got 'abort min 20'"),
    ],
)
def test_a_threshold_whose_end_is_open_may_not_abort(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        threshold(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("use", ["abort", "slo"])
def test_only_a_threshold_may_abort(use):
    with pytest.raises(ValueError, match="got 'abort'"):
        parse_condition("p99 < 1s abort", use=use)


@pytest.mark.parametrize(
    ("text", "name", "statistic"),
    [
        ("checkout:p99 < 1s", "checkout", "p99"),
        ("GET /: mean < 1s", "GET /", "mean"),
        ("a:b:p99 < 1s", "a:b", "p99"),
        ("a:max < 1s", "a", "max"),
    ],
)
def test_a_condition_can_be_about_one_request(text, name, statistic):
    found = threshold(text)
    assert (found.metric.of, found.metric.statistic, found.text) == (name, statistic, text)
    assert parse_metric(found.metric.text) == found.metric


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected METRIC < VALUE such as 'p99 < 250ms'"),
        ("p99", "expected METRIC < VALUE"),
        ("p99 <", "expected METRIC < VALUE"),
        ("< 5", "expected METRIC < VALUE"),
        ("p99 = 5ms", "expected one of < <= > >= ==, got '='"),
        ("p99 != 5ms", "expected one of < <= > >= ==, got '!='"),
        ("1 < p99 < 5", "expected METRIC < VALUE"),
        ("p99 < 250", "p99: expected a time with its unit such as 250ms, got '250'"),
        ("p99 < soon", "p99: expected a duration such as 30s"),
        ("p100 < 1s", "unknown metric 'p100'"),
        ("p0 < 1s", "unknown metric 'p0'"),
        ("eror_rate > 5%", "did you mean 'error_rate'?"),
        ("basket:service.p95 < 5", "service.p95: expected a time with its unit such as 5ms, got '5'"),
        ("banana > 5%", "unknown metric 'banana'; known are: p50"),
        ("service < 5ms", "unknown metric 'service'"),
        ("error_rate > 5", "error_rate: expected a share such as 5%"),
        ("rps > many", "rps: expected a rate"),
        ("failed < 1.5", "failed: expected a whole number"),
        ("cpu_us < 50", "cpu_us: a figure of the generator itself can be compared, but nothing can depend on it"),
        ("p99 < 1s over", "expected 'over 10s', 'min 200' or nothing after '1s', got 'over'"),
        ("p99 < 1s for 10s", "expected 'over 10s'"),
        ("p99 < 1s over 1s over 2s", "expected 'over 10s'"),
        ("p99 < 1s over 0s", "over: expected a duration above zero"),
        ("p99 < 1s min few", "min: expected a number of requests"),
    ],
)
def test_a_wrong_condition_is_explained(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        parse_condition(text, use="abort")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "statistic", "value"),
    [
        ("basket:mean > 20", "mean", 20.0),
        ("basket:p95 <= 99.5", "p95", 99.5),
        ("delta:min > -3", "min", -3.0),
        ("clicks:sum >= 1000", "sum", 1000.0),
        ("clicks:count < 5", "count", 5.0),
        ("mobile:mean > 40%", "mean", 0.4),
    ],
)
def test_a_name_compared_with_a_plain_number_is_of_a_metric_with_a_unit_of_its_own(text, statistic, value):
    found = threshold(text)
    metric = found.metric
    assert (metric.kind, metric.unit, metric.statistic, metric.of) == (
        "value",
        "own",
        statistic,
        text.partition(":")[0],
    )
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "kind", "value"), [("a:p(95)<200", "latency", 200.0), ("a:p95 < 200ms", "latency", 200.0)]
)
def test_a_time_is_a_latency_also_in_the_form_of_k6(text, kind, value):
    found = threshold(text)
    assert (found.metric.kind, found.value) == (kind, value)


@pytest.mark.parametrize("text", ["sum > 5", "count > 5"])
def test_only_a_name_has_a_sum_or_a_count_of_values(text):
    with pytest.raises(ValueError, match="unknown metric"):
        threshold(text)


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
    ],
)
def test_a_condition_holds_by_its_operator_and_never_for_nan(op, below, equal, above):
    condition = threshold(f"failed {op} 10")
    assert (condition.holds(9), condition.holds(10), condition.holds(11)) == (below, equal, above)
    assert not condition.holds(math.nan)


WORDS = [
    "p99",
    "p(99)",
    "error_rate",
    "a:",
    "<",
    ">=",
    "5%",
    "1s",
    "over",
    "min",
    "10s",
    "200",
    " ",
    ".",
    ":",
    "nan",
    "1e9",
]


@given(
    st.text()
    | st.lists(st.sampled_from(WORDS), max_size=10).map("".join)
    | st.lists(st.sampled_from(WORDS)).map(" ".join)
)
def test_whatever_is_read_nothing_but_a_value_error_comes_out(text):
    for use in ("threshold", "abort", "slo"):
        with suppress(ValueError):
            assert 0 <= parse_condition(text, use=use).value < math.inf
