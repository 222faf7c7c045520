"""A batch: every object once, in order, and on from where it was stopped."""

import json

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.exchange import Request
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.workloads.s3 import journal
from loadgen.workloads.s3.function import load_function, touch
from loadgen.workloads.s3.protocol.endpoint import find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from tests.support.s3_fake import FakeStore, finish, next_request, play, taken, workload_of


def plan(**values):
    return S3Job("batch", "photos", **{"run_id": "run", "objects": None, "source": "in/", "prefix": "out/", **values})


def stored(count=10, **options):
    store = FakeStore(**options)
    store.objects = {f"in/{number:02d}": b"image %d" % number for number in range(count)} | {"in/": b"", "other": b"x"}
    return store


def test_each_object_is_downloaded_processed_and_uploaded_under_the_other_prefix():
    store = stored(page=4)
    for index in range(3):
        play(workload_of(plan(), index, 3), store)
    made = {key: data for key, data in store.objects.items() if key.startswith("out/")}
    assert made == {f"out/{number:02d}": touch(b"image %d" % number) for number in range(10)}
    asked = [key for method, key, _ in store.seen if method == "GET" and key]
    assert sorted(asked) == [f"in/{number:02d}" for number in range(10)]


def test_an_object_is_one_transaction_and_counts_with_what_was_downloaded():
    transactions, store = Transactions(), stored(4, fault=lambda method, key, _: _refuse(method, key))
    play(workload_of(plan(), transactions=transactions), store, users=1)
    tally = taken(transactions)
    assert (tally.ok, tally.failed, tally.unknown, tally.payload) == (2, 2, 0, 2 * len("image 0"))


def _refuse(method, key):
    return (403, "AccessDenied") if (method, key) in {("GET", "in/01"), ("PUT", "out/02")} else None


def test_a_function_that_fails_fails_its_object_alone(tmp_path, monkeypatch):
    (tmp_path / "picky_function.py").write_text(
        "def make(data):\n    if data.endswith(b'3'):\n        raise ValueError('no image')\n    return data.upper()\n"
    )
    monkeypatch.chdir(tmp_path)
    store, s3 = stored(), plan(function="picky_function:make")
    workload = workload_of(s3)
    ends = play(workload, store, users=1)
    assert [error for _, error in ends if error] == [ErrorClass.PROCESSING]
    assert sorted(key for key in store.objects if key.startswith("out/")) == [
        f"out/{number:02d}" for number in range(10) if number != 3
    ]
    assert store.objects["out/01"] == b"IMAGE 1"


def test_the_failure_names_the_object_and_what_was_raised(tmp_path, monkeypatch):
    (tmp_path / "broken_function.py").write_text("def make(data):\n    return len(data)\n")
    monkeypatch.chdir(tmp_path)
    store = stored(1)
    script = workload_of(plan(function="broken_function:make")).script(0)
    page = next_request(script)
    finish(script, page, store.answer(page))
    request = next_request(script)
    assert finish(script, request, store.answer(request)) is ErrorClass.PROCESSING
    assert (
        request.expect.describe(200, "")
        == "in/00: TypeError: the function returned int, expected bytes, bytes and a dict, or None"
    )


def test_a_stopped_batch_goes_on_and_does_every_object_once(tmp_path):
    path = str(tmp_path / "j")
    s3 = plan(journal=path)
    journal.write_journal(path, s3, 1)
    store = stored()
    play(workload_of(s3), store, most=8)
    first = [entry.key for entry in journal.read_entries(path)]
    assert 0 < len(first) < 10
    store.seen.clear()
    for index in range(2):
        play(workload_of(s3, index, 2), store)
    again = {key for method, key, _ in store.seen if method == "GET" and key}
    assert again == {f"in/{number:02d}" for number in range(10)} - set(first)
    assert journal.put_in_order(path, s3, 1) == 10
    entries = journal.read_entries(path)
    assert [(entry.index, entry.key, entry.made) for entry in entries] == [
        (number, f"in/{number:02d}", f"out/{number:02d}") for number in range(10)
    ]
    assert {(entry.bytes_in, entry.bytes_out) for entry in entries} == {(7, 11)}


def test_a_line_that_a_crash_cut_off_is_done_again(tmp_path):
    path, s3 = tmp_path / "j", plan()
    journal.write_journal(str(path), s3, 1)
    journal.Journal(str(path), pytest.fail).add(journal.Entry(1, "in/é", "out/é", 1, 2))
    with path.open("a") as file:
        file.write('{"index": 2, "key": "in/')
    assert [entry.key for entry in journal.read_entries(str(path))] == ["in/é"]


ODD = ["in/a\u2028b", "in/c\u0085d", "in/e\nf", "in/g\x0bh\x1ci", 'in/j"k', "in/l\\m", "in/é"]


