"""What each job asks of a store, and what it makes of the answers."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from loadgen.base.clock import NS_PER_MS
from loadgen.base.error_class import ErrorClass
from loadgen.measure.recorder import Recorder
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.base import Pause
from loadgen.workloads.s3.objects import Objects
from loadgen.workloads.s3.sweep import is_of_run
from loadgen.workloads.s3.tasks import FIRST_PAUSE_NS, Locked, Send
from tests.support.s3_fake import FakeStore, finish, next_request, operations, play, taken, workload_of

SMALL = ((10, 50, 1.0),)


def plan(job, **values):
    return S3Job(job, "photos", **{"run_id": "run", "sizes": SMALL, "objects": 10, **values})


def objects(s3):
    return Objects(operations(*s3.operations), s3, 1, Random(1))


def filled(s3, **options):
    store = FakeStore(**options)
    play(workload_of(replace(s3, job="fill")), store)
    return store


def test_shards_put_every_object_once_and_no_two_are_equal():
    store, s3 = FakeStore(), plan("put")
    for index in range(3):
        shard = workload_of(s3, index, 3)
        assert shard.left == len(range(index, 10, 3))
        play(shard, store)
        assert shard.left == 0
    assert sorted(store.objects) == [f"loadgen/run/{number:08d}" for number in range(10)]
    assert len(store.seen) == 10
    assert len(set(store.objects.values())) == 10


def test_put_without_objects_goes_on():
    assert len(play(workload_of(plan("put", objects=None)), FakeStore(), most=25)) == 25


def test_a_get_goes_over_its_objects_again_and_again():
    s3 = plan("get", verify=True)
    store = filled(s3)
    ends = play(workload_of(s3), store, most=25)
    assert Counter(error for _, error in ends) == {None: 25}
    asked = Counter(key for method, key, _ in store.seen if method == "GET")
    assert sorted(asked.values()) == [2] * 5 + [3] * 5


@pytest.mark.parametrize("verify", [False, True])
def test_presigned_downloads_have_their_signature_in_the_url_and_no_other(verify):
    s3 = plan("get", presigned=True, verify=verify)
    request = next_request(workload_of(s3).script(0))
    assert "X-Amz-Signature=" in request.target
    assert b"Authorization" not in request.fields.block
    assert Counter(error for _, error in play(workload_of(s3), filled(s3), most=15)) == {None: 15}


def test_a_shard_without_objects_has_nothing_to_read():
    assert workload_of(plan("get", objects=2), index=2, count=3).script(0).resume(None) is None


def test_what_was_changed_under_the_reader_is_wrong_and_says_where():
    s3 = plan("get", verify=True, sizes=((20, 20, 1.0),))
    store = filled(s3)
    key = f"{s3.own_prefix}00000001"
    store.objects[key] = store.objects[key][:12] + b"X" + store.objects[key][13:]
    script = workload_of(s3).script(0)
    good, bad = next_request(script), next_request(script)
    assert finish(script, good, store.answer(good)) is None
    reply = store.answer(bad)
    assert finish(script, bad, reply) is ErrorClass.WRONG_CONTENT
    assert bad.expect.describe(200, "") == "byte 12 of the body differs from what was put"


def test_a_download_that_is_refused_says_that_and_not_where_it_differs():
    script = workload_of(plan("get", verify=True)).script(0)
    request = next_request(script)
    reply = FakeStore().answer(request)
    assert finish(script, request, reply) is ErrorClass.UNEXPECTED_STATUS
    assert request.expect.describe(404, request.expect.code(reply.kept)) == "status 404, NoSuchKey"


def test_a_copy_goes_over_its_objects_and_makes_one_copy_of_each():
    s3 = plan("copy", objects=4)
    store = filled(s3)
    ends = play(workload_of(s3), store, most=10)
    assert Counter(error for _, error in ends) == {None: 10}
    prepared = objects(s3)
    for index in range(4):
        copy = f"loadgen/run/copies/{index:08d}"
        assert (
            store.objects[copy]
            == store.objects[prepared.key(index)]
            == prepared.bodies.body(index, prepared.sizes.of(index)).joined()
        )
    assert len(store.objects) == 8
    assert prepared.copy(1).payload == prepared.sizes.of(1)


def test_a_copy_that_fails_with_status_200_is_a_failure():
    s3 = plan("copy")
    store = filled(s3)
    store._fault = lambda *_: (200, "InternalError")
    assert play(workload_of(s3), store, most=1) == [(0, ErrorClass.UNEXPECTED_BODY)]


@pytest.mark.parametrize(("many", "requests"), [(1, 10), (4, 3)])
def test_a_delete_takes_every_object_once(many, requests):
    s3 = plan("delete", delete_many=many)
    store = filled(s3)
    store.objects["elsewhere"] = b""
    assert len(play(workload_of(s3), store)) == requests
    assert list(store.objects) == ["elsewhere"]


def test_mixed_reads_and_deletes_only_what_is_there():
    s3 = plan("mixed")
    store = filled(s3)
    workload = workload_of(s3)
    ends = play(workload, store, users=7, most=2000)
    assert {error for _, error in ends} == {None}
    shares = Counter(s3.operations[name_id] for name_id, _ in ends)
    assert [round(shares[name] / 20) for name in s3.operations] == pytest.approx([45, 30, 15, 10], abs=2)


def test_mixed_does_not_read_what_could_not_be_put():
    s3 = plan("mixed", objects=1, mix=(("get", 1.0), ("put", 1.0)))
    store = filled(s3)
    store._fault = lambda method, *_: (500, "InternalError") if method == "PUT" else None
    workload = workload_of(s3)
    gets = [error for name_id, error in play(workload, store, most=100) if name_id == 0]
    assert set(gets) == {None}


def test_a_listing_goes_through_its_pages_and_begins_again():
    s3 = plan("list")
    store = filled(s3, page=4)
    workload = workload_of(s3)
    play(workload, store, users=1, most=6)
    tokens = [
        query.partition("continuation-token=")[2].partition("&")[0]
        for method, _, query in store.seen
        if method == "GET"
    ]
    assert [token[-1:] for token in tokens] == ["", "3", "7", "", "3", "7"]


def test_parts_of_several_uploads_are_put_together_in_order():
    s3 = plan("multipart", objects=3, sizes=((25, 25, 1.0),), part_bytes=10)
    store, workload = FakeStore(), workload_of(s3)
    assert workload.left == 3 * (3 + 2)
    ends = play(workload, store, users=5)
    assert Counter(s3.operations[name_id] for name_id, _ in ends) == {
        "create-multipart": 3, "put-part": 9, "complete-multipart": 3,
    }  # fmt: skip
    made = objects(s3)
    for index in range(3):
        parts = [made.bodies.body(index, size, number).joined() for number, size in ((1, 10), (2, 10), (3, 5))]
        assert store.objects[made.key(index)] == b"".join(parts)
    assert (store.uploads, workload.left) == ({}, 0)


def test_an_upload_with_a_failed_part_is_given_up_and_the_others_go_on():
    def refuse(_method, key, query):
        return (500, "InternalError") if key.endswith("1") and "partNumber=2" in query else None

    s3 = plan("multipart", objects=3, sizes=((25, 25, 1.0),), part_bytes=10)
    store = FakeStore(fault=refuse)
    play(workload_of(s3), store, users=1)
    assert sorted(key[-1] for key in store.objects) == ["0", "2"]
    assert store.uploads == {}
    assert not any("partNumber=3" in query for _, key, query in store.seen if key.endswith("1"))


def test_a_completion_that_fails_with_status_200_is_a_failure_and_aborts():
    def fail(method, _key, query):
        return (200, "InternalError") if method == "POST" and "uploadId" in query else None

    s3 = plan("multipart", objects=1, sizes=((5, 5, 1.0),))
    store = FakeStore(fault=fail)
    ends = play(workload_of(s3), store)
    assert [(s3.operations[name_id], error) for name_id, error in ends][2:] == [
        ("complete-multipart", ErrorClass.UNEXPECTED_BODY), ("abort-multipart", None),
    ]  # fmt: skip
    assert store.uploads == {}


@pytest.mark.parametrize(("how", "what"), [("POST", "uploads"), ("PUT", "partNumber=2"), ("POST", "uploadId")])
def test_an_upload_is_one_transaction_whatever_part_of_it_fails(how, what):
    def refuse(method, key, query):
        return (500, "InternalError") if (method, key[-1]) == (how, "1") and what in query else None

    s3 = plan("multipart", objects=3, sizes=((25, 25, 1.0),), part_bytes=10)
    transactions = Transactions()
    play(workload_of(s3, transactions=transactions), FakeStore(fault=refuse), users=4)
    tally = taken(transactions)
    assert (tally.ok, tally.failed, tally.unknown, tally.payload) == (2, 1, 0, 50)


def test_uploads_that_are_not_finished_are_under_way():
    transactions = Transactions()
    s3 = plan("multipart", objects=3, sizes=((25, 25, 1.0),), part_bytes=10)
    play(workload_of(s3, transactions=transactions), FakeStore(), users=1, most=7)
    tally = taken(transactions)
    assert (tally.ok, tally.failed, tally.unknown) == (1, 0, 1)


@pytest.mark.parametrize("exists", [True, False])
def test_a_bucket_is_made_only_where_it_is_missing(exists):
    store = FakeStore(exists=exists)
    ends = play(workload_of(plan("bucket")), store)
    assert [name_id for name_id, _ in ends] == ([0] if exists else [0, 1])
    assert {error for _, error in ends} == {None}
    assert store.exists


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((403, "AccessDenied"), None),
        ((403, "SignatureDoesNotMatch"), ErrorClass.UNEXPECTED_STATUS),
        ((404, "NoSuchUser"), ErrorClass.UNEXPECTED_STATUS),
        ((200, "a page of a browser"), ErrorClass.UNEXPECTED_BODY),
    ],
)
def test_no_bucket_is_made_where_one_may_not_look(refusal, error):
    store = FakeStore(fault=lambda *_: refusal)
    ends = play(workload_of(plan("bucket")), store)
    assert ends == [(0, error)]


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


def test_what_finds_the_store_busy_is_sent_again_later_under_another_name():
    answers = iter([(503, "SlowDown"), (503, "SlowDown"), None])
    store, clock = FakeStore(fault=lambda *_: next(answers)), Clock()
    s3 = plan("put", objects=1, retries=2)
    script = workload_of(s3, clock=clock).script(0)
    sent = []
    for pause_ns in (0, FIRST_PAUSE_NS, 2 * FIRST_PAUSE_NS):
        if pause_ns:
            assert script.resume(None) == Pause(clock.now + pause_ns)
            clock.now += pause_ns - 1
            assert script.resume(None) == Pause(clock.now + 1)
            clock.now += 1
        request = next_request(script)
        sent.append(s3.request_names[request.name_id])
        finish(script, request, store.answer(request))
    assert sent == ["put", "put again", "put again"]
    assert (len(store.objects), script.resume(None)) == (1, None)


def test_after_the_last_retry_it_has_failed():
    store, clock = FakeStore(fault=lambda *_: (503, "SlowDown")), Clock()
    script = workload_of(plan("put", objects=1, retries=1), clock=clock).script(0)
    for _ in range(2):
        request = next_request(script)
        finish(script, request, store.answer(request))
        clock.now += 10_000 * NS_PER_MS
    assert script.resume(None) is None


def test_what_is_wrong_and_not_busy_is_not_sent_again():
    store = FakeStore(fault=lambda *_: (403, "AccessDenied"))
    workload = workload_of(plan("put", objects=1, retries=3))
    assert len(play(workload, store)) == 1
    assert workload.left == 0


def test_while_a_request_waits_to_be_sent_again_users_send_others():
    answers = iter([(503, "SlowDown"), None, None])
    store, clock = FakeStore(fault=lambda *_: next(answers)), Clock()
    script = workload_of(plan("put", objects=3, retries=1), clock=clock).script(0)
    for _ in range(3):
        request = next_request(script)
        finish(script, request, store.answer(request))
    assert sorted(key[-1] for key in store.objects) == ["1", "2"]


def test_users_wait_for_what_another_s_request_may_lead_to():
    s3 = plan("multipart", objects=1, sizes=((25, 25, 1.0),), part_bytes=10)
    store, workload = FakeStore(), workload_of(s3)
    one, two = workload.script(0), workload.script(1)
    begin = next_request(one)
    assert two.resume(None) == Pause()
    finish(one, begin, store.answer(begin))
    parts = [next_request(script) for script in (two, one)]
    assert [s3.request_names[part.name_id] for part in parts] == ["put-part"] * 2
    assert workload.left == 2


def test_parts_that_are_ready_go_before_other_uploads_and_what_ends_one_before_both():
    s3 = plan("multipart", objects=3, sizes=((20, 20, 1.0),), part_bytes=10)
    ends = play(workload_of(s3), FakeStore(), users=1)
    assert [s3.request_names[name_id] for name_id, _ in ends] == [
        "create-multipart", "put-part", "put-part", "complete-multipart",
    ] * 3  # fmt: skip


class Lock:
    """Whether it is held, and how often it was."""

    held, times = False, 0

    def __enter__(self):
        assert not self.held
        self.held = True
        self.times += 1

    def __exit__(self, *_):
        self.held = False


def test_threads_take_turns_at_a_workload():
    s3, lock = plan("multipart", objects=2, sizes=((25, 25, 1.0),), part_bytes=10), Lock()
    store, workload = FakeStore(), Locked(workload_of(s3), lock)
    play(workload, store)
    assert (len(store.objects), workload.left) == (2, 0)
    assert lock.times > 2 * 10
    recorder = Recorder(bytes.decode, paced=True)
    workload.never_sent(recorder, 5_000)
    assert [*recorder.take().tallies] == [0]


@pytest.mark.parametrize("job", ["put", "get", "stat", "delete", "multipart", "mixed", "copy", "batch"])
def test_keys_may_be_spread_over_prefixes(job):
    s3 = plan(job, prefixes=3, run_id="0123abcd")
    store = filled(s3)
    prepared = sorted(store.objects)
    assert prepared == sorted(f"loadgen/0123abcd/{number % 3:04x}/{number:08d}" for number in range(10))
    assert {error for _, error in play(workload_of(s3), store, most=40)} == {None}
    assert all(is_of_run(key, s3.own_prefix) for key in store.objects)


def test_requests_are_named_by_the_size_of_their_objects():
    s3 = plan("get", sizes=((10, 10, 1.0), (5000, 5000, 1.0)), retries=0)
    store = filled(s3)
    ends = play(workload_of(s3), store, most=40)
    ids, added = s3.naming.ids(), s3.naming.added
    small, large = (ids[Operation.GET] + added[number] for number in (0, 1))
    of_small = sum(len(data) == 10 for data in store.objects.values())
    assert Counter(name_id for name_id, _ in ends) == {small: of_small * 4, large: (10 - of_small) * 4}


def test_what_is_sent_again_has_the_name_of_its_operation_whatever_its_size():
    s3 = plan("put", sizes=((10, 10, 1.0), (5000, 5000, 1.0)), retries=1)
    failed = []
    store = FakeStore(fault=lambda method, key, _: failed.append(key) or (503, "SlowDown") if not failed else None)
    ends = play(workload_of(s3, clock=lambda: 0), store, users=1, most=1)
    assert ends[0][0] >= len(s3.request_names)
    send = Send(1, 1, parts=s3.naming.wholes)
    request = next_request(workload_of(replace(s3, retries=0)).script(0))
    request.name_id = ends[0][0]
    assert send._again(lambda: request).name_id == s3.request_names.index("put again")
