"""Stores that answer with what S3 never says: all of it is a failure of the run, in every mode."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.workloads.s3.journal import read_entries
from tests.chaos.script import Script
from tests.chaos.server import HostileServer
from tests.chaos.store import ENVIRONMENT, Store
from tests.support.command import Finished, Mode, loadgen
from tests.support.spread import spread

Twist = Callable[[str, bytes], bytes]
OBJECTS = 12
PAGE = 4


def s3(store: Store, job: str, *argv: object, mode: Mode = ("--mode", "async")) -> Finished:
    with HostileServer(Script("misbehaving"), store=store) as server:
        return loadgen(
            "s3", job, "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos", "-c", "2",
            "--format", "json", *mode, *argv, env=ENVIRONMENT,
        )  # fmt: skip


def stored(twist: Twist) -> Store:
    store = Store(page=PAGE, twist=twist)
    store.add({f"in/{number:02d}": b"image" for number in range(OBJECTS)})
    return store


def of_second_page(change: Callable[[bytes], bytes]) -> Twist:
    return lambda query, body: change(body) if "list-type=2" in query and "continuation-token=" in query else body


BAD_LISTS = {
    "cut": (lambda body: body[: len(body) // 2], "no XML, or was cut off"),
    "empty": (lambda _: b" ", "no XML, or was cut off"),
    "HTML": (lambda _: b"<html><body>Please wait</body></html>", "<html> is no page of a list"),
    "an error": (lambda _: b"<Error><Code>SlowDown</Code></Error>", "SlowDown"),
    "no token": (lambda body: body.replace(b"NextContinuationToken", b"Nothing"), "no token for the next one"),
    "the same token": (lambda body: body.replace(b"7</Next", b"3</Next"), "gives a token again"),
}


@spread("change, said", BAD_LISTS)
def test_a_list_that_is_not_whole_is_not_the_end_of_a_batch(
    mode: Mode, tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    path = tmp_path / "journal"
    argv = ("--source", "in/", "--prefix", "out/", "--resume", path, "--retries", "0")
    store = stored(of_second_page(change))
    done = s3(store, "batch", *argv, "--max-errors", "100", mode=mode)
    result = done.result
    assert (done.code, result.requests["list"].ledger.ok > 0) == (99, True)
    assert {row.error_class for row in result.errors} == {"unexpected_body"}
    assert said in result.errors[0].message
    assert any("the list of the source was not read to its end" in note for note in result.notes)
    assert any("the same command goes on from there" in note for note in result.notes)
    assert [entry.key for entry in read_entries(str(path))] == [f"in/{number:02d}" for number in range(PAGE)]
    assert s3(store, "batch", *argv, mode=mode).code == 108  # the first failure ends it
    store.twist(lambda _query, body: body)
    assert s3(store, "batch", *argv, mode=mode).code == 0
    assert len(read_entries(str(path))) == OBJECTS


@pytest.mark.parametrize(("change", "said"), BAD_LISTS.values(), ids=BAD_LISTS)
def test_a_list_that_is_not_whole_fails_where_it_is_measured(change: Callable[[bytes], bytes], said: str) -> None:
    store = Store(page=PAGE, twist=of_second_page(change))
    result = s3(store, "list", "--size", "1", "--objects", "12", "-n", "20").result
    assert result.ledger.failed >= 1
    assert any(said in row.message for row in result.errors)
    assert result.left_behind[0].startswith("NOT CLEANED UP")


@spread("resume", [(True,), (False,)])
def test_a_source_with_nothing_under_it_is_said(mode: Mode, tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "journal"
    done = s3(
        stored(lambda _query, body: body), "batch", "--source", "imgaes/", "--prefix", "out/",
        *(("--resume", path) if resume else ()), mode=mode,
    )  # fmt: skip
    assert (done.code, done.out, path.exists()) == (2, "", False)
    assert "--source: there is nothing under 'imgaes/' in photos" in done.err


UPLOAD = ("--objects", "4", "--size", "6MiB", "--part-size", "5MiB", "-T", "error_rate < 1%")


def of(name: bytes, change: Callable[[bytes], bytes]) -> Twist:
    return lambda _query, body: change(body) if name in body else body


BAD_UPLOADS: dict[str, tuple[dict[str, object], str]] = {
    "no id": (
        {"twist": of(b"<Initiate", lambda _: b"<html><UploadId/></html>")}, "the reply tells of no upload id"
    ),
    "cut": ({"twist": of(b"<Initiate", lambda body: body[:-9])}, "the reply tells of no upload id"),
    "no completion": (
        {"twist": of(b"<Complete", lambda _: b"<html>")}, "the reply tells of no object that was put together"
    ),
    "no tags": ({"tags": False}, "status 400, InvalidPart"),
}  # fmt: skip


@spread("more, error", BAD_UPLOADS)
def test_an_upload_that_fails_is_a_failure_of_the_run(mode: Mode, more: dict[str, object], error: str) -> None:
    whole = s3(Store(**more), "multipart", *UPLOAD, mode=mode)
    result = whole.result
    failed = [part for name, part in result.requests.items() if part.ledger.failed and not name.startswith("abort")]
    assert sum(part.ledger.failed for part in failed) == 4
    assert whole.code in (99, 121)  # of a run that was not to be trusted, on a busy machine
    assert (result.transactions["upload"].ledger.failed, failed[0].errors[0].message) == (4, error)
    assert result.thresholds[0].verdict == "fail"
    assert s3(Store(**more), "multipart", *UPLOAD, "--fail-fast", mode=mode).code == 108
    assert s3(Store(**more), "multipart", *UPLOAD, "--max-errors", "3", mode=mode).code == 108


def test_an_upload_is_known_by_what_its_documents_hold() -> None:
    store = Store(twist=lambda _query, body: body.replace(b"InitiateMultipartUploadResult", b"s3.Begun"))
    whole = s3(store, "multipart", *UPLOAD)
    assert (whole.code, whole.result.transactions["upload"].ledger.ok, store.left) == (0, 4, [])


@pytest.mark.parametrize("said", [b"<html><body>Please wait</body></html>", b" "])
def test_a_copy_that_tells_of_no_copy_is_a_failure(local_mode: Mode, said: bytes) -> None:
    whole = s3(Store(twist=of(b"<CopyObject", lambda _: said)), "copy", "--size", "1", "-n", "6", mode=local_mode)
    assert (whole.result.ledger.ok, whole.result.ledger.failed) == (0, 6)
    assert whole.result.errors[0].message == "the reply tells of no copy that was made"


FUNCTION = """
import asyncio
import os
import sys
from os import _exit as leave

