"""find-max on servers that are formulas: which runs it makes, what it takes for met, and whose limit it names."""

import asyncio
from dataclasses import replace

import pytest

from loadgen.base.errors import NotReadyError, UsageError
from loadgen.campaigns.find_max import find_max, parse_slo, with_room
from loadgen.campaigns.rounds import RunLostError
from loadgen.judge.thresholds import judge_thresholds
from loadgen.measure.histogram import Histogram
from loadgen.plan.codec import describe_plan
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.plan import Arrivals, Stage
from loadgen.report.campaigns.find_max import render_find_max, warnings
from loadgen.results.journeys import Journeys
from loadgen.results.requests import ErrorRow, Ledger, RequestResult
from loadgen.results.result import Generator, Rate, Result, WorkerRow
from loadgen.results.summary import latencies
from tests.support.fakes import make_plan, thresholds

SLO = ("p99 < 50ms",)
PLAN = make_plan(arrivals=Arrivals((Stage(10.0, 100.0, 100.0),), max_connections=2))


class Server:
    """Answers in 1 ms up to its capacity; beyond it requests wait, and not all of them are sent."""

    def __init__(self, capacity_rps, *, service_ms=None, **changes):
        self.plans = []
        self.rests = 0
        self._capacity_rps = capacity_rps
        self._service_ms = service_ms
        self._changes = changes
        self.signal_after = None
        self.error_after = None

    async def run(self, plan):
        self.plans.append(plan)
        if self.signal_after is not None and len(self.plans) > self.signal_after:
            raise RunLostError("signal", "a signal")
        if self.error_after is not None and len(self.plans) > self.error_after[0]:
            raise self.error_after[1]
        rate = plan.arrivals.stages[0].to_rps
        over = rate > self._capacity_rps
        counts = Histogram([(500_000 if over else 1000, 1000)])
        service = Histogram([((self._service_ms or 25) * 1000 if over else 1000, 1000)])
        lag = Histogram([(400_000 if over else 100, 1000)])
        clocks = {"response": counts, "service": service, "send_lag": lag}
        sent_rps = min(rate, self._capacity_rps)
        result = Result(
            plan=describe_plan(plan),
            duration_s=10.0,
            ledger=Ledger(1000, 1000, 0, 1000),
            rate=Rate(rate, sent_rps, sent_rps),
            status_codes={"200": 1000},
            latency_ms=latencies(clocks),
            histograms={name: item.encode() for name, item in clocks.items()},
        )
        result = replace(result, **self._changes)
        return replace(result, thresholds=judge_thresholds(result, plan.thresholds))

    async def rest(self, _seconds):
        self.rests += 1
        return True


def searched(server, plan=PLAN, slo=SLO, told=lambda _: None):
    return asyncio.run(find_max(plan, parse_slo(plan, slo), server.run, server.rest, told))


def test_the_capacity_is_found_and_every_run_is_told_and_rested_from():
    server, told = Server(2000.0), []
    found = searched(server, told=told.append)
    assert found.best_rps <= 2000 < found.best_rps * 1.06
    assert (found.low_rps, found.ended_by, found.limit) == (found.best_rps, "completed", "")
    assert tuple(told) == found.trials
    assert server.rests == len(told) - 1


def test_a_run_is_at_one_rate_over_warm_up_and_all_and_ends_where_the_slo_is_lost():
    server = Server(150.0)
    searched(
        server,
        replace(PLAN, warmup_s=2.0, cool_down_s=1.0, thresholds=thresholds("mean < 1s")),
        ("p99 < 50ms", "rps > 1"),
    )
    first = server.plans[0]
    assert first.arrivals.stages == (Stage(13.0, 100.0, 100.0),)
    asked = [(condition.text, condition.abort) for condition in first.thresholds]
    assert asked == [("p99 < 50ms", True), ("rps > 1", False), ("mean < 1s", False)]


def test_a_rate_that_is_not_reached_is_not_met_whatever_the_slo_says():
    found = searched(Server(2000.0), slo=("error_rate < 1%",))
    assert found.best_rps == pytest.approx(2000, rel=0.06)


def test_the_own_thresholds_of_the_plan_must_be_met_too():
    found = searched(Server(2000.0), replace(PLAN, thresholds=thresholds("ok > 5000")))
    assert found.best_rps is None
    assert found.slo == ("p99 < 50ms", "ok > 5000")


def test_it_says_when_the_generator_was_the_limit():
    busy = Generator(verdict="limited", workers=[WorkerRow(cpu_s=9.9)])
    found = searched(Server(2000.0, generator=busy))
    assert found.limit == "generator"
    assert "a worker used 99% of a core" in found.reasons[0]
    assert found.best_rps is not None, "what was met was met all the same"


def test_a_rate_of_nothing_but_redirects_is_told_in_words():
    (name,) = PLAN.job.request_names
    seen = RequestResult(Ledger(1000, 1000, 0, 1000), status_codes={"302": 1000}, redirects_to="/login")
    found = searched(Server(200.0, status_codes={"302": 1000}, requests={name: seen}))
    assert found.notes[0].startswith("every reply was a redirect (302), the first to '/login'")
    assert "Every reply was a redirect" in render_find_max(found)
    assert searched(Server(200.0)).notes == ()


def test_it_says_when_there_were_too_few_connections():
    assert searched(Server(2000.0, service_ms=1)).limit == "connections"