def test_keys_may_hold_what_some_call_the_end_of_a_line(tmp_path):
    path, s3 = str(tmp_path / "j"), plan()
    journal.write_journal(path, s3, 1)
    written = journal.Journal(path, pytest.fail)
    for index, key in enumerate(ODD):
        written.add(journal.Entry(index, key, key.replace("in/", "out/"), 1, 2, "tag"))
    assert [entry.key for entry in journal.read_entries(path)] == ODD
    assert journal.put_in_order(path, s3, 1) == len(ODD)
    assert [entry.key for entry in journal.read_entries(path)] == ODD


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_journal_that_was_cut_anywhere_never_says_more_than_was_done(tmp_path, cut):
    path, s3 = tmp_path / "j", plan()
    journal.write_journal(str(path), s3, 1)
    journal.Journal(str(path), pytest.fail).add(journal.Entry(1, "in/1", "out/1", 1, 2))
    path.write_bytes(path.read_bytes()[:-cut])
    journal.Journal(str(path), pytest.fail).add(journal.Entry(2, "in/2", "out/2", 1, 2))
    journal.Journal(str(path), pytest.fail).add(journal.Entry(3, "in/3", "out/3", 1, 2))
    keys = {entry.key for entry in journal.read_entries(str(path))}
    assert {"in/3"} <= keys <= {"in/1", "in/2", "in/3"}


def test_an_object_that_has_changed_since_is_done_again(tmp_path):
    path = str(tmp_path / "j")
    s3 = plan(journal=path)
    journal.write_journal(path, s3, 1)
    store = stored(4)
    play(workload_of(s3), store)
    store.objects["in/02"] = b"another image"
    store.seen.clear()
    play(workload_of(s3), store)
    assert [key for method, key, _ in store.seen if method == "PUT"] == ["out/02"]
    assert store.objects["out/02"] == touch(b"another image")
    assert len(journal.read_entries(path)) == 4


def test_a_journal_without_tags_is_gone_on_with(tmp_path):
    path, s3 = tmp_path / "j", plan(journal=str(tmp_path / "j"))
    journal.write_journal(str(path), s3, 1)
    with path.open("a") as file:
        file.write('{"index": 0, "key": "in/00", "made": "out/00", "bytes_in": 7, "bytes_out": 11}\n')
    store = stored(2)
    play(workload_of(s3), store)
    assert [key for method, key, _ in store.seen if method == "PUT"] == ["out/01"]


def test_tags_are_kept_and_asked_for_only_where_there_are_any():
    store = stored(3)
    store.object_tags = {"in/01": {"a b": "c&d", "e": ""}, "in/02": {}}
    play(workload_of(plan()), store)
    asked = [key for method, key, query in store.seen if query == "tagging"]
    assert (asked, store.fields["out/01"]["x-amz-tagging"]) == (["in/01"], "a+b=c%26d&e=")
    assert "x-amz-tagging" not in store.fields["out/00"]


@pytest.mark.parametrize("document", [b"<html>", b"<Tagging/>", b""])
def test_tags_that_cannot_be_read_are_the_failure_of_their_object(document):
    store = stored(1, twist=lambda query, body: document if query == "tagging" else body)
    store.object_tags = {"in/00": {"a": "b"}}
    ends = play(workload_of(plan()), store)
    assert [error for _, error in ends if error] == [ErrorClass.UNEXPECTED_BODY]
    assert "out/00" not in store.objects


def test_a_list_that_does_not_say_when_does_not_tell_which_are_young():
    s3 = plan(since_s=0.0)
    ends = play(workload_of(s3), stored(2))
    assert {error for _, error in ends} == {None}
    store = stored(2)
    store.modified = ""
    script = workload_of(s3).script(0)
    page = next_request(script)
    assert finish(script, page, store.answer(page)) is ErrorClass.UNEXPECTED_BODY
    assert "does not say when an object was modified" in page.expect.describe(200, "")
    assert {error for _, error in play(workload_of(plan()), store)} == {None}


def test_what_is_made_may_go_to_another_store():
    elsewhere = find_bucket("small", endpoint="http://127.0.0.2:9", environment={})
    ids = {operation: name_id for name_id, operation in enumerate(plan().operations)}
    puts = Operations(elsewhere, Provider(Credentials("AKIA", "secret")), ids, elsewhere=True)
    store, seen = stored(2), []
    script = workload_of(plan(), puts=puts).script(0)
    while isinstance(request := script.resume(None), Request):
        seen.append((request.method, request.target.partition("?")[0], request.origin))
        finish(script, request, store.answer(request))
    assert seen[1:3] == [("GET", "/photos/in/00", None), ("PUT", "/small/out/00", elsewhere.origin)]


def test_the_calls_of_the_function_have_a_row_of_their_own():
    transactions = Transactions(names=Names([(Kind.GROUP, "object")]))
    play(workload_of(plan(function="zlib:compress"), transactions=transactions), stored(3))
    recording = Recording()
    transactions.take(recording, last=True)
    numbers = transactions.number(Kind.CALL, "function"), transactions.number(Kind.METRIC, "listed")
    assert (recording.transactions[numbers[0]].ok, recording.metrics[numbers[1]].sum) == (3, 3)


