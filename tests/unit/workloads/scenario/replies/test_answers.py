import gzip

from loadgen.base import reply as base
from loadgen.workloads.scenario.replies.answers import answer_alike, group


def answered(of, reply, fields, body):
    """The answer to a good reply of these fields, which is like `reply`."""
    head = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n"
    of.reply, of.data, of.body_at = reply, head + body, len(head)
    return answer_alike(of)


def test_replies_with_the_same_fields_are_told_apart_from_those_with_others():
    one, plain, cookie, packed = group(), *(base.Reply(200, 2, 20) for _ in range(3))
    for _ in range(2):
        for times in range(2):
            first = answered(one, plain, b"X: %d\r\n" % times, b"%d" % times)
            assert (first.special, first.set_cookies, first.header("x"), first.json()) == (False, (), str(times), times)
        for times in range(2):
            second = answered(one, cookie, b"Set-Cookie: a=%d\r\n" % times, b"")
            assert (second.special, second.set_cookies) == (True, (f"a={times}",))
        for times in range(2):
            third = answered(one, packed, b"Content-Encoding: gzip\r\n", gzip.compress(b"%d" % times))
            assert (third.special, third.json()) == (False, times)
