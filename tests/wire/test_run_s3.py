"""S3 runs as a user has them: against a store that checks signatures, and against servers that fail."""

import signal
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from loadgen.results.result import Result
from loadgen.results.rounds import read_variants
from loadgen.workloads.s3.protocol.documents import read_page
from tests.support.command import MODES, Command, Finished, Mode, loadgen, wait_until
from tests.support.fault_server import FaultServer
from tests.support.s3_requests import Store
from tests.support.s3_servers import S3Store
from tests.support.steps import AwaitClose, Close, ReadHead, ReadRequest, Reset, Send, Step

pytestmark = pytest.mark.slow  # the stores take 2 s to start and up to 10 ms a request

KEY, SECRET = "AKIACANARYCANARY0001", "canary/secret+key=0002"
CANARIES = (KEY, SECRET)


@pytest.fixture
def signing(signing_store: S3Store) -> S3Store:
    return signing_store


@pytest.fixture
def moto(moto_store: S3Store) -> S3Store:
    return moto_store


def s3(server: S3Store, job: str, *argv: object, mode: Mode = ("--mode", "async"), **env: str) -> Finished:
    keys = {"AWS_ACCESS_KEY_ID": server.key, "AWS_SECRET_ACCESS_KEY": server.secret}
    return loadgen(
        "s3", job, "--endpoint", server.url, "--bucket", "trial", "-c", "2", "--format", "json", *mode, *argv,
        env={**keys, **env},
    )  # fmt: skip


def good(done: Finished, sent: int) -> Result:
    """The Result of a run in which everything went well and nothing was left."""
    assert done.code == 0, done.err
    result = done.result
    assert (result.ledger.sent, result.ledger.ok) == (sent, sent), result.errors
    assert "nothing is left" in result.notes[-1]
    return result


def keys_of(server: S3Store, prefix: str = "", bucket: str = "trial") -> list[str]:
    store = Store(server, bucket)
    try:
        return [item.key for item in read_page(store.good(store.operations().list(prefix))).objects]
    finally:
        store.close()


def keys_of_run(server: S3Store, result: Result) -> list[str]:
    return keys_of(server, f"loadgen/{result.plan['s3']['run_id']}/")


def test_objects_are_put_as_header_fields_ask(moto: S3Store) -> None:
    there = ("--bucket", "fields")
    fields = ("-H", "x-amz-storage-class: GLACIER", "-H", "x-amz-tagging: a=b&c=d", "-H", "x-amz-meta-Of: me")
    good(
        s3(moto, "put", *there, "--size", "100", "--objects", "4", *fields, "--sse", "s3", "-H", "If-None-Match: *"), 4
    )
    kept = s3(moto, "put", *there, "--size", "100", "--objects", "1", "--keep", *fields)
    assert kept.code == 0, kept.err
    client = boto3.client(
        "s3", endpoint_url=moto.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    (item,) = client.list_objects_v2(Bucket="fields")["Contents"]
    head = client.head_object(Bucket="fields", Key=item["Key"])
    assert (head["StorageClass"], head["Metadata"]) == ("GLACIER", {"of": "me"})


def test_what_a_store_does_not_do_as_asked_is_said(moto: S3Store) -> None:
    done = s3(moto, "get", "--size", "100", "--objects", "4", "--sse", "c")
    assert (done.code, done.out) == (2, "")
    assert (
        "does not do as it is asked: x-amz-server-side-encryption-customer-algorithm: AES256 was asked for" in done.err
    )


def test_what_is_retained_is_put_and_cleaned_up_all_the_same(moto: S3Store) -> None:
    good(s3(moto, "put", "--bucket", "locked", "--size", "100", "--objects", "3", "--retain", "1h"), 3)


def test_fields_of_one_s_own_are_signed(signing: S3Store) -> None:
    for job, more in (("put", ("--objects", "3")), ("get", ("-n", "6")), ("stat", ("-n", "6"))):
        good(s3(signing, job, "--size", "100", "-H", "X-Own: 1", "-H", "x-amz-meta-of:  a  b", *more), int(more[1]))


def test_no_version_is_left_where_the_bucket_keeps_them(moto: S3Store) -> None:
    client = boto3.client(
        "s3", endpoint_url=moto.url, aws_access_key_id=moto.key, aws_secret_access_key=moto.secret,
        region_name="us-east-1",
    )  # fmt: skip
    client.create_bucket(Bucket="versioned")
    client.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    for job in ("put", "mixed", "delete"):
        good(s3(moto, job, "--bucket", "versioned", "--objects", "4", "--size", "10", "-n", "4"), 4)
    client.put_object(Bucket="versioned", Key="loadgen/0123abcd/00000001", Body=b"x")
    client.delete_object(Bucket="versioned", Key="loadgen/0123abcd/00000001")
    assert "deleted: 2 objects" in loadgen(
        "s3", "sweep", "--endpoint", moto.url, "--bucket", "versioned",
        env={"AWS_ACCESS_KEY_ID": moto.key, "AWS_SECRET_ACCESS_KEY": moto.secret},
    ).out  # fmt: skip
    left = client.list_object_versions(Bucket="versioned")
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])


