"""Sentences about a comparison: said where the figures carry them, and only there."""

from dataclasses import replace
from typing import Any

import pytest

from loadgen.judge.comparison import compare
from loadgen.judge.explain import alarms, doubts, explain
from loadgen.measure.histogram import Histogram
from loadgen.results.requests import Ledger, RequestResult
from loadgen.results.result import Generator, MachineRow, Machines, Rate, Result, ThresholdRow, Users, WorkerRow
from loadgen.results.rounds import Rounds


def run(
    *,
    rps: float = 1000.0,
    p99: float = 10.0,
    lag: float = 0.1,
    cpu_s: float = 3.0,
    wait_s: float = 0.0,
    mode: str = "pool",
    switches: int = 100,
    **changes: Any,
) -> Result:
    result = Result(
        duration_s=10.0,
        ledger=Ledger(10_000, 10_000, 0, 10_000),
        rate=Rate(ok_rps=rps),
        histograms={"response": Histogram([(1000, 98), (round(p99 * 1000), 2)]).encode()},
        generator=Generator(
            mode,
            workers=[WorkerRow(cpu_s, {"p99": lag}, core_wait_s=wait_s)],
            cpu_us_per_request=30.0,
            context_switches=switches,
        ),
    )
    return replace(result, **changes)


def said(*sides: Result, rounds: int = 5) -> str:
    """What is said of variants a, b, c with small differences from round to round."""
    variants = []
    for label, side in zip("abc", sides, strict=False):
        around = [replace(side, rate=Rate(ok_rps=side.rate.ok_rps * (1 + n / 100))) for n in range(rounds)]
        variants.append(Rounds(tuple(around), label))
    return " ".join(explain(compare(variants)))


def doubted(*sides: list[Result]) -> list[str]:
    return doubts(compare([Rounds(tuple(side), label) for label, side in zip("abc", sides, strict=False)]))


def test_a_side_of_nothing_but_redirects_is_told() -> None:
    seen = RequestResult(Ledger(9, 9, 0, 9), status_codes={"302": 9}, redirects_to="/login")
    other = run(plan={"target": "http://h", "requests": [{"name": "GET /"}]}, requests={"GET /": seen})
    (text,) = alarms(compare([Rounds((run(),), "a"), Rounds((other,), "b")]))
    assert text.startswith("b: every reply was a redirect (302), the first to '/login'")


@pytest.mark.parametrize(
    "plan", [{"think_s": [1.0, 2.0]}, {"arrivals": {"kind": "constant"}}, {"user_stages": [{"to_users": 1}]}]
)
def test_a_throughput_that_pauses_set_is_nobodys_limit(plan: dict[str, Any]) -> None:
    assert "the throughput is the target's" in said(run(), run())
    for cpu_s in (3.0, 9.5):
        assert "the throughput is" not in said(run(plan=plan, cpu_s=cpu_s), run(plan=plan, cpu_s=cpu_s))


def test_a_tail_of_the_generators_own() -> None:
    text = said(run(), run(lag=8.0))
    assert "The tail of b is the generator's own: loop lag p99 8.00 ms in a response p99 of 10.0 ms." in text
    assert "The tails of a and b are partly the generator's own" in said(run(lag=3.0), run(lag=8.0))
    assert "tail" not in said(run(), run(lag=2.0))
    assert "tail" not in said(run(p99=1.0), run(p99=1.0, lag=0.9)), "below a millisecond it is nobody's concern"


def test_the_tail_of_threads_by_what_another_variant_shows() -> None:
    text = "The same target answered {} within 5.00 ms at p99: most of the 20.0 ms of {} is its threads' waiting"
    slow, fast = run(mode="threads", p99=20.0), run(p99=5.0)
    assert text.format("a", "b") in said(fast, slow)
    assert text.format("b", "a") in said(slow, fast)
    assert "turn" not in said(run(p99=20.0), fast), "no threads"
    assert "turn" not in said(fast, run(mode="threads", p99=9.0)), "not much longer"
    assert "turn" not in said(fast, replace(slow, users=Users(9, 9, 0))), "another load"