def made_by(tmp_path, monkeypatch, text, **values):
    """A plan with a function of this text."""
    module = f"made_{abs(hash(text))}"
    (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return plan(function=f"{module}:make", **values)


def test_only_what_fits_is_taken_and_what_is_made_has_a_name_by_a_pattern():
    store = FakeStore()
    store.objects = dict.fromkeys(["in/a.jpg", "in/b/c.jpg", "in/d.png"], b"x")
    play(workload_of(plan(match="*.jpg", name="{stem}-small.webp")), store)
    assert sorted(key for key in store.objects if key.startswith("out/")) == ["out/a-small.webp", "out/b/c-small.webp"]


def test_no_object_is_made_over_another_s():
    store = FakeStore()
    store.objects = {"in/a.jpg": b"jpg", "in/a.png": b"png"}
    workload = workload_of(plan(name="{stem}.webp"))
    ends = play(workload, store, users=1)
    assert [error for _, error in ends if error] == [ErrorClass.PROCESSING]
    assert store.objects["out/a.webp"] == touch(b"jpg")


def test_a_function_may_take_the_key_skip_an_object_and_say_what_it_is(tmp_path, monkeypatch):
    text = (
        "def make(data, key):\n    if key.endswith('1'):\n        return None\n"
        "    return key.encode(), {'Content-Type': 'image/webp', 'x-amz-meta-Of': key}\n"
    )
    path = str(tmp_path / "j")
    s3 = made_by(tmp_path, monkeypatch, text, journal=path)
    journal.write_journal(path, s3, 1)
    store = stored(3)
    ends = play(workload_of(s3), store)
    assert {error for _, error in ends} == {None}
    assert [key for key in sorted(store.objects) if key.startswith("out/")] == ["out/00", "out/02"]
    assert store.objects["out/02"] == b"in/02"
    assert store.fields["out/02"]["content-type"] == "image/webp"
    assert store.fields["out/02"]["x-amz-meta-of"] == "in/02"
    assert [(entry.key, entry.made) for entry in journal.read_entries(path)] == [
        ("in/00", "out/00"), ("in/01", ""), ("in/02", "out/02"),
    ]  # fmt: skip
    store.seen.clear()
    play(workload_of(s3), store)
    assert [key for method, key, _ in store.seen if key] == []


@pytest.mark.parametrize(
    "wrong",
    ["{}", "(data, 'text')", "(data, {'a': 1})", "(data, {'a\\nb': 'c'})", "(data, {'a': 'b\\r\\nc: d'})", "(data,)"],
)
def test_what_cannot_be_put_is_the_failure_of_the_object(tmp_path, monkeypatch, wrong):
    s3 = made_by(tmp_path, monkeypatch, f"def make(data):\n    return {wrong}\n")
    ends = play(workload_of(s3), stored(1))
    assert [error for _, error in ends if error] == [ErrorClass.PROCESSING]


def test_a_journal_is_of_one_batch_only(tmp_path):
    path, s3 = str(tmp_path / "j"), plan()
    assert journal.read_run_id(path, s3, 1) is None
    journal.write_journal(path, s3, 1)
    assert journal.read_run_id(path, s3, 1) == s3.run_id
    with pytest.raises(UsageError, match="of a batch with source 'in/', not 'elsewhere/'"):
        journal.read_run_id(path, plan(source="elsewhere/"), 1)


def test_a_batch_that_prepares_its_objects_is_of_one_seed_and_one_size(tmp_path):
    path, s3 = str(tmp_path / "j"), plan(source=None, sizes=((1, 9, 1.0),))
    journal.write_journal(path, s3, 7)
    assert journal.read_run_id(path, s3, 7) == s3.run_id
    with pytest.raises(UsageError, match="of a batch with seed 7, not 8"):
        journal.read_run_id(path, s3, 8)
    with pytest.raises(UsageError, match="of a batch with sizes"):
        journal.read_run_id(path, plan(source=None, sizes=((1, 8, 1.0),)), 7)


@pytest.mark.parametrize("text", ["{}\n", "[1]\n", json.dumps({"schema": "loadgen.result/1"}), "not JSON"])
def test_what_is_no_journal_is_not_written_to(tmp_path, text):
    path = tmp_path / "j"
    path.write_text(text)
    with pytest.raises(UsageError, match="is not the journal of a batch"):
        journal.read_run_id(str(path), plan(), 1)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere_at_all:make", "ModuleNotFoundError"),
        ("json:nothing", "there is no 'nothing'"),
        ("json:__name__", "a function, got str"),
        ("nosuch.py:make", "there is no such file"),
        ("json:JSONDecoder.raw_decode.nothing", "there is no"),
        ("atexit:unregister.nothing", "there is no"),
        ("gc:collect.nothing", "there is no"),
        ("gc:enable", "takes and returns bytes"),
    ],
)
def test_a_function_that_is_not_there_is_said(name, problem):
    with pytest.raises(UsageError, match=problem):
        load_function(name)