def test_put_and_get_in_every_mode(signing: S3Store, moto: S3Store, mode: Mode) -> None:
    """What signs is the same in all that has a loop, and a request costs Swift ten times what it costs moto."""
    store = signing if mode in (MODES["async"], MODES["threads"]) else moto
    put = good(s3(store, "put", "--objects", "6", "--size", "1KiB..3KiB", mode=mode), 6)
    assert put.requests["put"].status_codes == {"200": 6}
    assert put.requests["put"].phases_ms["first_byte"].count == 6
    assert sum(second.payload_bytes for second in put.timeline) == put.requests["put"].payload_bytes
    assert 6 << 10 <= put.requests["put"].payload_bytes <= 18 << 10
    got = good(s3(store, "get", "--objects", "4", "--size", "100KiB", "--verify", "-n", "8", mode=mode), 8)
    assert got.requests["get"].payload_bytes == 8 * 100 << 10
    assert got.notes[0].startswith("Prepared 4 objects, 400 KiB")
    assert keys_of_run(store, got) == []


def test_rounds_are_judged_with_a_baseline_and_each_cleans_up(moto: S3Store, tmp_path: Path) -> None:
    put = ("put", "--objects", "5", "--size", "1KiB", "-q")
    before, after, junit = tmp_path / "before.json", tmp_path / "after.json", tmp_path / "j.xml"
    assert s3(moto, *put, "-o", before).code == 0
    margins = ("--baseline", before, "--max-regression", "error_rate: 1%")
    done = s3(moto, *put, "--rounds", "2", *margins, "-o", after, "--junit", junit, "-T", "put:ok == 10")
    assert (done.code, done.err) == (0, "")
    (rounds,) = read_variants(after.read_text())
    assert [result.ledger.ok for result in rounds.results] == [5, 5]
    assert 'name="put:ok == 10"' in junit.read_text()
    assert 'classname="loadgen.baseline"' in junit.read_text()
    assert moto.secret not in after.read_text() + junit.read_text()
    assert [key for result in rounds.results for key in keys_of_run(moto, result)] == []


@pytest.mark.parametrize(
    ("job", "argv", "sent"),
    [
        ("stat", ["-n", "6"], {"stat": 6}),
        ("list", ["-n", "3"], {"list": 3}),
        ("list", ["-R", "500/s", "-n", "5"], {"list": 5}),
        ("copy", ["-n", "8"], {"copy": 8}),
        ("delete", [], {"delete": 5}),
        ("delete", ["--delete-many", "3"], {"delete-many": 2}),
        ("get", ["-n", "5", "--range", "7", "--verify"], {"get-range": 5}),
        ("get", ["-n", "5", "--presigned", "--verify"], {"get": 5}),
        ("multipart", [], {"create-multipart": 5, "put-part": 5, "complete-multipart": 5, "abort-multipart": 0}),
        ("batch", [], {"get": 5, "put": 5, "get again": 0, "put again": 0}),
        ("put", ["--payload", "streaming", "--checksum", "crc32"], {"put": 5}),
        ("put", ["-R", "500/s"], {"put": 5}),
    ],
)
def test_every_job_does_what_it_says(signing: S3Store, job: str, argv: list[str], sent: dict[str, int]) -> None:
    result = good(s3(signing, job, "--objects", "5", "--size", "20B..2KiB", *argv), sum(sent.values()))
    assert {name: part.ledger.ok for name, part in result.requests.items()} == sent


