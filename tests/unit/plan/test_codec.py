import json
import math
from dataclasses import fields, replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin, Tls
from loadgen.base.reply import Expect
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan, plan_to_pieces, read_plan
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Variable
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.metrics import metric_named
from loadgen.plan.plan import Arrivals, Plan, Stage, StopRules
from loadgen.plan.profiles.document import profile_for_url, read_profile
from tests.support.fakes import make_plan as fake_plan

texts = st.text(max_size=8)
requests = st.builds(
    RequestSpec,
    name=texts,
    method=texts,
    path=texts,
    weight=st.floats(0.001, 1e9),
    headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    body=st.binary(max_size=20),
    body_file=st.none() | texts,
    expect=st.builds(
        Expect,
        statuses=st.lists(st.tuples(st.integers(100, 599), st.integers(100, 599)), max_size=2).map(tuple),
        body_contains=st.none() | st.binary(max_size=5),
        length=st.none() | st.integers(0, 9),
    ),
)
rates = st.floats(0, 1e6)
arrivals = st.builds(
    Arrivals,
    stages=st.lists(st.builds(Stage, st.floats(0.001, 1e8) | st.just(math.inf), rates, rates), max_size=3).map(tuple),
    kind=st.sampled_from(["constant", "poisson"]),
    max_connections=st.integers(1, 9),
    when_busy=st.sampled_from(["queue", "drop"]),
    precise=st.booleans(),
)
conditions = st.lists(
    st.builds(
        Condition,
        st.builds(replace, st.sampled_from(["p99.9", "error_rate"]).map(metric_named), of=st.none() | texts),
        st.sampled_from(["<", "=="]),
        st.floats(0, 1e8),
        window_s=st.none() | st.floats(0, 1e8),
        min_count=st.none() | st.integers(0, 9),
        abort=st.booleans(),
        text=texts,
    ),
    max_size=2,
).map(tuple)
http_jobs = st.builds(
    HttpJob,
    requests=st.lists(requests, min_size=1, max_size=2).map(tuple),
    variables=st.lists(
        st.builds(Variable, texts, st.just("choice"), st.lists(st.integers() | texts, max_size=3).map(tuple)),
        max_size=2,
    ).map(tuple),
)
plans = st.builds(
    Plan,
    name=texts,
    origin=st.builds(Origin, st.sampled_from(["http", "https"]), texts, st.integers(1, 65535)),
    job=http_jobs | st.builds(S3Job, st.sampled_from(["put", "mixed"]), texts, source=st.none() | texts),
    requests_limit=st.none() | st.integers(1, 10**12),
    duration_s=st.none() | st.floats(0, 1e8),
    think_s=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    tls=st.builds(Tls, st.booleans(), st.none() | texts),
    stop=st.builds(StopRules, st.none() | st.integers(1, 9), conditions),
    arrivals=st.none() | arrivals,
    warmup_s=st.floats(0, 1e8),
    cool_down_s=st.floats(0, 1e8),
    thresholds=conditions,
    strict=st.booleans(),
    secrets=st.lists(texts, max_size=2).map(tuple),
)


def test_a_body_goes_to_a_worker_process_as_it_is():
    body = bytes(range(256)) * 1000
    line, follows = plan_to_pieces(fake_plan(requests=(RequestSpec("a", "POST", "/", body=body),)))
    assert follows is body
    assert len(line) < 10_000


@pytest.mark.slow  # building a hundred whole plans takes hypothesis most of a second
@settings(deadline=None)
@given(plans)
def test_a_plan_survives_the_way_to_a_worker_process(plan):
    again = read_plan(BytesIO(b"".join(plan_to_pieces(plan))))
    assert again == plan
    assert repr(again) == repr(plan)


CANARY = "cAnArY-0123"
SECRETIVE = """
name: with CANARY4
target: http://user:CANARY1@127.0.0.1/
variables: {T: {secret: true, default: CANARY4}, c: {choice: [CANARY5]}}
headers: {X-Api-Key: CANARY2, Cookie: a=CANARY3, X-T: "t ${T}", X-Auth-Token: "${c}"}
requests:
  - path: /x?token=CANARY6&a=${T}
    body: b ${T}
    expect: {body_contains: "c ${T}"}
"""


@pytest.fixture
def secretive_plan(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(SECRETIVE.replace("CANARY", CANARY))
    return make_plan(read_profile(path, {}, {}, {}), cores=1, gil=True)


def test_a_described_plan_holds_no_secret_and_is_plain_json(secretive_plan):
    described = describe_plan(secretive_plan)
    assert CANARY not in json.dumps(described)
    assert json.loads(json.dumps(described)) == described


def test_credential_headers_are_described_by_name_alone(secretive_plan):
    (request,) = describe_plan(replace(secretive_plan, secrets=()))["requests"]
    assert ["X-Api-Key", "[redacted]"] in request["headers"]
    assert ["Authorization", "[redacted]"] in request["headers"]


def test_a_described_plan_tells_all_that_was_done(secretive_plan):
    described = describe_plan(secretive_plan)
    assert described["target"] == "http://127.0.0.1"
    own = {item.name for item in fields(Plan)} - {
        "origin",
        "job",
        "secrets",
        "log_every",
        "slowest",
        "steered",
        "until_steady",
    }
    assert set(described) == own | {"target", "requests", "variables", "s3", "counted"}
    assert described["s3"] is None
    assert described["counted"] == {"noun": "requests", "per_reply": 1, "total": None}
    (request,) = described["requests"]
    assert request["path"] == "/x?token=[redacted]&a=[redacted]"
    assert request["body"]["length"] == len(f"b {CANARY}4")
    assert len(request["body"]["sha256"]) == 64
    assert ["X-T", "t [redacted]"] in request["headers"]
    assert request["expect"]["statuses"] == [[200, 399]]


def test_an_endless_stage_is_described_in_plain_json():
    plan = make_plan(profile_for_url("http://h/", {"rate": "5", "total_requests": "9"}), cores=1, gil=True)
    described = json.loads(json.dumps(describe_plan(plan), allow_nan=False))
    assert described["arrivals"]["stages"] == [{"duration_s": None, "from_rps": 5.0, "to_rps": 5.0}]
