"""Requests that are followed where a redirect leads: within the origin, so often and no more."""

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome
from loadgen.base.reply import Expect, Reply
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Shard
from loadgen.workloads.changed import ChangedWorkload
from loadgen.workloads.http import HttpWorkload

ORIGIN = Origin("http", "example.test", 80)
SHARD = Shard(0, 1, 0, 2, None, 1)


def redirect(location, status=302):
    head = f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    return Outcome(1, 2, Reply(status, 0, len(head), head=head))


def ok(status=200):
    head = f"HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n".encode()
    return Outcome(1, 2, Reply(status, 0, len(head), head=head))


def user(redirects=2, **spec):
    job = HttpJob((RequestSpec("name", **{"method": "GET", "path": "/a", **spec}),), redirects=redirects)
    source = HttpWorkload(job, SHARD, 2)
    return ChangedWorkload(source, ORIGIN, job, None, streams=False).script(0)


def test_a_redirect_is_followed_under_the_same_name_until_there_is_none():
    one = user()
    first = one.resume(None)
    assert (first.target, first.awaited, first.group, one.only) == ("/a", True, None, None)
    hop = one.resume(redirect("b?c=1"))
    assert (hop.method, hop.target, hop.name_id, hop.awaited) == ("GET", "/b?c=1", first.name_id, True)
    assert one.resume(ok()) is None
    assert one.resume(None) is first


def test_so_many_hops_and_no_more():
    one = user(redirects=2)
    one.resume(None)
    assert [one.resume(redirect("/b")).target for _ in range(2)] == ["/b", "/b"]
    assert one.resume(redirect("/b")) is None
    one.resume(None)
    assert one.resume(redirect("/b")).target == "/b"


@pytest.mark.parametrize("location", ["http://other.test/", "https://example.test/", "http://example.test:81/", ""])
def test_another_origin_is_not_followed(location):
    one = user()
    one.resume(None)
    assert one.resume(redirect(location)) is None


def test_an_error_ends_the_pass():
    one = user()
    one.resume(None)
    assert one.resume(Outcome(1, 2, None, ErrorClass.TIMEOUT)) is None


@pytest.mark.parametrize(("status", "method", "body"), [(302, "GET", b""), (307, "POST", b"x")])
def test_method_and_body_follow_as_the_status_says(status, method, body):
    headers = (("Content-Type", "text/plain"), ("X-A", "1"))
    one = user(method="POST", body=b"x", headers=headers)
    one.resume(None)
    hop = one.resume(redirect("/b", status))
    assert (hop.method, hop.body) == (method, body)
    assert hop.fields.pairs == (headers if body else headers[1:])


def test_only_the_last_reply_has_to_be_what_is_expected():
    one = user(redirects=1, expect=Expect(((200, 200),)))
    first = one.resume(None)
    assert first.expect.judge(redirect("/b").reply) is None
    assert first.expect.judge(redirect("http://other.test/").reply) is ErrorClass.UNEXPECTED_STATUS
    assert first.expect.judge(ok(404).reply) is ErrorClass.UNEXPECTED_STATUS
    hop = one.resume(redirect("/b"))
    assert hop.expect.judge(redirect("/c").reply) is ErrorClass.UNEXPECTED_STATUS
    assert hop.expect.judge(ok().reply) is None


def test_a_redirect_after_the_last_hop_is_bad_though_its_status_is_not():
    one = user(redirects=1)
    one.resume(None)
    hop = one.resume(redirect("/b"))
    assert hop.expect.judge(redirect("/b").reply) is ErrorClass.UNEXPECTED_STATUS
    assert hop.expect.describe(302, "") == "status 302, one redirect more than --redirects 1"
    assert hop.expect.judge(redirect("http://other.test/").reply) is None
    assert hop.expect.describe(404, "") == "status 404"
