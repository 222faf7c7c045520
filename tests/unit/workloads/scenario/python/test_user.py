"""What a user is asked for the wrong way: one sentence that says what to write."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadgen.base.endpoint import Origin
from loadgen.base.reply import Expect
from loadgen.base.user_code import describe, load_file
from loadgen.measure.names import Names
from loadgen.measure.transactions import Transactions
from loadgen.plan.declarations import feed, metric, scenario
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.scenario.failures import example_of
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.requests import RequestMaker

ORIGIN = Origin("http", "shop.example", 80)


@pytest.fixture
def user() -> User:
    names = Names()
    journeys = Journeys(
        (Journey("a"),), names, Transactions(time.monotonic_ns, names=names), lambda _now: None,
        limit=None, warmup=False, seed=1, by_user=False, clock=time.monotonic_ns,
    )  # fmt: skip
    maker = RequestMaker(names, ORIGIN, (("X-Common", "1"),), Expect(), keep_alive=True, wire=True)
    return User(0, maker, journeys, None, 1, lambda _feed, _user: None)


def wrong(do: Callable[[], Any]) -> str:
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        do()
    return str(caught.value)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda user: user.check(True, "name"), "check: its name comes first, a text, got True"),
        (lambda user: next(user.call(max, 1)), f"call: its name comes first, a text, got {max!r}"),
        (lambda user: next(user.call("a", None)), "call: expected a function, and its arguments after it, got None: "),
        (lambda user: user.group(3).__enter__(), "group: its name comes first, a text, got 3"),
        (lambda user: next(user.pause("1s")), "pause: expected seconds such as 1 or 0.5, got '1s' and None"),
        (lambda user: next(user.put("/", "text")), "path '/': no values are needed, 1 given; a body is json="),
        (lambda user: next(user.post("/", body="x")), "a request has no option 'body': a body is json="),
        (lambda user: next(user.get("/", allow_redirects=False)), "a request has no option 'allow_redirects': "),
        (lambda user: next(user.get("/", name=5)), "name: expected a text, got 5"),
        (lambda user: next(user.request(5, "/")), "expected a method such as 'GET', got 5"),
        (lambda user: next(user.batch(["/a", "/b"])), "batch: expected a path, or a tuple such as ("),
        (lambda user: next(user.batch(("/a", {"name": "x"}))), "batch: expected a path, or a tuple such as"),
    ],
)  # fmt: skip
def test_what_is_asked_for_the_wrong_way_is_said(user: User, ask: Callable[[User], Any], sentence: str) -> None:
    assert wrong(lambda: ask(user)).startswith(sentence)


@pytest.mark.parametrize(
    ("declare", "given", "sentence"),
    [
        (metric, 5, "metric: expected a name, got 5"),
        (lambda unit: metric("x", unit=unit), 5, "unit of metric 'x': expected a text, got 5"),
        (feed, 5, "feed: expected the name of a file, got 5"),
        (lambda weight: scenario(weight=weight)(len), "9", "weight of len: expected a number from 0, got '9'"),
    ],
)
def test_what_is_declared_the_wrong_way_is_said(declare: Callable[[Any], Any], given: Any, sentence: str) -> None:
    assert wrong(lambda: declare(given)) == sentence


def test_what_other_programs_call_it_is_said_of_a_reply() -> None:
    reply = Reply(200, None, b"HTTP/1.1 200 OK\r\n\r\n", 19)
    assert wrong(lambda: reply.status_code) == "a reply has no 'status_code'; it has `status`"
    assert wrong(lambda: reply.nothing) == "'Reply' object has no attribute 'nothing'"


def test_fields_that_are_set_take_the_place_of_all(user: User) -> None:
    user.headers = {"A": "b"}
    assert next(user.get("/")).wire == b"GET / HTTP/1.1\r\nHost: shop.example\r\nA: b\r\n\r\n"


def test_options_that_are_none_are_as_if_not_given(user: User) -> None:
    options = dict.fromkeys(("name", "params", "headers", "expect", "timeout", "redirects", "json", "form", "files"))
    assert next(user.get("/", **options)).wire == next(user.get("/")).wire
    assert next(user.get("/a", params={"b": None, "c": 1})).target == "/a?c=1"


def test_a_traceback_has_no_lines_of_ours_where_there_are_others(user: User) -> None:
    with pytest.raises(ValueError, match="expected a text or a number") as caught:
        next(user.get("/{}", [Random()]))
    assert "loadgen/workloads" not in example_of(caught.value)
    assert "next(user.get" in example_of(caught.value)


def test_a_traceback_has_files_by_the_names_that_they_have_where_they_came_from(tmp_path: Path) -> None:
    file = tmp_path / "loadgen-files-a1" / "files" / "home" / "shop.py"
    file.parent.mkdir(parents=True)
    file.write_text("def fails(): raise OSError(f'no {__file__}')")
    with pytest.raises(OSError, match="no ") as caught:
        load_file(str(file)).fails()
    assert 'File "/home/shop.py", line 1' in example_of(caught.value)
    assert describe(caught.value) == "OSError: no /home/shop.py"


def test_a_value_that_is_missing_is_said_also_after_it_was_given_once(user: User) -> None:
    user.begin("a")
    good = Reply(200, None, b"HTTP/1.1 200 OK\r\n\r\n", 19)
    for _ in range(2):
        steps = user.get("/items/{}", 1)
        next(steps)
        with pytest.raises(StopIteration):
            steps.send(good)
    assert wrong(lambda: next(user.get("/items/{}"))) == "path '/items/{}': 1 value is needed, 0 given"