class Odd(BaseException):
    pass

def make(data):
    if data.endswith(b"3"):
        {wrong}
    return data
"""


RAISED = {
    "os._exit(0)": "ProgramEnd: os._exit(0)",
    "leave(3)": "ProgramEnd: os._exit(3)",
    "os.abort()": "ProgramEnd: os.abort()",
    "sys.exit(3)": "SystemExit: 3",
    "sys.exit()": "SystemExit",
    "raise Odd('no image')": "Odd: no image",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise asyncio.CancelledError": "CancelledError",
    "raise GeneratorExit": "GeneratorExit",
}


@spread("wrong, said", {wrong: (wrong, said) for wrong, said in RAISED.items()})
def test_whatever_a_function_raises_is_the_failure_of_its_object(
    mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, said: str
) -> None:
    module = f"odd_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(FUNCTION.format(wrong=wrong))
    monkeypatch.chdir(tmp_path)
    store = Store()
    store.add({f"in/{number:02d}": b"image %d" % number for number in range(6)})
    argv = ("--source", "in/", "--prefix", "out/", "--function", f"{module}:make")
    whole = s3(store, "batch", *argv, "--max-errors", "100", mode=mode)
    (row,) = whole.result.errors
    assert (row.error_class, row.count, row.message) == ("processing_failed", 1, f"in/03: {said}")
    assert whole.code == 107
    assert sorted(key for key in store.left if key.startswith("out/")) == [
        f"out/{number:02d}" for number in (0, 1, 2, 4, 5)
    ]
    assert s3(store, "batch", *argv, mode=mode).code == 108


def test_an_object_longer_than_its_list_says_is_left_in_the_middle_and_asked_for_once(mode: Mode) -> None:
    store = stored(lambda _query, body: b"x" * (16 << 20) if body == b"odd" else body)
    store.add({"in/99": b"odd"})
    whole = s3(store, "batch", "--source", "in/", "--prefix", "out/", "--max-errors", "100", mode=mode)
    (row,) = whole.result.errors
    assert (row.error_class, row.count, whole.code) == ("unexpected_length", 1, 99)
    assert re.fullmatch(r"in/99: a body of [0-9,]+ bytes, expected 3", row.message)
    assert whole.result.bytes.received < 4 << 20
    assert len([key for key in store.left if key.startswith("out/")]) == OBJECTS


@pytest.mark.parametrize("wrong", ["sys.exit()", "sys.exit(0)", "raise Odd", "os._exit(0)"])
def test_a_module_that_ends_the_program_is_a_usage_error(
    local_mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    (tmp_path / "ends_at_import.py").write_text(f"import os, sys\nclass Odd(BaseException): pass\n{wrong}\n")
    monkeypatch.chdir(tmp_path)
    whole = s3(Store(), "batch", "--function", "ends_at_import:make", "--size", "1", mode=local_mode)
    assert (whole.code, whole.out) == (2, "")
    assert "--function ends_at_import:make: " in whole.err


def test_wrong_bytes_are_a_failure(local_mode: Mode) -> None:
    store = Store(twist=lambda query, body: body[:-1] + b"!" if len(body) == 700 else body)
    argv = ("--objects", "4", "--size", "700", "-n", "12")
    found = s3(store, "get", *argv, "--verify", mode=local_mode)
    assert ([row.error_class for row in found.result.errors], found.code) == (["wrong_content"], 99)
    assert s3(store, "get", *argv, mode=local_mode).code == 0


def test_a_single_object_with_wrong_bytes_is_enough(local_mode: Mode) -> None:
    changed: list[bytes] = []

    def once(_query: str, body: bytes) -> bytes:
        if len(body) != 700 or changed:
            return body
        changed.append(body)
        return b"!" + body[1:]

    found = s3(Store(twist=once), "get", "--size", "700", "-n", "12", "--verify", mode=local_mode)
    assert (found.result.ledger.ok, found.result.ledger.failed, found.code) == (11, 1, 99)


@spread(
    "job, method",
    {"multipart": ("multipart", "POST"), "put": ("put", "PUT"), "get": ("get", "GET"), "delete": ("delete", "DELETE")},
)
def test_a_store_that_refuses_every_request_is_a_failure(mode: Mode, job: str, method: str) -> None:
    store = Store(lambda asked, key, _query: (403, "AccessDenied") if key and asked == method else None)
    refused = s3(store, job, "--objects", "4", "--size", "10", "-n", "4", mode=mode)
    assert (refused.result.ledger.ok, refused.code, [*refused.result.error_codes]) == (0, 99, ["AccessDenied"])


HINTS = {
    "region": (
        400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>",
        "status 400, AuthorizationHeaderMalformed: it is in region eu-west-1; give --region eu-west-1",
    ),
    "token": (400, "ExpiredToken", "", "the session token has expired: get new credentials"),
    "blank": (403, "SignatureDoesNotMatch", "", "AWS_SECRET_ACCESS_KEY has a blank at its beginning or end"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "code", "more", "said"), HINTS.values(), ids=HINTS)
def test_what_to_do_about_a_refusal_is_said(status: int, code: str, more: str, said: str) -> None:
    store = Store(lambda *_: (status, code), of_errors=more)
    padded = {"AWS_SECRET_ACCESS_KEY": f"{ENVIRONMENT['AWS_SECRET_ACCESS_KEY']} "}
    with HostileServer(Script("misbehaving"), store=store) as server:
        done = loadgen(
            "s3", "get", "--endpoint", f"http://127.0.0.1:{server.port}", "--bucket", "photos",
            env={**ENVIRONMENT, **padded},
        )  # fmt: skip
    assert (done.code, said in done.err) == (2, True), done.err


def test_keys_that_may_not_list_do_without() -> None:
    refuses = Store(lambda method, key, _query: (403, "AccessDenied") if (method, key) == ("GET", "") else None)
    refuses.add({})
    done = s3(refuses, "get", "--objects", "4", "--size", "10", "-n", "8")
    assert done.code == 0, done.err
    assert done.result.ledger.ok == 8
    assert "These keys may not list: photos is taken to be there" in done.result.notes
    assert any(note.startswith("NOT CLEANED UP (status 403, AccessDenied") for note in done.result.notes)
