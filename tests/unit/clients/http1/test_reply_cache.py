"""What counts as the same reply in other words: nothing that would be judged, framed or counted otherwise."""

import pytest

from loadgen.base.exchange import Expect
from loadgen.clients.http1.parser import ReplyReader
from loadgen.clients.http1.reply_cache import MOST_PATTERNS, ReplyCache, repeatable
from tests.support import replies
from tests.support.replies import WireReply

ANY = Expect()


def stored(number=1, status="200 OK", length=2, body=b"ok", more="", connection="keep-alive"):
    """A store's reply, with an id and a tag of its own."""
    head = (
        f"HTTP/1.1 {status}\r\nDate: Thu, 26 Nov 2026 07:13:{number % 60:02d} GMT\r\nContent-Length: {length}\r\n"
        f'ETag: "{number:032x}"\r\nConnection: {connection}\r\nx-amz-request-id: {number:016X}\r\n{more}\r\n'
    )
    return head.encode() + body


def taught(*datas, expect=ANY, repeats=False):
    cache = ReplyCache(repeats=repeats)
    for data in datas:
        cache.update(expect, data)
    return cache


def knows(cache, data):
    """As clients ask."""
    return len(data) == cache.size and bool(cache.alike(data))


def test_ids_dates_tags_and_the_bytes_of_the_body_may_differ():
    cache = taught(stored(1), stored(2))
    assert knows(cache, stored(3))
    assert knows(cache, stored(4, body=b"\r\n"))
    assert cache.patterns_made == 1


@pytest.mark.parametrize(
    "other",
    [
        stored(3, status="201 OK"),
        stored(3, status="200 ok"),
        stored(3, length=3),
        stored(3, connection="Keep-Alive"),
        stored(3, connection="close     "),
        stored(3).replace(b"Date: ", b"Tade: "),
        stored(3).replace(b"ETag: ", b"ETag\n "),
        stored(3).replace(b"\r\nETag", b"\n\nETag"),
        stored(3).replace(b'"\r\n', b"\x00\r\n"),
        stored(3).replace(b"Thu, 26", b"T\r\nA:26"),
        stored(3).replace(b"HTTP/1.1", b"HTTP/1.0"),
        stored(3) + b"!",
        stored(3)[:-1],
        b"",
    ],
)
def test_all_else_may_not(other):
    cache = taught(stored(1), stored(2))
    assert not knows(cache, other)
    assert knows(cache, stored(3))


@pytest.mark.parametrize("case", replies.WHOLE, ids=lambda case: case.name)
def test_what_is_alike_reads_alike(case: WireReply):
    """Of everything that servers say, nothing that is taken for another reply would be read as one that differs."""
    cache = taught(case.data, case.data)
    for other in replies.WHOLE:
        if other.method == case.method and knows(cache, other.data):
            first, second = ReplyReader(case.method), ReplyReader(case.method)
            first.feed(case.data)
            second.feed(other.data)
            assert (first.reply.status, first.reply.body_length, first.reply.keep_alive) == (
                second.reply.status, second.reply.body_length, second.reply.keep_alive,
            )  # fmt: skip


def test_one_reply_teaches_nothing_nor_do_two_of_different_lengths():
    assert not knows(taught(stored(1)), stored(2))
    cache = taught(stored(1), stored(2, length=3, body=b"abc"))
    assert not knows(cache, stored(3))
    assert not knows(cache, stored(3, length=3, body=b"abc"))
    assert cache.patterns_made == 0


def test_a_longer_one_that_was_read_last_stands_for_itself_only():
    longer = stored(3, length=3, body=b"abc")
    cache = taught(stored(1), stored(2), longer)
    assert not knows(cache, stored(4))
    assert not knows(cache, longer)
    cache.update(ANY, stored(5))
    assert knows(cache, stored(6))
    assert cache.patterns_made == 1


def test_after_a_bad_reply_the_next_is_read():
    cache = taught(stored(1), stored(2))
    cache.update(ANY, None)
    assert not knows(cache, stored(3))
    cache.update(ANY, stored(3))
    assert knows(cache, stored(4))


def test_a_reply_whose_body_is_looked_at_is_never_alike():
    assert not knows(taught(stored(1), stored(2), stored(3), expect=Expect(body_contains=b"o")), stored(4))


def test_it_gives_up_where_replies_keep_changing():
    cache = taught()
    for number in range(3 * MOST_PATTERNS):
        data = stored(number, more=f"x-{number:04d}: 1\r\n")
        cache.update(ANY, data)
    assert cache.patterns_made == MOST_PATTERNS
    assert not knows(cache, data)


@pytest.mark.parametrize("repeats", [True, False])
def test_only_a_cache_that_repeats_compares_bytes(repeats):
    cache = taught(stored(1), repeats=repeats)
    assert cache.data == (stored(1) if repeats else None)


def test_a_good_reply_of_another_status_is_not_counted_as_the_last_one():
    cache = taught(stored(1), stored(2))
    cache.patterns_made = MOST_PATTERNS
    cache.update(ANY, stored(3, status="206 OK"))
    assert not knows(cache, stored(4))


@pytest.mark.parametrize(("size", "stands"), [(10, True), (16384, True), (16385, False)])
def test_only_a_short_reply_is_kept_to_stand_for_equal_ones(size, stands):
    data = b"x" * size
    assert repeatable(data) is (data if stands else None)