def test_what_limited_the_throughput() -> None:
    assert "b used up a core: the throughput is what the generator can do" in said(run(), run(cpu_s=9.5))
    assert "No worker used more than 30% of a core" in said(run(), run(cpu_s=2.0))
    assert "core" not in said(run(), run(cpu_s=8.0)), "neither is certain"
    assert "core" not in said(run(), run(wait_s=5.0)), "it would have used more"
    arrivals = {"arrivals": {"stages": []}}
    assert "core" not in said(run(plan=arrivals), run(plan=arrivals, cpu_s=9.9)), "a rate that was asked for"


def test_context_switches_of_threads() -> None:
    assert "b switches context 1.5 times a request, a 0.01:" in said(run(), run(mode="threads", switches=15_000))
    assert "switches" not in said(run(), run(mode="threads", switches=900))
    assert "switches" not in said(run(), run(switches=15_000))


def test_how_much_could_have_been_seen() -> None:
    text = said(run(), run())
    assert "No row of b differs from a beyond the noise. A throughput within 0.1% could not be told apart" in text
    assert "No row" not in said(run(), run(rps=1500.0))


def test_silence_is_said_and_nothing_else() -> None:
    silent = run(ledger=Ledger(9, 9, 0, 0, 9), lag=9.0)
    assert said(run(), silent) == "Not one good reply came back to b."


ON_MACHINES = run(
    machines=Machines([MachineRow("machine 1 (10.0.0.1:9)"), MachineRow("machine 2 (ssh b)")]),
    generator=Generator(
        verdict="limited", reasons=["machine 1 (10.0.0.1:9), machine 2 (ssh b) and 7 more: it was slow: buy more"]
    ),
)


@pytest.mark.parametrize(
    ("sides", "text"),
    [
        (
            (
                [run()] * 5,
                [run(generator=Generator(verdict="limited", reasons=["it was slow: buy more"]))] * 5,
            ),
            "b: 5 of 5 runs were limited: it was slow",
        ),
        (
            ([run()] * 5, [ON_MACHINES] * 5),
            "b: 5 of 5 runs were limited: machine 1 (10.0.0.1:9), machine 2 (ssh b) and 7 more: it was slow",
        ),
        (
            ([run()] * 5, [run()] * 4 + [run(thresholds=[ThresholdRow("p99 < 1ms", 9.0, "fail")])]),
            "b: p99 < 1ms was not met in 1 of 5 runs",
        ),
        (
            ([run()] * 5, [run()] * 4 + [run(ended_by="signal", ended_because="SIGINT received")]),
            "b: 1 of 5 runs ended early: SIGINT received",
        ),
        (([run()] * 5, [run()] * 3), "b: 3 rounds give no interval; 5 are a good start"),
        (([run()] * 5, [run()] * 4), "b: 4 rounds give wide intervals; 5 are a good start"),
        (([run()], [run()]), "b: one short run on a side says nothing about noise; run several rounds"),
    ],
)
def test_doubts(sides: tuple[list[Result], list[Result]], text: str) -> None:
    assert text in doubted(*sides)


def test_invalid_runs_are_an_alarm() -> None:
    invalid = run(generator=Generator(verdict="invalid", reasons=["it was busy", "it stood still for 3 s: run again"]))
    sides = [Rounds((run(),) * 5, "a"), Rounds((run(), *[invalid] * 4), "b")]
    assert alarms(compare(sides)) == [
        "INVALID: b: 4 of 5 runs were invalid: it was busy and it stood still for 3 s. Do not trust its figures."
    ]
    assert doubts(compare(sides)) == []


def test_no_doubts_about_good_rounds() -> None:
    assert doubted([run()] * 5, [run()] * 5) == []
