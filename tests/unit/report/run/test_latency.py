import pytest

from loadgen.report.run.latency import format_quantile


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (1.024, "1.02 ms"),
        ({"at_least": 10_000.0}, ">= 10.0 s"),
        ({"at_least": 4.65, "at_most": 4.66}, "4.66 ms"),
        ({"at_least": 4.65, "at_most": 5.0}, ">= 4.65 ms"),
        ({}, "-"),
    ],
)
def test_a_bound_is_said_unless_another_is_next_to_it(value, text):
    assert format_quantile(value) == text
