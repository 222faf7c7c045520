"""The gate: which code it comes to, what it refuses to compare, and how margins are read."""

import pytest

from loadgen.base.errors import UsageError
from loadgen.judge.gate import DEFAULT_MARGINS, judge_gate, parse_margins
from loadgen.plan.named import Named
from tests.support.rounds import baseline, run

FAST, SLOW = [run(rps=value) for value in (100, 101, 99)], [run(rps=value) for value in (50, 51, 49)]
NOISY = [run(rps=value) for value in (100, 60, 140)]
NAMES = [Named("request", "checkout"), Named("metric", "basket", "EUR")]
RPS = parse_margins("rps: 10%", ())


def code(rounds, **asked):
    return judge_gate(rounds, **asked).code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p99: 10%", [("p99", 0.1)]),
        (" p99 : 10% ,rps:5%,", [("p99", 0.1), ("rps", 0.05)]),
        ("service.p(99): 12.5%", [("service.p99", 0.125)]),
        ("checkout:p99: 10%", [("p99", 0.1)]),
        (DEFAULT_MARGINS, [("p50", 0.1), ("p99", 0.1), ("ok_rps", 0.05), ("error_rate", 0.01)]),
    ],
)
def test_margins_are_a_metric_and_a_share(text, expected):
    assert [(margin.metric.name, margin.allowed) for margin in parse_margins(text, NAMES)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected METRIC: SHARE"),
        ("p99", "expected METRIC: SHARE such as 'p99: 10%, rps: 5%', got 'p99'"),
        ("p99: 10", "expected METRIC: SHARE"),
        (": 10%", "expected METRIC: SHARE"),
        ("p99: ten%", "expected a share"),
        ("p98x: 10%", "unknown metric 'p98x'"),
        ("buy:p99: 10%", "nothing is named 'buy'"),
        ("basket:p99: 10%", "whether more of 'basket' is better is not known"),
    ],
)
def test_a_wrong_margin_is_explained(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        parse_margins(text, NAMES)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("rounds", "asked", "expected"),
    [
        (FAST, {"thresholds": ["p50 < 20ms"]}, 0),
        (FAST, {"thresholds": ["p50 < 5ms"]}, 99),
        (FAST, {"thresholds": ["p99.999 < 1s"]}, 99),  # too few samples
        (FAST, {"baseline": baseline(FAST, RPS)}, 0),
        (SLOW, {"baseline": baseline(FAST, RPS)}, 120),
        (SLOW, {"baseline": baseline(FAST, RPS), "thresholds": ["p50 < 5ms"]}, 99),  # the lower one wins
        (FAST, {"baseline": baseline(SLOW, RPS)}, 0),  # better
        (NOISY, {"baseline": baseline(FAST, RPS)}, 0),  # cannot tell
        (NOISY, {"baseline": baseline(FAST, RPS), "strict": True}, 120),
    ],
)
def test_the_code_of_a_gate(rounds, asked, expected):
    assert code(rounds, **asked) == expected


def test_one_invalid_round_never_passes():
    rounds = [*FAST, run(verdict="invalid")]
    assert code(rounds, thresholds=["p50 < 20ms"]) == 121
    assert code(rounds, thresholds=["p50 < 5ms"]) == 121
    assert code(rounds, baseline=baseline(FAST, RPS)) == 121
    assert code([run(verdict="limited")], thresholds=["p50 < 20ms"]) == 0
    assert code([run(verdict="limited")], thresholds=["p50 < 20ms"], strict=True) == 121


def test_thresholds_are_judged_over_all_rounds_together():
    """One round is slow, two thirds of all replies are not."""
    rounds = [run(p50_ms=10), run(p50_ms=10), run(p50_ms=100)]
    rows = judge_gate(rounds, thresholds=["p50 < 20ms", "p90 < 20ms", "ok == 3000"]).result.thresholds
    assert [row.verdict for row in rows] == ["pass", "fail", "pass"]


def test_without_thresholds_those_of_the_run_are_judged_with_them_those_are_not():
    planned = run(thresholds=["p50 < 5ms"])
    assert code([planned]) == 99
    assert code([planned], thresholds=["p50 < 20ms"]) == 0
    assert code([run(strict=True, verdict="limited")], thresholds=["p50 < 20ms"]) == 121


def test_a_threshold_that_no_result_could_answer_is_a_usage_error():
    with pytest.raises(UsageError, match="--threshold: unknown metric 'p9x'"):
        judge_gate(FAST, thresholds=["p9x < 1s"])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"users": 10}, r"baseline main: another plan \(50 connections instead of 10\)"),
        ({"requests": []}, "other requests"),
        ({"verdict": "invalid"}, "its measurement is invalid"),
    ],
)
def test_what_is_not_alike_is_refused(other, message):
    with pytest.raises(UsageError, match=message):
        judge_gate(FAST, baseline=baseline([run(**other)], RPS, anyway=True))


def test_another_machine_is_refused_unless_it_is_wanted():
    there = [run(environment={"cpu": "y", "cores": 2, "machine": "x86_64"})] * 3
    with pytest.raises(UsageError, match="made on another machine"):
        judge_gate(FAST, baseline=baseline(there, RPS))
    gate = judge_gate(FAST, baseline=baseline(there, RPS, anyway=True))
    assert gate.code == 0
    assert gate.notes[0].startswith("The baseline was made on another machine: processor x instead of y")


def test_where_it_ran_against_another_host_or_in_another_mode_is_no_hindrance():
    other = baseline([run(target="http://10.0.0.1:81", mode="async", rps=value) for value in (100, 101, 99)], RPS)
    assert code(FAST, baseline=other) == 0


def test_one_run_a_side_is_noted():
    gate = judge_gate([run()], baseline=baseline([run()], RPS))
    assert gate.notes[0].startswith("One run on each side")
    assert judge_gate(FAST, baseline=baseline([run()], RPS)).notes == ()


@pytest.mark.parametrize("text", ["nonsense", "p99 <", "p99 < 1s over 300ms"])
def test_a_saved_threshold_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError, match="the result's threshold: "):
        judge_gate([run(thresholds=[text])])


def test_a_saved_threshold_of_a_request_that_was_never_sent_is_no_data():
    (row,) = judge_gate([run(thresholds=["buy:p99 < 1s"])]).result.thresholds
    assert row.verdict == "no_data"
