"""What a saved run shows of a name, whatever it is of."""

from dataclasses import replace

import pytest

from loadgen.judge.figures import Figures, names_in
from loadgen.judge.thresholds import judge_thresholds
from loadgen.plan.condition import parse_condition
from loadgen.plan.named import Named
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Result
from tests.support.results import s3_batch, shop


def seen(text, result):
    """The verdict, what was observed, in which unit, and why there was nothing."""
    (row,) = judge_thresholds(result, [parse_condition(text, use="threshold")])
    return row.verdict, row.observed, row.unit, row.hint


@pytest.mark.parametrize(
    ("text", "verdict", "observed", "unit"),
    [
        ("buy/pay:p95 < 300ms", "pass", 184.191, "ms"),
        ("pay:p95 < 100ms", "fail", 184.191, "ms"),
        ("checkout:p99 < 2s", "pass", 228.607, "ms"),
        ("find order:max < 1s", "pass", 4.395, "ms"),
        ("buy:error_rate < 5%", "pass", 0.040462, "share"),
        ("buy:failed < 5", "fail", 7.0, "count"),
        ("browse:sent > 1", "pass", 1650.0, "count"),
        ("journeys:error_rate < 5%", "pass", 0.003844, "share"),
        ("journeys:rps > 100", "pass", 182.3, "per_s"),
        ("journeys:ok_rps > 100", "pass", 181.4, "per_s"),
        ("total is positive:ok_rate > 99%", "pass", 0.994152, "share"),
        ("total is positive:failed < 1", "fail", 1.0, "count"),
        ("basket:mean > 20", "pass", 34.541667, "own EUR"),
        ("basket:p50 < 20.5", "pass", 20.0, "own EUR"),
        ("basket:min < -1", "fail", 7.0, "own EUR"),
        ("clicks:sum >= 5400", "pass", 5400.0, "own"),
        ("clicks:count == 5400", "pass", 5400.0, "own"),
        ("mobile:mean > 50%", "fail", 0.4, "own"),
    ],
)
def test_a_threshold_is_judged_by_what_its_name_is_of(text, verdict, observed, unit):
    assert seen(text, shop()) == (verdict, observed, unit, "")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("bui:p99 < 1s", "nothing is named 'bui'; did you mean 'buy'?"),
        ("basket:mean < 20ms", "'basket' is in EUR"),
        ("pay:p95 < 300", "expected a time with its unit such as 250ms: 'buy/pay' is a request"),
        ("total is positive:p99 < 1s", "is a check"),
        ("clicks:p95 < 5", ""),
    ],
)
def test_what_cannot_be_judged_has_no_data_and_says_why(text, hint):
    verdict, observed, _, said = seen(text, shop())
    assert (verdict, observed) == ("no_data", None)
    assert hint in said


def test_the_latency_of_all_journeys_is_that_of_each():
    parts = [part.latency_ms["response"] for part in shop().transactions.values() if part.kind == "journey"]
    counted = Figures(shop()).observe(parse_condition("journeys:p50 < 1s", use="threshold").metric)
    assert counted.samples == sum(part.count for part in parts)
    assert min(part.p50 for part in parts) < counted.low < max(part.p50 for part in parts)


def test_what_several_requests_of_a_bucket_do_can_be_judged_also_in_older_files():
    for kind in ("group", "request"):
        result = s3_batch()
        part = replace(result.transactions["object"], kind=kind)
        result = replace(result, transactions={"object": part})
        assert seen("object:failed < 2", result)[:2] == ("pass", 1.0)


def test_errors_by_name_tell_whose_fault_its_failures_were():
    """Where they do not, as in older files, any of them may have been the generator's own."""
    own, target = ErrorRow("no_ports", "generator", count=3), ErrorRow("timeout", "target", count=2)
    ledger = Ledger(10, 10, 0, 5, 5, 0)
    for errors, verdict in (([own, target], "pass"), ([], "no_data")):
        result = Result(ledger=ledger, errors=[own, target], requests={"a": RequestResult(ledger, errors=errors)})
        assert seen("a:error_rate < 30%", result)[0] == verdict


def test_the_names_of_a_run_are_all_that_a_margin_may_be_of():
    names = names_in([shop(), shop()])
    assert len(names) == len(set(names)) == 13
    assert Named("metric", "basket", "EUR") in names
