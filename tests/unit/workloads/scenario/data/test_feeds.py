import csv
import json
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.jobs.scenario import FeedSpec
from loadgen.plan.plan import share
from loadgen.workloads.scenario.data.feed_files import FeedFacts, inspect_feed
from loadgen.workloads.scenario.data.feeds import FeedEndedError, check_feed, open_feed

ROWS = [{"user": "ann", "n": "1"}, {"user": 'b"o, b', "n": "zwei\r\nZeilen"}, {"user": "", "n": "中"}]
CSV = '\ufeffuser, n\r\nann,1\r\n\r\n"b""o, b","zwei\r\nZeilen"\r\n,中'


@pytest.fixture
def made(tmp_path):
    """Makes a feed of a file with the given content."""

    def make(content, pick="order", name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return FeedSpec("people", str(path), pick)

    return make


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Makes a feed of so many rows, each with its number."""
    folder = tmp_path_factory.mktemp("numbered")

    def make(rows, pick):
        path = folder / f"{rows}.csv"
        path.write_text("".join(["n\n", *(f"{number}\n" for number in range(rows))]))
        return FeedSpec("people", str(path), pick)

    return make


def numbers(feed, user, times=1):
    return [int(feed.row(user)["n"]) for _ in range(times)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV.replace("\r\n", "\n").replace("zwei\nZeilen", "zwei\r\nZeilen")),
        ("a.jsonl", "\ufeff" + "\n\n".join(json.dumps(row) for row in ROWS)),
        ("a.ndjson", "\r\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\r\n"),
        ("a.json", json.dumps(ROWS, indent=1)),
    ],
)
def test_a_file_is_read_by_its_ending(made, name, content):
    spec = made(content, name=name)
    assert inspect_feed(spec) == FeedFacts(3, ("user", "n"))
    feed = open_feed(spec, 0, 1, 1, 1)
    assert [feed.row(0) for _ in range(4)] == [*ROWS, ROWS[0]]


def test_values_of_json_keep_their_kinds_and_a_row_is_its_users(made):
    row = {"id": 7, "tags": ["a"], "none": None, "odd": "\ud800"}
    for name, content in (("a.json", json.dumps([row])), ("a.jsonl", json.dumps(row))):
        feed = open_feed(made(content, name=name), 0, 1, 1, 1)
        feed.row(0)["tags"].append("mine")
        assert feed.row(0) == row


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2)))
def test_what_was_written_as_csv_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *rows, ["last", ""]])
    spec = FeedSpec("f", str(path), "once")
    assert inspect_feed(spec).rows == len(rows) + 1
    feed = open_feed(spec, 0, 1, 1, 1)
    assert [list(feed.row(0).values()) for _ in rows] == rows


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "", "no header row with the names of the columns"),
        ("a.csv", "a,b\n", "no rows in it"),
        ("a.csv", "a,b\n1\n", "line 2: expected 2 values, as in the header row, got 1"),
        ("a.csv", 'a,b\n"1\n2",3\n\n1,2,3\n', "line 5: expected 2 values, as in the header row, got 3"),
        ("a.csv", 'a,b\n"1\n2",3\n"4', "line 4: no CSV: unexpected end of data"),
        ("a.csv", 'a,b\n"1"2,3\n', "line 2: no CSV: ',' expected after '\"'"),
        ("a.csv", b"a,b\n1,2\n1,caf\xe9\n", "line 3: not UTF-8"),
        ("a.csv", b"a\n1\x002\n", "line 2: a NUL character"),
        ("a.csv", "a,a\n", "line 1: column 2 has the name 'a' again"),
        ("a.csv", "a,,b\n", "line 1: column 2 has no name"),
        ("a.csv", "a;b\n1;2\n", "line 1: columns are parted by commas, not by ;"),
        ("a.csv", "a\tb\n1\t2\n", "line 1: columns are parted by commas, not by tabs"),
        ("a.jsonl", '{"a": 1}\n\n[1]\n', "line 3: expected an object, got a list of 1"),
        ("a.jsonl", '{"a": 1}\n{"a": \n', "line 2: no JSON: Expecting value"),
        ("a.jsonl", b'{"a": "\xff"}\n', "line 1: not UTF-8"),
        ("a.jsonl", "\n", "no rows in it"),
        ("a.jsonl", "[" * 100_000, "line 1: no JSON: maximum recursion depth exceeded"),
        ("a.json", "{}", "expected a list of objects, got {}"),
        ("a.json", "[]", "no rows in it"),
        ("a.json", '[{"a": 1}, 5]', "[1]: expected an object, got 5"),
        ("a.json", '[{"a": 1},\n]', "line 2: no JSON: "),
        ("a.json", '{"a": 1}\n{"a": 2}', "line 2: no JSON: Extra data; a file of JSON lines ends in .jsonl"),
        ("a.json", b'[{"a":\n "\xff"}]', "line 2: not UTF-8"),
        ("a.txt", "a\n1\n", "expected a file that ends in .csv, .jsonl or .json"),
    ],
)
def test_a_problem_names_the_feed_the_file_and_the_line(made, name, content, problem):
    spec = made(content, name=name)
    with pytest.raises(UsageError) as caught:
        inspect_feed(spec)
    assert str(caught.value).startswith(f"feed people: {spec.file}: {problem}")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    with pytest.raises(UsageError, match=r"feed x: .*nothing\.csv: cannot be read: No such file or directory"):
        inspect_feed(FeedSpec("x", str(tmp_path / "nothing.csv")))
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory"):
        open_feed(FeedSpec("x", str(tmp_path)), 0, 1, 1, 1)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 40), shards=st.integers(1, 8))
def test_each_row_goes_once_over_all_shards(numbered, rows, shards):
    feeds = [open_feed(numbered(rows, "once"), index, shards, 1, 1) for index in range(shards)]
    given = []
    for index, feed in enumerate(feeds):
        mine = share(rows, shards, index)
        given += numbers(feed, index, mine)
        with pytest.raises(FeedEndedError, match=r"feed people: every row of .* has been used"):
            feed.row(index)
    assert sorted(given) == list(range(rows))


@settings(max_examples=25, deadline=None)
@given(users=st.integers(1, 40), extra=st.integers(0, 5), shards=st.integers(1, 8))
def test_each_user_has_a_row_of_its_own_for_good(numbered, users, extra, shards):
    spec = numbered(users + extra, "own")
    feeds = [open_feed(spec, index, shards, users, 1) for index in range(shards)]
    assert [numbers(feeds[user % shards], user, 2) for user in range(users)] == [[user, user] for user in range(users)]
    with pytest.raises(FeedEndedError, match="has no row for user"):
        feeds[0].row(shards * users)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 9), shards=st.integers(1, 12))
def test_in_order_every_shard_goes_round_its_rows(numbered, rows, shards):
    for index in range(shards):
        feed = open_feed(numbered(rows, "order"), index, shards, 1, 1)
        mine = list(range(rows))[index::shards] or [(index + step) % rows for step in range(rows)]
        assert numbers(feed, 0, 2 * len(mine)) == mine * 2


def test_at_random_a_user_gets_the_same_rows_with_any_shards_and_others_with_another_seed(numbered):
    spec = numbered(100, "random")
    one = open_feed(spec, 0, 1, 8, 5)
    expected = [numbers(one, user, 20) for user in range(8)]
    shards = [open_feed(spec, index, 3, 8, 5) for index in range(3)]
    assert [numbers(shards[user % 3], user, 20) for user in range(8)] == expected
    assert len({tuple(rows) for rows in expected}) == 8
    other = open_feed(spec, 0, 1, 8, 6)
    assert [numbers(other, user, 20) for user in range(8)] != expected


def test_at_random_all_rows_are_as_likely(numbered):
    feed = open_feed(numbered(10, "random"), 0, 1, 100, 1)
    times = Counter(number for user in range(100) for number in numbers(feed, user, 25))
    assert set(times) == set(range(10))
    assert all(190 <= count <= 310 for count in times.values())  # of 250 each; sigma is 15
    feed = open_feed(numbered(10, "random"), 0, 1, 1000, 1)
    first = Counter(numbers(feed, user)[0] for user in range(1000))
    assert all(60 <= count <= 140 for count in first.values())  # of 100 each; sigma is 9.5


@pytest.mark.parametrize(
    ("pick", "rows", "users", "journeys", "problem"),
    [
        ("own", 50, 50, None, None),
        ("own", 50, 51, 1, "only 50 rows for 51 users, each with a row of its own: add rows, or have at most 50 users"),
        ("once", 50, 60, 50, None),
        ("once", 1, 60, None, None),  # how many there will be is not known
        ("once", 1, 1, 2, "only 1 row for 2 journeys, each with a row that goes once: add rows, or plan at most 1"),
        ("order", 1, 60, 60, None),
        ("random", 1, 60, 60, None),
    ],
)
def test_too_few_rows_are_said_before_the_start(pick, rows, users, journeys, problem):
    spec = FeedSpec("people", "people.csv", pick)
    if problem is None:
        check_feed(spec, rows, users, journeys)
        return
    with pytest.raises(UsageError) as caught:
        check_feed(spec, rows, users, journeys)
    assert str(caught.value).startswith(f"feed people: people.csv: {problem}")


def test_a_shard_keeps_only_its_rows_and_a_row_takes_little_more_than_its_text(made):
    text = "x" * 80
    spec = made("text,n\n" + "".join(f"{text},{number}\n" for number in range(4_000)), "once")
    open_feed(spec, 0, 8, 1, 1)
    tracemalloc.start()
    feed = open_feed(spec, 0, 8, 1, 1)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert feed.row(0) == {"text": text, "n": "0"}
    assert held < 500 * 200
