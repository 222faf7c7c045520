from dataclasses import replace

import pytest

from loadgen.base.endpoint import Tls
from loadgen.plan.files import files_of, with_files
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import FeedSpec, Journey, ScenarioJob, Step
from tests.support.fakes import make_plan

UPLOAD = RequestSpec("up", "PUT", "/", body_file="/up")
WITHOUT = RequestSpec("get", "GET", "/")
STEP = Step("group", steps=(Step("request", request=UPLOAD), Step("request", request=WITHOUT)))
SCENARIO = ScenarioJob(
    (Journey("one", steps=(STEP,)),),
    file="/shop.py",
    function="/call.py:f",
    feeds=(FeedSpec("users", "/users.csv"),),
    user_start=(Step("request", request=replace(UPLOAD, body_file="/start")),),
)


@pytest.mark.parametrize(
    ("job", "names"),
    [
        (make_plan((UPLOAD, WITHOUT)).job, ["/up"]),
        (SCENARIO, ["/shop.py", "/call.py", "/users.csv", "/up", "/start"]),
        (S3Job("put", "bucket", content="@/block", function="/made.py:f"), ["/block", "/made.py"]),
        (S3Job("put", "bucket", function="made:f"), []),
    ],
    ids=["bodies", "scenario", "s3", "a module"],
)
def test_each_file_is_found_and_moved(job, names):
    plan = replace(make_plan(), job=job, tls=Tls(ca_file="/ca", cert_file="/cert", key_file="/key"))
    names = ["/ca", "/cert", "/key", *names]
    assert files_of(plan) == names
    moved = with_files(plan, lambda name: f"/there{name}")
    assert files_of(moved) == [f"/there{name}" for name in names]
    assert with_files(moved, lambda name: name.removeprefix("/there")) == plan