def test_mixed_in_every_mode(moto: S3Store, local_mode: Mode) -> None:
    result = good(s3(moto, "mixed", "--objects", "5", "--size", "1KiB", "-n", "60", mode=local_mode), 60)
    assert set(result.status_codes) == {"200", "204"}


def test_what_was_there_before_stays_there(moto: S3Store) -> None:
    there = ("--bucket", "before")
    store = Store(moto, "before")
    good(s3(moto, "put", *there, "--objects", "1", "--size", "1"), 1)
    from loadgen.workloads.s3.protocol.data import Given

    for key in ("mine", "loadgen/mine"):
        store.good(store.operations().put(key, Given(b"x")))
    good(s3(moto, "delete", *there, "--objects", "3", "--size", "1"), 3)
    assert keys_of(moto, bucket="before") == ["loadgen/mine", "mine"]
    kept = s3(moto, "put", *there, "--objects", "2", "--size", "1", "--keep").result
    assert kept.notes == [f"Kept everything under before/loadgen/{kept.plan['s3']['run_id']}/"]
    assert len(keys_of(moto, bucket="before")) == 4
    store.close()


def test_a_batch_over_what_is_there_keeps_what_it_makes(moto: S3Store, tmp_path: Path, local_mode: Mode) -> None:
    store = Store(moto, "trial")
    good(s3(moto, "put", "--objects", "1", "--size", "1"), 1)
    from loadgen.workloads.s3.protocol.data import Given

    prefix = f"in{len(list(keys_of(moto)))}/"
    for number in range(4):
        store.good(store.operations().put(f"{prefix}{number}", Given(b"image")))
    journal = tmp_path / "journal"
    argv = ["--source", prefix, "--prefix", f"made-{prefix}", "--resume", journal]
    first = s3(moto, "batch", *argv, mode=local_mode)
    assert first.code == 0, first.err
    assert keys_of(moto, f"made-{prefix}") == [f"made-{prefix}{number}" for number in range(4)]
    again = s3(moto, "batch", *argv, mode=local_mode).result
    assert again.requests["get"].ledger.sent == 0
    store.close()


def test_a_wrong_secret_is_said_before_anything_runs(signing: S3Store) -> None:
    done = s3(signing, "put", "--objects", "2", AWS_SECRET_ACCESS_KEY=SECRET)
    assert (done.code, done.out) == (2, "")
    assert "status 403, SignatureDoesNotMatch; check AWS_SECRET_ACCESS_KEY" in done.err
    assert SECRET not in done.err


def test_a_source_in_a_missing_bucket_is_a_failure_with_its_code(moto: S3Store) -> None:
    done = s3(moto, "batch", "--source", "a/", "--bucket", "nobody-made-this")
    assert done.code == 108
    assert done.result.error_codes == {"NoSuchBucket": 1}


def test_a_batch_that_finds_nothing_says_so(moto: S3Store) -> None:
    good(s3(moto, "put", "--objects", "1", "--size", "1"), 1)
    done = s3(moto, "batch", "--source", "nobody/put/this/here/")
    assert (done.code, done.out) == (2, "")
    assert "--source: there is nothing under 'nobody/put/this/here/' in trial" in done.err


def fault(script: Callable[[int], list[object]], *argv: object) -> tuple[Finished, FaultServer]:
    with FaultServer(script) as server:  # type: ignore[arg-type]
        store = S3Store("fault", f"http://127.0.0.1:{server.port}", KEY, SECRET)
        return s3(store, "put", "--objects", "3", "--size", "64KiB", "-c", "1", "--retries", "0", *argv), server


EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ONE_BYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
LISTED = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<ListBucketResult/>\n"
ECHO = f"<Error><Code>SlowDown</Code><Message>{KEY} {SECRET}</Message></Error>".encode()
BUSY = b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(ECHO), ECHO)


def test_a_connection_cut_in_mid_upload_is_counted_and_what_could_not_be_cleaned_up_is_said() -> None:
    done, _ = fault(lambda n: [ReadRequest(), Send(LISTED), Close()] if n == 0 else [ReadHead(), Reset()])
    result = done.result
    assert (result.ledger.sent, result.ledger.ok) == (3, 0)
    assert {row.error_class for row in result.errors} <= {"connection_reset", "early_close", "stale_connection"}
    assert result.notes[-1].startswith("NOT CLEANED UP (")
    assert "objects may be left under trial/loadgen/" in result.notes[-1]
    assert f"loadgen: {result.notes[-1]}\n" in done.err, "a person is told where the report is for programs"


