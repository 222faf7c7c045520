import re

import pytest

from loadgen.plan.condition import parse_condition, parse_metric
from loadgen.plan.k6_metrics import K6_METRICS


@pytest.mark.parametrize(
    "text",
    [
        "http_req_duration<200", "http_req_duration: p(95)<200", "http_req_duration:p(95)<200", "http_req_failed<0.01",
        "http_req_duration{name:pay}: p(95) < 200", " http_reqs > 100", "checks>0.99", "iterations>=5", "rate<0.01",
    ],
)  # fmt: skip
def test_names_of_k6_are_refused_with_what_to_type(text: str) -> None:
    word = re.findall(r"\w+", text)[0]
    with pytest.raises(ValueError, match=rf"{word} means .*; here(:|, of each by its name:) '.* \(k6's name\)"):
        parse_condition(text, use="threshold")


def test_names_of_a_persons_own_are_theirs() -> None:
    assert parse_condition("checks:ok_rate > 99%", use="threshold").metric.of == "checks"
    assert parse_metric("iterations:p99").of == "iterations"


def test_what_is_to_be_typed_can_be() -> None:
    examples = [example for meaning in K6_METRICS.values() for example in re.findall(r"'([^']+)'", meaning)]
    assert len(examples) >= 16
    for example in examples:
        assert parse_condition(example, use="threshold").text == example
