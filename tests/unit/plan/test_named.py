"""What the name in a condition is of."""

import pytest

from loadgen.plan.condition import parse_condition
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.metrics import metric_named
from loadgen.plan.named import Named, check_name, find_named, names_before

HTTP = [Named("request", name) for name in ("checkout", "GET /", "a:b", "a")]
SHOP = [
    Named("request", "buy/pay"),
    Named("request", "buy/GET /items/{}"),
    Named("request", "rent/pay by card"),
    Named("request", "buy/cart"),
    Named("request", "rent/cart"),
    Named("journey", "buy"),
    Named("journey", "rent"),
    Named("group", "buy/checkout"),
    Named("call", "buy/find order"),
    Named("check", "total is positive"),
    Named("check", "buy"),
    Named("metric", "basket", "EUR"),
    Named("metric", "queue", "ms"),
    Named("metric", "clicks"),
]


def found(text, known=SHOP):
    return find_named(parse_condition(text, use="threshold").metric, known)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("buy/pay:p95 < 300ms", "request", "buy/pay"),
        ("pay:p95 < 300ms", "request", "buy/pay"),
        ("GET /items/{}:failed < 5", "request", "buy/GET /items/{}"),
        ("checkout:p99 < 2s", "group", "buy/checkout"),
        ("find order:error_rate < 1%", "call", "buy/find order"),
        ("buy:p99 < 2s", "journey", "buy"),
        ("journeys:p99 < 2s", "journeys", "journeys"),
        ("journeys:ok_rps > 5", "journeys", "journeys"),
        ("total is positive:ok_rate > 99%", "check", "total is positive"),
        ("basket:mean > 20", "metric", "basket"),
        ("queue:p95 < 20ms", "metric", "queue"),
        ("clicks:p(95)<20", "metric", "clicks"),
    ],
)
def test_a_name_is_found_by_itself_or_by_its_end(text, kind, name):
    named = found(text)
    assert (named.kind, named.name) == (kind, name)


def test_a_condition_without_a_name_is_of_all_requests():
    assert found("p99 < 1s", ()) is None


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("chekout:p99 < 1s", HTTP, "no request is named 'chekout'; did you mean 'checkout'?"),
        ("basket:mean > 20", HTTP, "no request is named 'basket'; known are: checkout"),
        ("a:p95 < 5", HTTP, "p95: expected a time with its unit such as 250ms: 'a' is a request"),
        ("journeys:p99 < 1s", HTTP, "no request is named 'journeys'"),
        ("find oder:p99 < 1s", SHOP, "nothing is named 'find oder'; did you mean 'find order'?"),
        ("basket:avg < 20", SHOP, "as in 'basket:mean < 20'"),
        ("cart:p99 < 1s", SHOP, "'cart' is the end of several names: 'buy/cart', 'rent/cart'"),
        ("checkout:sum > 5", SHOP, "'buy/checkout' is a group: it has no sum"),
        ("total is positive:p99 < 1s", SHOP, "is a check: it has ok_rate, error_rate, ok, failed and sent, not p99"),
        ("basket:error_rate < 1%", SHOP, "it has count, sum, mean, min, max and percentiles, not error_rate"),
        ("basket:mean < 20ms", SHOP, "'basket' is in EUR: expected a plain number, as in 'basket:mean < 20'"),
    ],
)
def test_what_is_not_found_is_explained(text, known, said):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        found(text, known)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_that_are_not_known_yet_are_not_checked():
    check_name(parse_condition("anything:p99 < 1s", use="threshold").metric, None)
    with pytest.raises(ValueError, match="no request is named 'anything'"):
        check_name(parse_condition("anything:p99 < 1s", use="threshold").metric, HTTP)


@pytest.mark.parametrize(
    ("job", "names"),
    [
        (HttpJob((RequestSpec("a", "GET", "/"),)), [Named("request", "a")]),
        (
            S3Job("batch", "b", retries=0),
            [Named("request", "get"), Named("request", "put"), Named("group", "object"), Named("call", "function")],
        ),
        (ScenarioJob((Journey("buy"),), file="shop.py"), None),
        (ScenarioJob((Journey("buy"),)), [Named("journey", "buy")]),
    ],
)
def test_the_names_of_a_journey_in_python_are_not_known_before_it_runs(job, names):
    assert names_before(job) == names


def test_a_figure_of_the_generator_is_of_no_name():
    assert find_named(metric_named("cpu_us"), SHOP) is None
