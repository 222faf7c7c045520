"""Objects that grow: each by one user at a time, from where it ends."""

from collections import Counter
from random import Random

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.plan import Shard
from loadgen.workloads.s3.appends import Appends
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.protocol.data import Bodies
from loadgen.workloads.s3.tasks import Send, Tasks
from tests.support.s3_fake import FakeStore, operations, play

S3 = S3Job("append", "photos", run_id="run", objects=4, sizes=((100, 100, 1.0),))
BODIES = Bodies(1)


def stored(**options) -> FakeStore:
    store = FakeStore(**options)
    store.objects = {S3.key(index): BODIES.body(index, 100).joined() for index in range(4)}
    return store


def appends(index: int = 0, count: int = 1, **options) -> Tasks:
    made = Objects(operations(*S3.operations), S3, 1, Random(1))
    return Tasks(Appends(S3, made, Send(), Shard(index, count, 0, 1, None, seed=1), **options).begin)


def test_each_object_grows_by_pieces_that_all_differ() -> None:
    store = stored()
    for index in range(2):
        assert {error for _, error in play(appends(index, 2), store, users=3, most=6)} == {None}
    for index in range(4):
        pieces = [BODIES.body(index, 100, number).joined() for number in range(4)]
        assert store.objects[S3.key(index)] == b"".join(pieces)


def test_one_that_is_as_long_as_may_be_is_left_alone_and_the_job_ends_with_the_last() -> None:
    store = stored()
    play(appends(most=2), store, users=3, most=99)
    assert {len(data) for data in store.objects.values()} == {300}


def test_a_refused_append_leaves_the_object_as_it_was() -> None:
    refused = Counter()

    def fault(method: str, key: str, _query: str) -> tuple[int, str] | None:
        refused[method, key] += 1
        return (503, "SlowDown") if refused[method, key] == 1 else None

    ends = play(appends(), stored(fault=fault), users=2, most=8)
    assert Counter(error for _, error in ends) == {ErrorClass.UNEXPECTED_STATUS: 4, None: 4}


def test_the_length_of_one_whose_append_was_lost_is_asked_for() -> None:
    store, tasks = stored(), appends()
    script, other = tasks.script(0), tasks.script(1)
    store.answer(script.resume(None))  # done, and its reply lost
    other.resume(None)
    for one in (script, other):
        one.resume(Outcome(0, 0, None, ErrorClass.CONNECTION_RESET))
    seen = Counter()
    for _ in range(6):
        request = script.resume(None)
        reply = store.answer(request)
        error = request.expect.judge(reply)
        seen[request.method, error] += 1
        script.resume(Outcome(0, 0, reply, error))
    assert seen == {("HEAD", None): 2, ("PUT", None): 4}
    assert sorted(map(len, store.objects.values())) == [200, 200, 200, 300]
