"""The s3 section of a profile: what it becomes, and what is wrong with it."""

from io import BytesIO

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan, plan_to_pieces, read_plan
from loadgen.plan.jobs.s3_places import Target
from loadgen.plan.profiles.document import profile_for_s3, read_profile
from loadgen.plan.profiles.s3_values import expand_endpoints, read_since

HERE = "http://127.0.0.1:9000"


def plan(job="get", flags=None, **section):
    profile = profile_for_s3({"job": job, "bucket": "photos", **section}, {"target": HERE, **(flags or {})})
    return make_plan(profile, cores=2, gil=True)


def problems(**values):
    with pytest.raises(ProfileError) as caught:
        plan(**values)
    return str(caught.value)


def test_a_plan_comes_out_of_json_as_it_went_in():
    whole = plan(
        "mixed",
        size="1KiB:3,2KiB..4KiB:1",
        mix="get:1,put:2",
        range="512",
        retries="2",
        payload="streaming",
        content="compressible:04",
    )
    assert read_plan(BytesIO(b"".join(plan_to_pieces(whole)))) == whole
    described = describe_plan(whole)
    assert (described["s3"]["job"], described["s3"]["mix"], described["variables"]) == (
        "mixed",
        [["get", 1.0], ["put", 2.0]],
        [],
    )


@pytest.mark.parametrize(
    ("job", "flags", "objects", "duration_s"),
    [
        ("put", {}, 100, None),
        ("put", {"duration": "5s"}, None, 5.0),
        ("multipart", {"total_requests": "7"}, None, None),
        ("get", {}, 100, 10.0),
        ("mixed", {"duration": "5s"}, 100, 5.0),
        ("copy", {}, 100, 10.0),
        ("list", {"rate": "5/s"}, 100, 10.0),
        ("delete", {}, 100, None),
        ("batch", {}, 100, None),
    ],
)
def test_jobs_that_use_their_objects_up_need_no_duration(job, flags, objects, duration_s):
    made = plan(job, flags)
    assert (made.job.objects, made.duration_s) == (objects, duration_s)


def test_a_batch_stops_at_its_first_failure_unless_it_is_told_otherwise():
    assert plan("batch").stop.max_errors == 1
    assert plan("batch", {"max_errors": "5"}).stop.max_errors == 5
    assert plan("batch", {"fail_fast": False}).stop.max_errors is None
    assert plan("get").stop.max_errors is None


def test_the_users_of_a_batch_have_threads_unless_it_is_told_otherwise():
    """A function may wait."""
    assert (plan("batch").mode, plan("batch", {"processes": "2"}).processes) == ("threads", 2)
    assert plan("batch", {"mode": "pool"}).mode == "pool"
    assert plan("get").mode == "pool"


def test_a_batch_may_put_into_another_bucket():
    whole = plan(
        "batch", source="", to="s3://small/new/", to_endpoint="https://s3.example.com", modified_since="2026-01-02"
    )
    assert read_plan(BytesIO(b"".join(plan_to_pieces(whole)))) == whole
    assert (whole.job.to, whole.job.prefix) == (Target("small", "https://s3.example.com"), "new/")
    assert whole.job.since_s == 1767312000.0
    assert plan("batch", source="", to="s3://small").job.prefix == ""


@pytest.mark.parametrize(
    ("text", "since_s"),
    [("7d", 1e6 - 604800), ("36h", 1e6 - 129600), ("1970-01-02", 86400.0), ("1970-01-02T00:00:01+00:00", 86401.0)],
)
def test_a_time_is_a_day_or_an_age(text, since_s):
    assert read_since(text, lambda: 1e6) == since_s


def test_header_fields_stand_in_lines_or_in_a_mapping_and_what_is_retained_has_a_checksum():
    whole = plan("put", headers={"x-amz-storage-class": "GLACIER"}, sse="kms:k", retain="1h")
    assert read_plan(BytesIO(b"".join(plan_to_pieces(whole)))) == whole
    assert whole.job.headers == plan(headers=["x-amz-storage-class: GLACIER"]).job.headers
    assert (whole.job.checksum, plan("put", retain="1h", payload="streaming").job.checksum) == ("md5", "crc32")


