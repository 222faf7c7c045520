from dataclasses import replace

import pytest

from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.scenario import Journey, ScenarioJob
from loadgen.plan.tracing import with_traces
from loadgen.workloads.template import value_source
from tests.support.plans import one_url, s3_batch


def test_each_request_has_a_traceparent_of_its_own() -> None:
    plan = with_traces(one_url())
    assert plan.slowest
    assert isinstance(plan.job, HttpJob)
    assert all(("traceparent", "${_traceparent}") in request.headers for request in plan.job.requests)
    draw = value_source(plan.job.variables[-1], seed=1, worker=0, workers=1)
    values = {str(draw()) for _ in range(100)}
    assert len(values) == 100
    for value in values:
        version, trace, parent, flags = value.split("-")
        assert (version, len(trace), len(parent), flags) == ("00", 32, 16, "01")
        assert int(trace, 16)
        assert int(parent, 16)


def test_traces_of_another_run_with_the_same_seed_are_others() -> None:
    plan = with_traces(one_url())
    assert isinstance(plan.job, HttpJob)
    first, second = (value_source(plan.job.variables[-1], 1, 0, 1)() for _ in range(2))
    assert first != second


def test_what_says_its_own_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="a job of S3"):
        with_traces(s3_batch())


def test_a_request_with_a_traceparent_keeps_it() -> None:
    plan = one_url()
    assert isinstance(plan.job, HttpJob)
    (request,) = plan.job.requests
    own = replace(request, headers=(("Traceparent", "x"),))
    assert with_traces(replace(plan, job=replace(plan.job, requests=(own,)))).job.requests == (own,)


def test_of_a_scenario_each_request_is_given_one_as_it_is_made() -> None:
    job = ScenarioJob((Journey("buy"),))
    plan = with_traces(replace(one_url(), job=job))
    assert plan.slowest
    assert isinstance(plan.job, ScenarioJob)
    assert plan.job.traces
    with pytest.raises(ValueError, match="is a function"):
        with_traces(replace(one_url(), job=replace(job, function="tasks.py:resize")))
