import tracemalloc
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.reply import Expect
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.http import HttpJob, RequestSpec, Variable
from loadgen.plan.plan import make_shards
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.http import HttpScript, HttpWorkload
from loadgen.workloads.weights import weighted_cycle
from tests.support.fakes import make_plan

ID = Variable("id", "sequence", (1,))


def script(*requests, variables=(), index=0, count=1, seed=1):
    return HttpScript(HttpJob(requests, variables), index, count, seed)


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ([1.0], [1]),
        ([7.0], [1]),
        ([1.0, 1.0], [1, 1]),
        ([7.0, 2.5, 0.5], [14, 5, 1]),  # in whole halves
        ([0.1, 0.2], [1, 2]),  # decimal fractions are exact, though 0.1 + 0.2 is not
        ([50.0, 30.0, 20.0], [5, 3, 2]),
        ([1.0, 0.0], [1, 0]),  # no weight, no requests
        ([0.333, 0.667], [333, 667]),
    ],
)
def test_a_cycle_holds_every_request_in_exact_proportion(weights, counts):
    picks = Counter(weighted_cycle(weights, Random(1)))
    assert [picks[index] for index in range(len(weights))] == counts


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=8))
def test_a_cycle_too_long_to_be_exact_is_close_and_leaves_nobody_out(weights):
    picks = weighted_cycle(weights, Random(1))
    counts = Counter(picks)
    assert set(counts) == set(range(len(weights)))
    assert len(picks) <= 1000 + len(weights)
    for index, weight in enumerate(weights):
        share = weight / sum(weights)
        assert counts[index] / len(picks) == pytest.approx(share, abs=0.01)


def test_the_order_is_shuffled_by_the_seed_and_repeats():
    weights = [5.0, 5.0, 3.0]
    assert weighted_cycle(weights, Random(3)) == weighted_cycle(weights, Random(3))
    assert weighted_cycle(weights, Random(3)) != weighted_cycle(weights, Random(4))
    specs = [RequestSpec(name, "GET", f"/{name}", weight) for name, weight in (("a", 2), ("b", 1))]
    stream = script(*specs, seed=5)
    order = [stream.resume(None).name_id for _ in range(9)]
    assert order == order[:3] * 3
    assert Counter(order) == {0: 6, 1: 3}
    again = script(*specs, seed=5)
    assert [again.resume(None).name_id for _ in range(9)] == order


def test_a_request_that_never_changes_is_one_object():
    stream = script(RequestSpec("GET /", "GET", "/"))
    assert stream.only is not None
    assert stream.resume(None) is stream.resume(None) is stream.only


def test_among_several_requests_those_that_never_change_are_one_object_each():
    stream = script(RequestSpec("a", "GET", "/a"), RequestSpec("b", "GET", "/b"))
    assert stream.only is None
    assert len({id(stream.resume(None)) for _ in range(10)}) == 2


def test_paths_headers_and_bodies_are_filled_for_every_request():
    spec = RequestSpec(
        "buy", "POST", "/buy/${id}", headers=(("X-Id", "n${id}"), ("X-Fix", "%")), body=b'{"id": ${id}, "p": "100%"}'
    )
    stream = script(spec, variables=(ID,))
    assert stream.only is None
    first, second = stream.resume(None), stream.resume(None)
    assert (first.target, second.target) == ("/buy/1", "/buy/4")
    assert first.fields.pairs == (("X-Id", "n2"), ("X-Fix", "%"))
    assert first.body == b'{"id": 3, "p": "100%"}'
    assert second.body == b'{"id": 6, "p": "100%"}'
    assert first.group is second.group


@pytest.mark.parametrize(
    "spec",
    [
        RequestSpec("a", "GET", "/${id}"),
        RequestSpec("a", "GET", "/", headers=(("X", "${id}"),)),
        RequestSpec("a", "POST", "/", body=b"${id}"),
    ],
)
def test_one_place_anywhere_makes_every_request_new(spec):
    stream = script(spec, variables=(ID,))
    assert stream.resume(None) is not stream.resume(None)


def test_a_body_of_any_bytes_around_a_place_stays_as_it_is():
    stream = script(RequestSpec("a", "POST", "/", body=b"\xff\x00 ${id} \xe2\x82"), variables=(ID,))
    assert stream.resume(None).body == b"\xff\x00 1 \xe2\x82"


def test_a_request_has_its_plan_s_expectations_and_name():
    expect = Expect(((204, 204),), b"done", 4)
    stream = script(RequestSpec("a", "GET", "/a", 1), RequestSpec("b", "DELETE", "/b", 1, expect=expect))
    request = next(found for found in (stream.resume(None) for _ in range(2)) if found.name_id == 1)
    assert (request.method, request.target, request.expect) == ("DELETE", "/b", expect)


def test_workers_share_a_sequence_between_them():
    spec = RequestSpec("a", "GET", "/${id}")
    streams = [script(spec, variables=(ID,), index=index, count=3, seed=index) for index in range(3)]
    targets = [stream.resume(None).target for _ in range(2) for stream in streams]
    assert targets == ["/1", "/2", "/3", "/4", "/5", "/6"]


def test_the_users_of_a_worker_share_one_stream_or_have_one_each():
    spec = RequestSpec("a", "GET", "/${id}")
    plan = make_plan(job=HttpJob((spec,), (ID,)), users=5, workers=2)
    shard = make_shards(plan)[1]
    shared = HttpWorkload(plan.job, shard, plan.users)
    assert shared.script(0) is shared.script(1)
    own = HttpWorkload(plan.job, shard, plan.users, streams=True)
    assert [own.script(user).resume(None).target for user in range(2)] == ["/4", "/5"]  # the first three are elsewhere
    assert (shared.left, own.left) == (0, 0)


@pytest.mark.parametrize("streams", [False, True])
def test_an_arrival_that_is_never_served_passes_the_next_request_over(streams):
    specs = tuple(RequestSpec(name, "GET", f"/{name}") for name in "ab")
    plan = make_plan(job=HttpJob(specs))
    workload = HttpWorkload(plan.job, make_shards(plan)[0], plan.users, streams=streams)
    recorder = Recorder(bytes.decode, paced=True)
    for _ in range(2):
        workload.never_sent(recorder, 5_000)
    tallies = recorder.take().tallies
    assert {name_id: tally.clocks["response_censored"].total for name_id, tally in tallies.items()} == {0: 1, 1: 1}


def test_a_file_is_read_in_pieces_and_again_for_every_request(tmp_path):
    path = tmp_path / "body.bin"
    path.write_bytes(b"0123456789")
    body = FileBody(str(path), 4)
    assert body.length == 10
    assert list(body.chunks()) == list(body.chunks()) == [b"0123", b"4567", b"89"]


def test_a_file_body_streams_and_its_text_is_not_a_template(tmp_path):
    path = tmp_path / "body.txt"
    path.write_bytes(b"${id}")
    stream = script(RequestSpec("a", "PUT", "/", body_file=str(path)), variables=(ID,))
    assert stream.only is not None
    assert stream.only.streams
    assert b"".join(stream.only.body.chunks()) == b"${id}"


def test_a_large_body_is_shared_by_all_workers_and_never_copied():
    body = b"x" * 10_000_000
    job = HttpJob((RequestSpec("a", "POST", "/", body=body),))
    tracemalloc.start()
    try:
        requests = [HttpScript(job, index, 4, 1).resume(None) for index in range(4)]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert all(request.body is body for request in requests)