def test_a_preparation_that_fails_says_why_and_what_it_left() -> None:
    with FaultServer(lambda n: [ReadRequest(), Send(LISTED if n == 0 else BUSY), Close()]) as server:
        done = s3(
            S3Store("fault", f"http://127.0.0.1:{server.port}", KEY, SECRET),
            "get",
            "--retries",
            "0",
            "--size",
            "1",
            "-c",
            "1",
        )
    assert (done.code, done.out) == (2, "")
    _where, why, left = done.err.splitlines()
    assert why.endswith(": status 503, SlowDown")
    assert left.startswith("loadgen: NOT CLEANED UP (status 503, SlowDown): objects may be left under trial/loadgen/")


def test_no_output_holds_a_key_or_a_signature() -> None:
    for argv in ([], ["--retries", "1"]):
        done, server = fault(
            lambda n: [ReadRequest(), Send(LISTED if n == 0 else BUSY), Close()], "-o", "/dev/stderr", *argv
        )
        signatures = [request.head.partition(b"Signature=")[2][:64].decode() for request in server.requests]
        assert len(signatures) > 3
        assert done.result.error_codes == {"SlowDown": 3 * (1 + len(argv) // 2)}
        for text in (done.out, done.err):
            assert not [secret for secret in (*CANARIES, *signatures) if secret and secret in text]


def test_a_store_without_room_is_named_by_its_code() -> None:
    said = b"<Error><Code>StorageFull</Code><Message>no room left</Message></Error>"
    full = b"HTTP/1.1 507 Full\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)
    done, _ = fault(lambda n: [ReadRequest(), Send(LISTED if n == 0 else full), Close()])
    result = done.result
    assert (result.ledger.ok, result.ledger.failed, result.error_codes) == (0, 3, {"StorageFull": 3})
    assert result.errors[0].message == "status 507, StorageFull"
    assert "status 507, StorageFull" in done.out


def test_retries_are_counted_apart() -> None:
    done, _ = fault(lambda n: [ReadRequest(), Send(LISTED if n == 0 else BUSY), Close()], "--retries", "2")
    result = done.result
    assert {name: part.ledger.failed for name, part in result.requests.items()} == {"put": 3, "put again": 6}


def test_a_signal_is_not_needed_to_end_and_check_opens_no_socket() -> None:
    done = loadgen(
        "check", "s3-upload", env={"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "TARGET": "http://a.test"}
    )
    assert (done.code, done.err) == (0, "")
    assert "Operations\n  put\n  put again" in done.out
    assert not [secret for secret in CANARIES if secret in done.out]


PREPARED, MEASURED, CLEANED = 1, 2, 3
"""The connections of a get with one user: after that of the bucket, each step opens its own."""


@pytest.mark.parametrize(
    ("step", "code", "because", "last"),
    [
        (PREPARED, 105, "SIGINT received while preparing", "Cleaned up in"),
        (MEASURED, 105, "SIGINT received", "Cleaned up in"),
        (CLEANED, 0, "", "NOT CLEANED UP (SIGINT received): objects may be left under trial/loadgen/"),
    ],
    ids=["preparing", "measuring", "cleaning up"],
)
def test_a_signal_ends_any_step_and_what_is_left_is_said(step: int, code: int, because: str, last: str) -> None:
    replies = {PREPARED: EMPTY, MEASURED: ONE_BYTE}

    def script(number: int) -> list[Step]:
        if number == step:
            return [ReadHead(), AwaitClose()]
        return [ReadRequest(), Send(replies.get(number, LISTED) if number < step else LISTED), Close()]

    with FaultServer(script) as server:
        argv = ["--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "trial", "--mode", "async", "-c", "1"]
        argv += ["--objects", "1", "--size", "1", "-n", "1", "--grace", "0.1s", "--format", "json"]
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        with Command("s3", "get", *argv, env=keys) as command:
            wait_until(lambda: len(server.requests) > step, "the request that is never answered")
            command.send(signal.SIGINT)
            done = command.finish()
    result = done.result
    assert (done.code, result.ended_because) == (code, because)
    assert result.notes[-1].startswith(last)
    assert result.generator.mode == "async"