def test_a_key_of_the_customer_s_own_is_a_secret():
    made = plan("put", headers=["x-amz-server-side-encryption-customer-key: CANARY"])
    assert "CANARY" not in str(describe_plan(made))


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["http://a"], ["http://a"]),
        (["a", "b"], ["a", "b"]),
        (["http://10.0.0.{9...11}:9000"], [f"http://10.0.0.{number}:9000" for number in (9, 10, 11)]),
        (["{1..2}.{3..4}"], ["1.3", "1.4", "2.3", "2.4"]),
    ],
)
def test_numbers_in_an_endpoint_stand_for_several(texts, found):
    assert expand_endpoints(texts) == found


@pytest.mark.parametrize("text", ["a{1", "a{x}", "a{2...1}", "a{1...99}", "{1...4}{1...5}"])
def test_endpoints_that_cannot_be_are_said(text):
    with pytest.raises(ValueError, match="expected"):
        expand_endpoints([text])


def test_operations_are_request_names_so_that_thresholds_know_them():
    made = plan("mixed", {"thresholds": ["get:p99 < 1s", "delete:error_rate < 1%"]}, retries="1")
    assert [spec.name for spec in made.job.requests] == [
        "get", "stat", "put", "delete", "get again", "stat again", "put again", "delete again",
    ]  # fmt: skip
    assert "put-part" in problems(job="get", flags={"thresholds": ["put-part:p99 < 1s"]})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"job": "move"}, "--job: expected put, get"),
        ({"job": "put", "size": "5121MiB"}, "--size: expected at most 5GiB"),
        ({"job": "multipart", "size": "6TiB", "part_size": "5GiB"}, "--size: expected at most 5TiB"),
        ({"job": "multipart", "part_size": "6GiB"}, "--part-size: expected at most 5GiB"),
        (
            {"job": "multipart", "size": "1MiB..100GiB"},
            "--part-size: expected at least 11MiB: 12,800 parts would be more",
        ),
        ({"job": "batch", "source": "in/", "name": "all.webp"}, "--name: expected a name with {stem}"),
        ({"job": "batch", "source": "in/", "name": "{stem}{no}"}, "--name: expected a name with {stem}"),
        ({"job": "batch", "match": "*.jpg"}, "--match: only with source"),
        ({"job": "put", "existing": "in/"}, "--existing: only for get and stat and list and delete"),
        ({"job": "delete", "existing": ""}, "--existing: expected a prefix: without one all of the bucket"),
        ({"existing": "in/", "verify": True}, "--verify: cannot be combined with existing"),
        ({"versions": True}, "--versions: only with existing"),
        ({"existing": "in/", "versions": True, "presigned": True}, "--presigned: cannot be combined with versions"),
        ({"existing": "in/", "size": "3"}, "--size: cannot be combined with existing"),
        ({"headers": ["Range: bytes=0-1"]}, "--header: expected a field that the job does not make itself, got Range"),
        ({"headers": ["nothing"]}, "found no colon"),
        ({"sse": "aes"}, "--sse: expected s3, kms, kms:KEY or c"),
        ({"presigned": True, "sse": "c"}, "--presigned: cannot be combined with headers"),
        ({"checksum": "md5", "payload": "streaming"}, "--checksum: md5 cannot be combined with streaming"),
        ({"order": "zipf:x"}, "--order: expected sequential, random, zipf or zipf:1.2"),
        ({"order": "zipf:0"}, "--order: expected sequential, random, zipf or zipf:1.2"),
        ({"job": "put", "prefixes": "65537"}, "--prefixes: expected at most 65,536"),
        ({"job": "batch", "max_size": "1MiB"}, "--max-size: only with source"),
        ({"job": "batch", "source": "", "min_size": "2", "max_size": "1"}, "--max-size: expected at least min_size"),
        ({"job": "batch", "source": "in/", "modified_since": "soon"}, "--modified-since: expected a day such as"),
        ({"job": "batch", "source": "in/", "to": "other/x"}, "--to: expected s3://bucket or s3://bucket/prefix"),
        ({"job": "batch", "source": "", "to": "s3://photos/x"}, "--to: cannot lie within source"),
        ({"job": "batch", "source": "", "prefix": "x"}, "--prefix: cannot lie within source"),
        ({"job": "batch", "source": "", "to": "s3://a", "prefix": "x"}, "--prefix: cannot be combined with to"),
        ({"job": "batch", "source": "in/", "to_endpoint": HERE}, "--to-endpoint: only with to"),
        ({"job": "get", "to": "s3://a"}, "--to: only for batch"),
        ({"job": "get", "match": "*.jpg"}, "--match: only for batch"),
        ({"content": "noise"}, "--content: expected random, text, compressible:4"),
        ({"content": "compressible:1"}, "--content: expected random, text, compressible:4"),
        ({"content": "@"}, "--content: expected random, text, compressible:4"),
        ({"size": "big"}, "--size: expected a size such as 1MiB"),
        ({"verify": True, "job": "put"}, "--verify: only for get and mixed, and the job is put"),
        ({"presigned": True, "job": "stat"}, "--presigned: only for get, and the job is stat"),
        ({"presigned": True, "range": "1KiB"}, "--presigned: cannot be combined with range"),
        ({"job": "multipart", "part_size": "1MiB"}, "--part-size: expected at least 5MiB"),
        ({"range": "2MiB"}, "--range: expected at most the size of the smallest object"),
        ({"job": "mixed", "mix": "get:1,delete:1"}, "--mix: expected at least as much put as delete"),
        ({"job": "mixed", "mix": "copy:1"}, "--mix: expected each of get, stat, put, delete once"),
        ({"job": "delete", "delete_many": "1001"}, "--delete-many: expected at most 1000"),
        ({"job": "batch", "function": "make"}, "--function: expected module:function"),
        ({"job": "batch", "source": "a/", "objects": "5"}, "--objects: cannot be combined with source"),
        ({"job": "batch", "source": "a/", "prefix": "a/b/"}, "--prefix: cannot lie within source"),
        ({"job": "multipart", "flags": {"rate": "5/s"}}, "--rate: cannot be combined with multipart: a part waits"),
        ({"job": "batch", "flags": {"stages": ["5s:5/s"]}}, "--stage: cannot be combined with batch: an upload waits"),
        (
            {"job": "put", "objects": "20", "flags": {"warmup": "2s"}},
            "--warmup: cannot be combined with a job that ends with its objects: the warm-up would use objects up",
        ),
        ({"flags": {"headers": ["A: b"]}}, "--header: cannot be combined with s3"),
        ({"expect_continue": True, "job": "get"}, "--expect-continue: only for put and multipart and append"),
        ({"expect_continue": True, "flags": {"client": "httpx"}}, "--client: httpx cannot be combined with a body"),
        ({"sizze": "1"}, "--sizze: unknown key; did you mean 'size'?"),
    ],
)
def test_what_is_wrong_is_said_by_its_flag(values, problem):
    assert problem in problems(**values)


def test_a_file_s_problems_come_all_at_once_with_their_lines(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("connections: x\ns3:\n  job: putt\n  objcts: 3\nrequests: [{path: /}]\n")
    with pytest.raises(ProfileError) as caught:
        read_profile(file, {}, {}, {})
    lines = str(caught.value).splitlines()
    assert [line.split("p.yaml: ")[1].split(": ")[:2] for line in lines] == [
        ["line 1", "connections"], ["line 2", "s3.bucket"], ["line 3", "s3.job"], ["line 4", "s3.objcts"],
    ]  # fmt: skip
