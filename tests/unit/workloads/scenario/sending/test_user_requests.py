from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Expect
from loadgen.measure.names import Names
from loadgen.workloads.base import Batch
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import RequestMaker

HOME = Origin("http", "home", 80)


def user_of(*headers, wire=True):
    maker = RequestMaker(Names(), HOME, headers, Expect(), keep_alive=True, wire=wire)
    user = User(0, maker, SimpleNamespace(clock=lambda: 0), None, 1, None)
    user.begin("visit")
    return user


def reply(status=200, *fields):
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n"
    return Reply(status, None, head.encode(), len(head))


def asked(steps, *replies):
    """The wire forms of all that is asked for, and the reply that is given in the end."""
    wires, answer = [], None
    for answered in replies:
        step = steps.send(answer)
        wires.append(step.requests[0] if isinstance(step, Batch) else step)
        wires[-1] = wires[-1].wire.decode("latin-1")
        answer = [answered] if isinstance(step, Batch) else answered
    with pytest.raises(StopIteration) as ended:
        steps.send(answer)
    return wires, ended.value.value


def lines(wire):
    return wire.partition("\r\n\r\n")[0].split("\r\n")


def test_a_redirect_keeps_the_fields_that_still_are_true():
    options = {"json": {"a": 1}, "headers": {"X-Own": "1", "Authorization": "me"}}
    for status, kept in ((307, True), (303, False)):
        wires, _ = asked(user_of(("X-All", "2")).post("/a", **options), reply(status, "Location: /b"), reply())
        first = ["POST /a HTTP/1.1", "Host: home", "X-All: 2", "X-Own: 1", "Authorization: me"]
        assert lines(wires[0]) == [*first, "Content-Type: application/json", "Content-Length: 7"]
        if kept:
            assert wires[1] == wires[0].replace("/a", "/b")
        else:
            assert lines(wires[1]) == ["GET /b HTTP/1.1", *first[1:]]


def test_values_of_fields_that_are_equal_but_written_otherwise_are_written_as_they_are():
    user, said = user_of(), []
    for value in (1, True, 1.0, "1", None, 1):
        wires, _ = asked(user.get("/a", headers={"X-Own": value}), reply())
        said.append(lines(wires[0])[2:])
    assert said == [["X-Own: 1"], ["X-Own: True"], ["X-Own: 1.0"], ["X-Own: 1"], [], ["X-Own: 1"]]


def test_a_redirect_to_another_origin_takes_no_credentials_along():
    user = user_of(("Authorization", "all"), ("X-All", "2"))
    wires, _ = asked(
        user.get("/a", headers={"Cookie": "own=1", "X-Own": "1"}),
        reply(302, "Location: https://other:8443/b", "Set-Cookie: sid=1"),
        reply(302, "Location: http://home/c", "Set-Cookie: there=2"),
        reply(),
    )
    assert "Cookie: own=1" in lines(wires[0])
    assert lines(wires[1]) == ["GET /b HTTP/1.1", "Host: other:8443", "X-All: 2", "X-Own: 1"]
    assert "Host: home" in lines(wires[2])
    assert "Cookie: sid=1" in lines(wires[2])


def test_too_many_redirects_fail_the_journey():
    user, loop = user_of(), reply(302, "Location: /a")
    wires, last = asked(user.get("/a"), *[loop] * 11)
    assert len(wires) == 11
    assert (last.status, last.error, last.detail) == (302, ErrorClass.CHECK_FAILED, "more than 10 redirects")
    assert (user.failed, user.failed_because) == (ErrorClass.CHECK_FAILED, "GET /a: more than 10 redirects")
    assert loop.ok
    wires, last = asked(user_of().get("/a", redirects=2), *[loop] * 3)
    assert last.detail == "more than 2 redirects"
    wires, last = asked(user_of().get("/a", redirects=1), loop, reply())
    assert last.ok


@pytest.mark.parametrize("redirects", [0, -1])
def test_redirects_that_are_not_wanted_are_good_replies(redirects):
    wires, last = asked(user_of().get("/a", redirects=redirects), reply(302, "Location: /a"))
    assert len(wires) == 1
    assert last.ok


def test_a_content_type_of_the_users_own_stays():
    user = user_of()
    wires, _ = asked(user.post("/a", json=1), reply())
    assert "Content-Type: application/json" in lines(wires[0])
    user.headers["content-type"] = "application/vnd.own+json"
    for _ in range(2):
        wires, _ = asked(user.post("/a", json=1), reply())
        assert [line for line in lines(wires[0]) if "ontent-" in line.lower() and "type" in line.lower()] == [
            "content-type: application/vnd.own+json"
        ]
    wires, _ = asked(user.post("/a", json=1, headers={"Content-Type": "text/x"}), reply())
    assert "Content-Type: text/x" in lines(wires[0])
    assert "vnd.own" not in wires[0]