def test_an_invalid_run_is_not_met_and_with_strict_neither_is_a_limited_one():
    invalid = Server(2000.0, generator=Generator(verdict="invalid", reasons=["it stood still"]))
    found = searched(invalid)
    assert (found.best_rps, found.limit, found.reasons) == (None, "generator", ("it stood still",))
    limited = Server(2000.0, generator=Generator(verdict="limited"))
    assert searched(limited).best_rps is not None
    assert searched(limited, replace(PLAN, strict=True)).best_rps is None


def test_a_signal_leaves_what_was_found():
    server = Server(2000.0)
    server.signal_after = 3
    found = searched(server)
    assert (found.ended_by, found.best_rps, len(found.trials)) == ("signal", 400.0, 3)

    async def no_rest(_seconds):
        return False

    found = asyncio.run(find_max(PLAN, parse_slo(PLAN, SLO), Server(2000.0).run, no_rest, lambda _: None))
    assert (found.ended_by, found.best_rps) == ("signal", 100.0)


def test_a_target_that_has_died_ends_the_search_with_what_was_found():
    server, dead = Server(2000.0), Server(2000.0, status_codes={})

    async def run(plan):
        return await (dead if plan.arrivals.stages[0].to_rps > 500 else server).run(plan)

    found = asyncio.run(find_max(PLAN, parse_slo(PLAN, SLO), run, server.rest, lambda _: None))
    assert (found.ended_by, found.best_rps) == ("no_replies", 400.0)
    assert [trial.rate_rps for trial in found.trials[-2:]] == [800.0, 800.0]


@pytest.mark.parametrize("error", [RunLostError("error", "machine 2 was lost"), UsageError("machine 2 was lost")])
def test_what_was_found_before_an_error_is_kept_with_what_it_was(error):
    server = Server(2000.0)
    server.error_after = 3, error
    found = searched(server)
    assert (found.ended_by, found.best_rps, found.notes) == ("error", 400.0, ("machine 2 was lost",))
    assert "Machine 2 was lost." in warnings(found)


def test_a_first_run_that_cannot_be_made_is_refused():
    server = Server(2000.0)
    server.error_after = 0, UsageError("machine 2 has no loadgen")
    with pytest.raises(UsageError, match="machine 2 has no loadgen"):
        searched(server)


@pytest.mark.parametrize("ended_by", ["signal", "error"])
def test_a_run_that_was_ended_is_not_taken_for_an_answer(ended_by):
    found = searched(Server(2000.0, ended_by=ended_by))
    assert (found.ended_by, found.trials, found.best_rps) == (ended_by, (), None)


def test_not_one_reply_is_an_error_that_says_why():
    errors = [ErrorRow("connection_refused", "target", "connection refused", 5)]
    with pytest.raises(NotReadyError, match="not one reply came back at 100/s: connection refused"):
        searched(Server(2000.0, status_codes={}, errors=errors))


@pytest.mark.parametrize(
    ("plan", "slo", "message"),
    [
        (PLAN, (), "--slo: expected at least one"),
        (PLAN, ("p98x < 1s",), "--slo: unknown metric"),
        (PLAN, ("p99 < 1s abort",), "--slo: expected"),
        (replace(PLAN, duration_s=None), SLO, "--requests: cannot be combined with find-max"),
        (replace(PLAN, requests_limit=5), SLO, "--requests: cannot be combined with find-max"),
        (replace(PLAN, arrivals=None), SLO, "--stage: cannot be combined with find-max"),
        (replace(PLAN, arrivals=Arrivals((Stage(5, 1, 2),))), SLO, "--stage: cannot be combined with find-max"),
    ],
)
def test_what_cannot_be_searched_with_is_refused(plan, slo, message):
    with pytest.raises(UsageError, match=message):
        parse_slo(plan, slo)


def test_there_is_room_for_more_connections_where_the_client_can_open_them():
    assert with_room(PLAN).arrivals.max_connections == 512
    for fixed in (replace(PLAN, mode="threads"), replace(PLAN, client="httpx"), replace(PLAN, arrivals=None)):
        assert with_room(fixed) == fixed


def test_a_scenario_is_searched_for_journeys_and_what_the_slo_says_of_them():
    """Its requests say nothing of the rate: there are as many as the journeys want."""
    slow, quick = Histogram([(90_000, 100)]), Histogram([(1000, 100)])

    def served(clock):
        part = RequestResult(
            Ledger(100, 100, 0, 98, 2), latency_ms=latencies({"response": clock}), kind="journey",
            histograms={"response": clock.encode()},
        )  # fmt: skip
        journeys = Journeys(150, 100, 50, 98, 2)
        return {"transactions": {"buy": part}, "journeys": journeys, "journey_rate": Rate(15.0, 10.0, 9.8)}

    plan = replace(PLAN, job=ScenarioJob((Journey("buy"),)))
    found = searched(Server(1e9, **served(quick)), plan=plan, slo=("journeys:p99 < 50ms",))
    trial = found.trials[0]
    assert (trial.due_rps, trial.sent_rps, trial.ok_rps, trial.failed) == (15.0, 10.0, 9.8, 2)
    assert not trial.reached
    assert trial.response.p99 == pytest.approx(1.0, rel=0.01)
    slowed = searched(Server(1e9, **served(slow)), plan=plan, slo=("journeys:p99 < 50ms",))
    assert slowed.best_rps is None
