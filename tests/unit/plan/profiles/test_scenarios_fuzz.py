"""Whatever stands in a profile's scenarios: a plan comes of it, or problems in plain words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.profiles.document import parse_profile

TEXTS = st.sampled_from(
    [
        "/",
        "/${A}",
        "/${A:-1}",
        "${A}/x",
        "${f.c}",
        "${f.c:-x}",
        "${",
        "$$",
        "a",
        "",
        "/x?y=${B:-é}",
        "1s",
        "own",
        "${N}",
    ]
)
SCALARS = TEXTS | st.integers(-1, 3) | st.booleans() | st.none() | st.floats(allow_nan=False)
EXTRACTS = st.dictionaries(
    st.sampled_from(["A", "B", "f", "N", "a-b"]),
    st.dictionaries(st.sampled_from(["json", "header", "regex", "cookie", "pick", "default", "secret"]), SCALARS)
    | SCALARS,
    max_size=2,
)
PLAIN = st.dictionaries(
    st.sampled_from(
        ["path", "name", "method", "body", "json", "think", "timeout", "group", "repeat", "expect", "headers"]
    ),
    SCALARS | st.dictionaries(st.sampled_from(["X-A", "status", "json"]), SCALARS, max_size=2),
    max_size=4,
)
STEPS = st.recursive(
    PLAIN,
    lambda inner: st.builds(
        lambda plain, key, steps, extract: {**plain, key: steps, "extract": extract},
        PLAIN,
        st.sampled_from(["steps", "together", "path"]),
        st.lists(inner, max_size=3) | SCALARS,
        EXTRACTS | SCALARS,
    ),
    max_leaves=6,
)
LISTS = st.lists(STEPS | SCALARS, max_size=3) | SCALARS
JOURNEYS = st.dictionaries(
    st.sampled_from(["steps", "weight", "think", "every", "fresh", "stps"]), LISTS | SCALARS, max_size=4
)
PROFILES = st.fixed_dictionaries(
    {
        "scenarios": st.dictionaries(
            st.sampled_from(["a", "b", "steps", "per_user", ""]), JOURNEYS | SCALARS, max_size=2
        )
    },
    optional={
        "feeds": st.dictionaries(st.sampled_from(["f", "g.h"]), PLAIN | SCALARS, max_size=2) | SCALARS,
        "per_user": st.dictionaries(st.sampled_from(["start", "end", "x"]), LISTS, max_size=2) | SCALARS,
        "headers": st.dictionaries(st.just("X-B"), SCALARS, max_size=1),
        "variables": st.just({"N": {"random": [1, 2]}}),
        "requests": LISTS,
        "journeys_per_user": SCALARS,
        "thresholds": TEXTS,
    },
)


@pytest.mark.slow  # 60 documents
@settings(max_examples=60, deadline=None)
@given(PROFILES)
def test_any_scenarios_become_a_plan_or_problems(values: dict[str, object]) -> None:
    text = json.dumps({"target": "http://127.0.0.1/", **values}).encode()
    job, problems = None, []
    try:
        job = make_plan(parse_profile(text, {}, {}, {}), cores=1, gil=True).job
    except ProfileError as error:
        problems = error.problems
    assert problems or (isinstance(job, ScenarioJob) and job.journeys)
    assert all(problem.strip() for problem in problems)