@pytest.mark.parametrize("of_user", [True, False], ids=["of the user", "of the request"])
def test_a_body_that_waits_to_be_asked_for_follows_its_head(of_user):
    waits = ("Expect", "100-continue")
    user = user_of(*([waits] if of_user else []))
    options = {} if of_user else {"headers": dict([waits])}
    for value in range(3):
        steps = user.post("/a", json={"a": value}, **options)
        request = steps.send(None)
        assert (request.streams, request.plain, request.wire, request.fields.expect_continue) == (
            True,
            False,
            None,
            True,
        )
        assert request.body == b'{"a":%d}' % value
        with pytest.raises(StopIteration):
            steps.send(reply())
    assert asked(user.get("/a", **options), reply())[0]


def test_a_host_of_the_users_own_stays():
    user = user_of(wire=False)
    request = user.get("/a", headers={"Host": "other"}).send(None)
    assert request.fields.names_host
    assert request.fields.pairs == (("Host", "other"),)
    assert not user.get("/a").send(None).fields.names_host


OPTIONS = {
    "name": st.sampled_from(["a", "b"]),
    "expect": st.sampled_from([200, "2xx", (200, 201), {"status": [200], "contains": "x"}, {"status": 200}]),
    "needed": st.booleans(),
    "redirects": st.sampled_from([0, 3]),
    "timeout": st.sampled_from([0.5, 3]),
    "params": st.sampled_from([{"p": 1}, {"p": [1, 2]}]),
    "headers": st.sampled_from(
        [{}, {"X-Own": 1}, {"X-Own": True}, {"X-All": "2"}, {"Content-Type": "a/b"}, {"Cookie": "c=1"}, {"Host": "h"}]
    ),
}
BODIES = st.sampled_from(
    [{}, {"json": {"a": 1}}, {"json": None}, {"form": {"a": 1}}, {"data": b"x"}, {"data": "x" * 70_000}]
)
calls = st.tuples(
    st.sampled_from(["get", "post", "put", "delete"]),
    st.sampled_from([("/x",), ("/x/{}", 1), ("/x/{}", "a b"), ("http://other/y",), ("{+}", "/z")]),
    st.builds(lambda options, body: options | body, st.fixed_dictionaries({}, optional=OPTIONS), BODIES),
    st.sampled_from([None, None, None, ("X-All", "1"), ("Content-Type", "own/type"), ("X-All", None)]),
    st.sampled_from([None, None, None, "1", "2"]),
)


def sent(user, call):
    """What a call sends."""
    method, path, options, *_ = call
    steps = getattr(user, method)(*path, **options)
    step = steps.send(None)
    request = step.requests[0] if isinstance(step, Batch) else step
    head, _, body = (request.wire or b"").partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    seen = (
        first, sorted(fields), body, request.fields.pairs, request.target, request.body, request.own, request.origin,
        request.timeout_ns, request.method, request.expect,
    )  # fmt: skip
    with pytest.raises(StopIteration):
        steps.send([reply()] if isinstance(step, Batch) else reply())
    return seen


def test_each_get_made_of_the_last_one_has_its_own_value_and_fields():
    lasting, path, own = user_of(), "/x/{}/y", {"X-Own": "1"}
    for value, headers, cookie in [
        (1, {}, None), (2, {}, None), (3, own, None), (4, own, None), ("a b", own, None), (5, {}, None), (6, own, None),
        (7, {"X-Own": "2"}, None), (8, own, None), (9, own, "1"), (10, {}, "1"), (11, own, "2"), (12, {}, None),
    ]:  # fmt: skip
        fresh = user_of()
        for user in (lasting, fresh):
            user.cookies.clear()
            user.cookies.update({} if cookie is None else {"sid": cookie})
        call = ("get", (path, value), {"headers": headers} if headers else {})
        assert sent(lasting, call) == sent(fresh, call)


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, max_size=8))
def test_a_request_made_of_the_last_one_is_the_one_that_would_have_been_made(made):
    lasting, cookie = user_of(), None
    for call in made:
        *_, header, set_cookie = call
        if header is not None and header[1] is None:
            lasting.headers.pop(header[0], None)
        elif header is not None:
            lasting.headers[header[0]] = header[1]
        fresh = user_of(*lasting.headers.items())
        if (cookie := set_cookie or cookie) is not None:
            lasting.cookies["sid"] = fresh.cookies["sid"] = cookie
        assert sent(lasting, call) == sent(fresh, call)
