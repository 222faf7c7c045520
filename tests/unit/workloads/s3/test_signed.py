"""Requests that are signed once and sent over and over."""

from dataclasses import replace

import pytest

from loadgen.base.exchange import Fields, Request
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3.objects import GOOD_FOR_S, MOST_KEPT, Signed
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from tests.support.s3_fake import FakeStore, next_request, play, workload_of

KEYS = Credentials("AKIAEXAMPLEEXAMPLE01", "secret")


class Made:
    """What makes the requests, and a clock."""

    def __init__(self, most_kept=MOST_KEPT):
        self.now = 1000.0
        self.count = 0
        self.provider = Provider(KEYS)
        self.signed = Signed(self._make, self.provider, lambda: self.now, most_kept)

    def _make(self, index):
        self.count += 1
        return Request(0, "GET", f"/{index}", Fields(()))


def test_a_request_is_the_same_for_a_minute():
    made = Made()
    first, other = made.signed(1), made.signed(2)
    made.now += GOOD_FOR_S - 0.1
    assert made.signed(1) is first
    assert made.signed(2) is other
    made.now += 0.1
    again = made.signed(1)
    assert again is not first
    assert made.signed(1) is again
    assert made.count == 3


def test_other_credentials_sign_anew():
    made = Made()
    first = made.signed(1)
    made.provider.current = replace(KEYS, token="another")
    assert made.signed(1) is not first


def test_only_so_many_are_kept():
    made = Made(most_kept=3)
    kept = [made.signed(index) for index in range(3)]
    assert made.signed(3) is not made.signed(3)
    assert [made.signed(index) for index in range(3)] == kept
    made.now += GOOD_FOR_S
    assert made.signed(0) is made.signed(0)
    assert MOST_KEPT * 1500 < 32 << 20


def plan(job, **values):
    return S3Job(job, "photos", **{"run_id": "run", "sizes": ((100, 100, 1.0),), "objects": 3, **values})


@pytest.mark.parametrize("job", ["get", "stat"])
def test_a_job_that_reads_sends_the_same_requests_again(job):
    reader = workload_of(plan(job)).script(0)
    first = [next_request(reader) for _ in range(3)]
    assert [next_request(reader) for _ in range(3)] == first
    assert len({request.target for request in first}) == 3
    assert {request.payload for request in first} == {100 if job == "get" else 0}


@pytest.mark.parametrize(
    "s3",
    [plan("get", verify=True), plan("get", retries=1), plan("mixed", mix=(("get", 1.0), ("stat", 1.0))),
     plan("get", range_bytes=10)],
    ids=["verify", "retries", "mixed", "range"],
)  # fmt: skip
def test_a_request_that_is_followed_is_its_own_object(s3):
    reader = workload_of(s3).script(0)
    requests = [next_request(reader) for _ in range(20)]
    assert len({id(request) for request in requests}) == 20
    assert {request.awaited for request in requests} == {s3.most_retries > 0 or s3.job == "mixed"}
    assert len({request.sink for request in requests}) == (20 if s3.verify else 1)


def test_every_download_is_compared_from_its_beginning():
    s3 = plan("get", verify=True)
    store = FakeStore()
    play(workload_of(replace(s3, job="put")), store)
    assert {error for _, error in play(workload_of(s3), store, most=20)} == {None}


@pytest.mark.parametrize(
    ("values", "remembered"), [({}, True), ({"sizes": ((10, 99, 1.0),)}, False), ({"verify": True}, False)]
)
def test_replies_are_remembered_where_all_should_say_the_same(values, remembered):
    request = next_request(workload_of(plan("get", **values)).script(0))
    assert (request.group is not None) is remembered
    assert request.group is None or not request.group.repeats
