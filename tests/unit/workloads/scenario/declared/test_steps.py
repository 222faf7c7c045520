"""Declared journeys, step by step, with replies that the test gives: no socket, no clock but the test's own."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.encode import Encoder
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.exchange import Request
from loadgen.measure.names import Kind, Names
from loadgen.measure.recording import Recording
from loadgen.measure.sample_buffer import SampleBuffer
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.profiles.document import parse_profile
from loadgen.plan.profiles.requests import make_job
from loadgen.workloads.base import Batch, Fresh, Pause
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.scenario.data.feeds import FeedEndedError
from loadgen.workloads.scenario.declared.program import Program
from loadgen.workloads.scenario.declared.step_requests import StepRequests
from loadgen.workloads.scenario.declared.steps import StepsScript
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.answers import group
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.template import Sources

ORIGIN = Origin("http", "shop.example", 80)


def reply(body: str = "", status: int = 200, head: str = "", error: ErrorClass | None = None) -> Reply:
    start = f"HTTP/1.1 {status} X\r\n{head}\r\n".encode()
    return Reply(status, error, start + body.encode(), len(start))


@dataclass
class World:
    """One user of a job, driven by hand. `sent` has the wire form of each request; `now` is the clock."""

    script: StepsScript
    names: Names
    transactions: Transactions
    sent: list[str] = field(default_factory=list)
    now: list[int] = field(default_factory=lambda: [0])
    failures: list[int] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def go(self, answer: Any = None) -> Any:
        """Give an answer, and note what comes next."""
        step = self.script.resume(answer)
        if isinstance(step, Request):
            assert step.wire is not None
            self.sent.append(step.wire.decode("latin-1"))
        return step

    def run(self, *answers: Any) -> Any:
        """Begin, and give all answers."""
        step = self.go()
        for answer in answers:
            step = self.go(answer)
        return step

    def lines(self) -> list[str]:
        """Method and path of all that was sent."""
        return [wire.partition(" HTTP/1.1")[0] for wire in self.sent]

    def samples(self, kind: Kind, name: str) -> list[int]:
        return self.transactions.samples(self.names.number(kind, name)).samples


def world(
    text: str, *, rows: dict[str, Callable[[], Any]] | None = None, limit: int | None = None, rank: int = 0, **more: Any
) -> World:
    profile = parse_profile(f"target: {ORIGIN}\n{text}\n".encode(), {}, {}, {})
    job, problems = make_job(profile)
    assert not problems
    assert isinstance(job, ScenarioJob)
    names, now, failures = Names(), [0], []
    transactions = Transactions(lambda: now[0], names=names)
    journeys = Journeys(
        job.journeys, names, transactions, failures.append,
        limit=limit, warmup=False, seed=1, by_user=False, clock=lambda: now[0], most_each=job.journeys_per_user,
    )  # fmt: skip
    program = Program(job, names, ORIGIN, keep_alive=more.pop("keep_alive", True), timeout_ns=10**10)
    secrets: list[str] = []
    requests = StepRequests(
        program, [group() for _ in program.requests], ORIGIN, Sources(job.variables, 1, rank, 10).at, f"1/{rank}",
        secrets.append, wire=more.pop("wire", True),
    )  # fmt: skip
    script = StepsScript(program, requests, journeys, rank, lambda feed: (rows or {})[feed]())
    script.attach(lambda: 0, lambda: None, SampleBuffer(), flows=more.pop("flows", True))
    return World(script, names, transactions, now=now, failures=failures, secrets=secrets)


def steps(*lines: str) -> str:
    """A profile with one journey `a` of these steps."""
    return "scenarios:\n  a:\n    steps:\n" + "".join(f"    - {line}\n" for line in lines)


def test_what_a_driver_sends_in_place_is_no_step() -> None:
    one, replies = world(steps("{path: /x, extract: {ID: {json: id}}}", "{path: '/${ID}'}")), [reply('{"id": 7}')]

    def in_place(request: Request) -> Reply | None:
        one.sent.append((request.wire or b"").decode())
        return replies.pop() if replies else None

    one.script.in_place = in_place
    step = one.script.resume(None)
    assert (one.lines(), step.wire.decode()) == (["GET /x", "GET /7"], one.sent[1])


def test_a_request_is_sent_as_it_is_declared() -> None:
    one = world(steps("{path: '/x?y=1', headers: {X-A: b}}"))
    one.run()
    head, _, rest = one.sent[0].partition("\r\n")
    assert head == "GET /x?y=1 HTTP/1.1"
    assert "X-A: b\r\n" in rest
    assert "Host: shop.example\r\n" in rest
    assert rest.endswith("\r\n\r\n")


def test_a_body_has_its_length_and_its_values() -> None:
    one = world(
        steps(
            "{path: /login, json: {user: ann}, extract: {ID: {json: id}, NAME: {json: name}}}",
            "{path: /cart, json: {item: '${ID}', name: '${NAME}', text: 'x${NAME}'}}",
            "{path: /done, method: POST}",
        )
    )
    one.run(reply('{"id": 17, "name": "a\\"\\u00e9"}'), reply())
    assert one.sent[0].endswith('Content-Length: 14\r\n\r\n{"user":"ann"}')
    body = '{"item":17,"name":"a\\"é","text":"xa\\"é"}'.encode()
    assert one.sent[1].encode("latin-1").endswith(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    assert one.sent[2].endswith("Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("extract", "answer", "value"),
    [
        ("{json: a.b}", reply('{"a": {"b": "x"}}'), "x"),
        ("{json: a}", reply('{"a": 1.5}'), "1.5"),
        ("{json: a}", reply('{"a": true}'), "true"),
        ("{json: 'items.*.id'}", reply('{"items": [{"id": 7}, {"id": 8}]}'), "7"),
        ("{header: x-id}", reply(head="X-Id: 12\r\n"), "12"),
        ("{regex: 'id=(\\d+)'}", reply("id=1 id=2"), "1"),
        ("{cookie: s}", reply(head="Set-Cookie: t=1\r\nSet-Cookie: s=abc; Path=/\r\n"), "abc"),
        ("{json: nothing, default: 9}", reply("{}"), "9"),
        ("{cookie: s, default: none}", reply(), "none"),
        ("{json: a}", reply('{"a": "x y/z"}'), "x%20y%2Fz"),
    ],
)
def test_what_is_extracted_stands_in_later_steps(extract: str, answer: Reply, value: str) -> None:
    one = world(steps(f"{{path: /, extract: {{V: {extract}}}}}", "{path: '/${V}'}"))
    one.run(answer)
    assert one.lines() == ["GET /", f"GET /{value}"]


@pytest.mark.parametrize("extract", ["{json: 'items.*.id', pick: random}", "{regex: 'id\": (.)', pick: random}"])
def test_a_random_one_of_several_values_is_the_same_for_the_same_user(extract: str) -> None:
    answer = reply(json.dumps({"items": [{"id": number} for number in range(10)]}))
    text = steps(f"{{path: /, extract: {{V: {extract}}}}}", "{path: '/${V}'}")

    def drawn(rank: int) -> list[str]:
        one = world(text, rank=rank)
        one.run(answer, reply(), answer, reply(), answer, reply(), answer, reply())
        return one.lines()[1::2]

    assert drawn(3) == drawn(3)
    assert len({*drawn(3), *drawn(4)}) > 1


@pytest.mark.parametrize(
    ("extract", "why"),
    [
        ("{json: a}", "GET /: JSON path a: no 'a'"),
        ("{json: 'a.*'}", "GET /: JSON path a.*: "),
        ("{header: X-Id}", "GET /: header X-Id: not among A"),
        ("{cookie: s}", "GET /: cookie s: not among none of Set-Cookie"),
        ("{regex: 'id=(.)'}", "GET /: regex 'id=(.)': no match in the body '{}'"),
        ("{regex: 'id=(.)', pick: random}", "GET /: regex 'id=(.)': no match in the body '{}'"),
    ],
)
def test_what_is_not_there_ends_the_journey(extract: str, why: str) -> None:
    one = world(steps(f"{{path: /, extract: {{V: {extract}}}}}", "{path: '/${V}'}"))
    one.run(reply("{}", head="A: b\r\n"))
    assert one.lines() == ["GET /", "GET /"]
    ((number, error, _, _, detail, _),) = one.transactions._lost
    assert (number, error) == (one.names.number(Kind.JOURNEY, "a"), ErrorClass.CHECK_FAILED)
    assert detail.startswith(why)
    assert one.failures == [0]


def test_a_bad_reply_ends_the_journey_and_the_next_one_begins() -> None:
    one = world(steps("{path: /1}", "{path: /2}"))
    one.run(reply(), reply(status=500, error=ErrorClass.UNEXPECTED_STATUS), reply(), reply())
    assert one.lines() == ["GET /1", "GET /2", "GET /1", "GET /2", "GET /1"]
    ((_, error, _, _, detail, _),) = one.transactions._lost
    assert (error, detail) == (ErrorClass.UNEXPECTED_STATUS, "GET /2: status 500")
    assert len(one.samples(Kind.JOURNEY, "a")) == 1


def test_a_value_that_a_header_cannot_hold_ends_the_journey() -> None:
    one = world(steps("{path: /, extract: {V: {json: v}}}", "{path: /, headers: {X-A: '${V}'}}"))
    one.run(reply('{"v": "a\\r\\nB: c"}'))
    assert len(one.sent) == 2
    assert "GET / HTTP" in one.sent[1]
    assert [lost[1] for lost in one.transactions._lost] == [ErrorClass.CHECK_FAILED]


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/cart/7", "POST /cart/7/pay"),
        ("/a b", "POST /a%20b/pay"),
        ("http://shop.example/cart/7", "POST /cart/7/pay"),
        ("http://other.example/cart/7", None),
        ("cart/7", None),
    ],
)
def test_a_path_may_begin_with_what_was_extracted(location: str, line: str | None) -> None:
    one = world(steps("{path: /cart, extract: {CART: {header: Location}}}", "{path: '${CART}/pay', method: POST}"))
    one.run(reply(head=f"Location: {location}\r\n", status=201))
    assert one.lines()[1] == (line or "GET /cart")
    assert len(one.transactions._lost) == (line is None)


def test_a_default_stands_until_there_is_a_value_and_values_outlive_their_journey() -> None:
    one = world(steps("{path: '/${A:-x}', extract: {A: {json: a}}}"))
    one.run(reply('{"a": 1}'), reply('{"a": 2}'))
    assert one.lines() == ["GET /x", "GET /1", "GET /2"]


def test_repeated_steps_are_done_as_often_as_they_say_each_time() -> None:
    one = world(steps("{repeat: 2, steps: [{path: /1}, {repeat: 3, steps: [{path: /2}]}]}", "{path: /3}"))
    one.run(*[reply()] * 18)
    once = ["GET /1", "GET /2", "GET /2", "GET /2", "GET /1", "GET /2", "GET /2", "GET /2", "GET /3"]
    assert one.lines() == [*once, *once, "GET /1"]


def test_a_journey_that_failed_in_a_repeat_begins_the_next_one_from_the_start() -> None:
    one = world(steps("{repeat: 2, steps: [{path: /1}]}", "{path: /2}"))
    one.run(reply(error=ErrorClass.TIMEOUT, status=0), reply(), reply(), reply())
    assert one.lines() == ["GET /1", "GET /1", "GET /1", "GET /2", "GET /1"]


def test_requests_that_are_sent_together_are_a_batch() -> None:
    one = world(steps("{together: [{path: /1, extract: {A: {json: a}}}, {path: /2}]}", "{path: '/${A}'}"))
    batch = one.go()
    assert isinstance(batch, Batch)
    assert [request.wire.partition(b" HTTP")[0] for request in batch.requests if request.wire] == [b"GET /1", b"GET /2"]
    one.go([reply('{"a": 5}'), reply()])
    assert one.lines() == ["GET /5"]


def test_one_bad_reply_of_a_batch_ends_the_journey() -> None:
    one = world(steps("{together: [{path: /1}, {path: /2}]}"))
    one.go()
    assert isinstance(one.go([reply(), reply(status=500, error=ErrorClass.UNEXPECTED_STATUS)]), Batch)
    assert [lost[4] for lost in one.transactions._lost] == ["GET /2: status 500"]


def test_a_group_and_its_journey_are_timed_without_their_pauses() -> None:
    one = world(steps("{path: /0}", "{group: g, steps: [{path: /1, think: 1s}, {path: /2}]}", "{path: /3}"))
    one.go()
    one.now[0] += NS_PER_MS
    one.go(reply())
    one.now[0] += 10 * NS_PER_MS
    assert one.go(reply()) == Pause(11 * NS_PER_MS + NS_PER_S)
    one.now[0] += NS_PER_S
    one.go()
    one.now[0] += 100 * NS_PER_MS
    one.go(reply())
    one.now[0] += 1000 * NS_PER_MS
    one.go(reply())
    assert one.samples(Kind.GROUP, "a/g") == [110 * NS_PER_MS]
    assert one.samples(Kind.JOURNEY, "a") == [1111 * NS_PER_MS]


def test_a_group_fails_with_its_step() -> None:
    one = world(steps("{group: g, steps: [{group: h, steps: [{path: /1}]}]}"))
    one.go()
    one.now[0] += 5
    one.go(reply(status=0, error=ErrorClass.TIMEOUT))
    lost = [(number, error, took) for number, error, took, *_ in one.transactions._lost]
    numbers = [
        one.names.number(Kind.GROUP, "a/h"),
        one.names.number(Kind.GROUP, "a/g"),
        one.names.number(Kind.JOURNEY, "a"),
    ]
    assert lost == [(number, ErrorClass.TIMEOUT, 5) for number in numbers]


@pytest.mark.parametrize("flows", [True, False])
def test_a_pause_after_a_journey_is_no_part_of_it(flows: bool) -> None:
    one = world("scenarios: {a: {think: 2s, steps: [{path: /}]}}", flows=flows)
    one.go()
    one.now[0] += 7
    assert one.go(reply()) == Pause(7 + 2 * NS_PER_S)
    assert one.script.began_ns == 0
    one.now[0] += 2 * NS_PER_S
    if not flows:
        assert one.go() is None
    one.go()
    assert one.samples(Kind.JOURNEY, "a") == [7]
    assert one.lines() == ["GET /", "GET /"]


@pytest.mark.parametrize(("took_s", "waits"), [(3, True), (10, False), (12, False)])
def test_journeys_at_a_distance_begin_so_long_after_each_other_or_at_once(took_s: int, waits: bool) -> None:
    one = world("scenarios: {a: {every: 10s, steps: [{path: /}]}}")
    one.now[0] = 5
    one.go()
    one.now[0] += took_s * NS_PER_S
    step = one.go(reply())
    assert step == Pause(5 + 10 * NS_PER_S) if waits else isinstance(step, Request)


def test_no_more_journeys_begin_than_may() -> None:
    one = world(steps("{path: /}"), limit=2)
    assert one.run(reply(), reply()) is None
    assert one.go() is None
    assert one.lines() == ["GET /", "GET /"]


def test_journeys_come_by_weight() -> None:
    one = world("scenarios: {a: {weight: 3, steps: [{path: /a}]}, b: {steps: [{path: /b}]}}")
    one.run(*[reply()] * 7)
    assert sorted(one.lines()) == ["GET /a"] * 6 + ["GET /b"] * 2


def test_a_journey_takes_one_row_of_each_feed_that_it_uses() -> None:
    rows = iter([{"w": "a b", "n": 1}, {"w": "ü", "n": 2}])
    one = world(
        "feeds: {f: {file: f.csv}, unused: {file: g.csv}}\n"
        + steps("{path: '/${f.w}?n=${f.n}'}", "{path: /, json: {w: '${f.w}', n: '${f.n}'}}"),
        rows={"f": lambda: next(rows)},
    )
    one.run(reply(), reply(), reply())
    assert one.lines() == ["GET /a%20b?n=1", "POST /", "GET /%C3%BC?n=2", "POST /"]
    assert one.sent[3].encode("latin-1").endswith('{"w":"ü","n":2}'.encode())


def test_a_row_without_the_column_is_the_fault_of_the_script_and_does_not_spin() -> None:
    one = world("feeds: {f: {file: f.csv}}\n" + steps("{path: '/${f.w}'}"), rows={"f": dict})
    step = one.go()
    assert isinstance(step, Pause)
    assert step.until_ns == 50 * NS_PER_MS
    ((_, error, _, _, detail, _),) = one.transactions._lost
    assert (error, detail) == (ErrorClass.SCRIPT_ERROR, "feed f: a row has no column 'w'")


def test_cookies_are_kept_and_sent() -> None:
    one = world(steps("{path: /login}", "{path: /x}", "{path: /y, headers: {Cookie: own=1}}"))
    one.run(reply(head="Set-Cookie: s=1; Path=/\r\n"), reply(), reply(), reply(head="Set-Cookie: s=2; Path=/\r\n"))
    cookies = [[line for line in wire.split("\r\n") if line.startswith("Cookie")] for wire in one.sent]
    assert cookies == [[], ["Cookie: s=1"], ["Cookie: own=1"], ["Cookie: s=1"], ["Cookie: s=2"]]


def redirected(to: str, status: int = 302, head: str = "") -> Reply:
    return reply(status=status, head=f"Location: {to}\r\n{head}")


def test_a_step_follows_its_redirects_and_takes_values_of_the_last_reply() -> None:
    one = world(
        steps(
            "{path: /login, json: {user: ann}, headers: {X-A: b}, redirects: 2, extract: {T: {json: t}}}",
            "{path: '/x/${T}'}",
        )
    )
    one.run(
        redirected("/home?a=1", head="Set-Cookie: s=1; Path=/\r\n"), redirected("deeper"), reply('{"t": "7"}'), reply()
    )
    assert one.lines()[:4] == ["POST /login", "GET /home?a=1", "GET /deeper", "GET /x/7"]
    for wire in one.sent[1:3]:
        assert "Host: shop.example\r\n" in wire
        assert "X-A: b\r\n" in wire
        assert "Content-" not in wire
        assert wire.endswith("\r\nCookie: s=1\r\n\r\n")
    assert len(one.samples(Kind.JOURNEY, "a")) == 1


def test_a_redirect_that_keeps_the_body_sends_it_again() -> None:
    one = world(steps("{path: /a, json: {n: '${V:-1}'}, redirects: 1}", "{path: /b, extract: {V: {json: v}}}"))
    one.run(redirected("/c", 307))
    assert one.lines() == ["POST /a", "POST /c"]
    assert one.sent[1].replace("/c", "/a") == one.sent[0]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([redirected("/2"), redirected("/3")], "GET /2: more than 1 redirect"),
        (
            [redirected("http://else.example/")],
            "GET /1: redirects to http://else.example, and steps stay at http://shop",
        ),
        ([redirected("/2"), reply(status=500, error=ErrorClass.UNEXPECTED_STATUS)], "GET /2: status 500"),
        ([redirected("/2"), Reply(0, ErrorClass.TIMEOUT, b"", 0)], "GET /2: "),
    ],
)
def test_what_a_redirect_leads_to_may_fail_and_the_next_journey_follows_its_own(answers: list[Reply], why: str) -> None:
    one = world(steps("{path: /1, redirects: 1}"))
    one.run(*answers, redirected("/good"), reply())
    ((_, _, _, _, detail, _),) = one.transactions._lost
    assert detail.startswith(why)
    assert one.lines()[-3:] == ["GET /1", "GET /good", "GET /1"]
    assert len(one.samples(Kind.JOURNEY, "a")) == 1


def test_each_pass_may_follow_as_many_redirects_as_the_one_before() -> None:
    one = world(steps("{path: /1, redirects: 1}"))
    one.run(redirected("/2"), reply(), redirected("/2"), reply())
    assert one.lines() == ["GET /1", "GET /2", "GET /1", "GET /2", "GET /1"]
    assert one.transactions._lost == []


def test_without_redirects_a_redirect_is_a_reply() -> None:
    one = world(steps("{path: /1, extract: {WHERE: {header: Location}}}", "{path: '${WHERE}'}"))
    one.run(redirected("/2"), redirected("/3"))
    assert one.lines() == ["GET /1", "GET /2", "GET /1"]


def test_a_redirect_without_a_location_is_a_reply() -> None:
    one = world(steps("{path: /1, redirects: 3}"))
    one.run(reply(status=304), reply(status=302))
    assert one.lines() == ["GET /1", "GET /1", "GET /1"]


def test_variables_that_change_are_new_with_every_request() -> None:
    one = world(
        "variables: {N: {sequence: 5}, C: {choice: ['a/b']}}\n" + steps("{path: '/${N}/${C}', json: {n: '${N}'}}"),
        rank=2,
    )
    one.run(reply())
    assert one.lines() == ["POST /7/a%2Fb", "POST /27/a%2Fb"]
    assert [wire.partition("\r\n\r\n")[2] for wire in one.sent] == ['{"n":17}', '{"n":37}']


def test_a_user_who_comes_too_late_for_a_journey_does_nothing_after_its_beginning() -> None:
    one = world("per_user: {start: [{path: /login}]}\n" + steps("{path: /}"), limit=0)
    assert one.run(reply()) is None
    assert one.go() is None
    assert one.lines() == ["GET /login"]
    assert one.samples(Kind.JOURNEY, "a") == []


def test_what_a_user_does_before_its_first_journey_is_no_journey() -> None:
    one = world(
        "per_user: {start: [{path: /login, extract: {T: {json: t}}}]}\n"
        "headers: {Authorization: 'Bearer ${T:-}'}\n" + steps("{path: /}")
    )
    one.run(reply('{"t": "abc"}'), reply())
    assert one.lines() == ["GET /login", "GET /", "GET /"]
    assert "Authorization: Bearer \r\n" in one.sent[0]
    assert "Authorization: Bearer abc\r\n" in one.sent[1]
    assert len(one.samples(Kind.JOURNEY, "a")) == 1
    assert one.script.passes == 2


def test_a_user_that_cannot_begin_takes_no_part() -> None:
    one = world("per_user: {start: [{path: /login}]}\n" + steps("{path: /}"))
    assert one.run(reply(status=401, error=ErrorClass.UNEXPECTED_STATUS)) is None
    assert one.go() is None
    assert one.lines() == ["GET /login"]
    assert "GET /login: status 401" in one.transactions._lost[0][4]


def test_connections_that_are_not_kept_are_told_so() -> None:
    one = world(steps("{path: /}"), keep_alive=False)
    one.run()
    assert "Connection: close\r\n" in one.sent[0]


def test_other_clients_are_given_the_parts() -> None:
    one = world(
        steps(
            "{path: /, extract: {V: {json: v}}}",
            "{path: '/${V}', body: 'x${V}', headers: {X-A: 'a ${W:-}', X-B: '${W:-}'}}",
            "{path: /, extract: {W: {json: w, default: ''}}}",
        ),
        wire=False,
    )
    first = one.script.resume(None)
    assert isinstance(first, Request)
    assert (first.method, first.target, first.wire) == ("GET", "/", None)
    second = one.script.resume(reply('{"v": 3}'))
    assert isinstance(second, Request)
    assert (second.method, second.target, second.body) == ("POST", "/3", b"x3")
    assert second.fields.pairs[:2] == (("X-A", "a"), ("X-B", ""))


@pytest.mark.parametrize("wire", [True, False])
def test_clients_see_a_host_and_an_end_of_the_connection_among_a_steps_fields(wire: bool) -> None:
    one = world(steps("{path: /, headers: {Host: other.example, Connection: close}}", "{path: /}"), wire=wire)
    first = one.script.resume(None)
    assert isinstance(first, Request)
    seen = [(first.fields.names_host, first.fields.closes)]
    second = one.script.resume(reply())
    assert isinstance(second, Request)
    assert [*seen, (second.fields.names_host, second.fields.closes)] == [(True, True), (False, False)]


def test_a_user_does_no_more_journeys_than_it_may() -> None:
    one = world("journeys_per_user: 2\n" + steps("{path: /}"))
    assert one.run(reply(), reply()) is None
    assert one.go() is None
    assert one.lines() == ["GET /", "GET /"]


@pytest.mark.parametrize("start", ["", "per_user: {start: [{path: /login}]}\n"])
def test_a_fresh_journey_has_a_new_connection_and_no_cookies(start: str) -> None:
    one = world(f"{start}scenarios: {{a: {{fresh: true, steps: [{{path: /}}]}}}}")
    step = one.go()
    if start:
        assert isinstance(one.go(reply(head="Set-Cookie: s=1; Path=/\r\n")), Fresh)
        step = one.go()
    assert isinstance(step, Request)
    assert isinstance(one.go(reply(head="Set-Cookie: s=1; Path=/\r\n")), Fresh)
    assert isinstance(one.go(), Request)
    assert not any("Cookie" in wire for wire in one.sent)
    assert one.script.passes == 2


def test_a_user_takes_a_row_of_its_own_once() -> None:
    rows = iter([{"user": "ann"}])
    one = world(
        "feeds: {account: {file: a.csv, pick: own}}\nper_user: {start: [{path: '/${account.user}'}]}\n"
        + steps("{path: '/x/${account.user}'}"),
        rows={"account": lambda: next(rows)},
    )
    one.run(reply(), reply(), reply())
    assert one.lines() == ["GET /ann", "GET /x/ann", "GET /x/ann", "GET /x/ann"]


def test_no_journey_begins_when_the_rows_have_been_used_up() -> None:
    rows = iter([{"w": "a"}])

    def row() -> dict[str, str]:
        for found in rows:
            return found
        raise FeedEndedError("used up")

    one = world("feeds: {f: {file: a.csv, pick: once}}\n" + steps("{path: '/${f.w}'}"), rows={"f": row})
    assert one.run(reply()) is None
    assert one.go() is None
    assert (one.lines(), one.script.passes, one.failures) == (["GET /a"], 1, [])


def test_secrets_among_the_values_are_told() -> None:
    one = world(steps("{path: /, extract: {A: {json: a, secret: true}, B: {json: b}}}"))
    one.run(reply('{"a": "geheim", "b": "offen"}'))
    assert one.secrets == ["geheim"]


def test_a_step_has_its_own_timeout() -> None:
    one = world(steps("{path: /, timeout: 250ms}"))
    request = one.go()
    assert isinstance(request, Request)
    assert request.timeout_ns == 250 * NS_PER_MS


def test_a_body_that_cannot_be_decoded_here_is_the_generators_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise UsageError("install loadgen[compress]")

    monkeypatch.setattr("loadgen.workloads.scenario.replies.reply.decode_content", refuse)
    one = world(steps("{path: /, extract: {A: {json: a}}}"))
    assert isinstance(one.run(reply("x", head="Content-Encoding: br\r\n")), Pause)
    assert [(lost[1], lost[4]) for lost in one.transactions._lost] == [
        (ErrorClass.SCRIPT_ERROR, "GET /: install loadgen[compress]")
    ]


END = "per_user: {start: [{path: /login}], end: [{path: /bye}, {path: /logout}]}\n"


def test_a_user_leaves_when_its_last_journey_is_over() -> None:
    one = world(END + steps("{path: /1}", "{path: /2}"))
    one.run(reply(), reply())
    assert one.script.leave()
    assert one.run(reply(), reply()) is None
    assert one.lines() == ["GET /login", "GET /1", "GET /2", "GET /bye", "GET /logout"]
    assert not one.script.leave()


@pytest.mark.parametrize("answers", [[], [reply(status=500, error=ErrorClass.UNEXPECTED_STATUS)]])
def test_a_user_that_has_not_begun_need_not_leave(answers: list[Reply]) -> None:
    one = world(END + steps("{path: /1}"))
    one.run(*answers)
    assert not one.script.leave()


def test_a_user_that_cannot_leave_is_told_of() -> None:
    one = world(END + steps("{path: /1}"))
    one.run(reply())
    assert one.script.leave()
    assert one.run(reply(status=0, error=ErrorClass.TIMEOUT)) is None
    assert one.lines()[-1] == "GET /bye"
    assert "GET /bye: " in one.transactions._lost[0][4]


LOADS = """scenarios:
  a: {users: 2, steps: [{path: /a}]}
  b: {users: 1, start: 3s, steps: [{path: /b}]}
"""


@pytest.mark.parametrize(("rank", "line"), [(0, "GET /a"), (1, "GET /a"), (2, "GET /b"), (3, "GET /a")])
def test_users_of_a_scenario_do_nothing_else(rank: int, line: str) -> None:
    one = world(LOADS, rank=rank)
    step = one.go()
    assert isinstance(step, Pause) == (line == "GET /b")
    if isinstance(step, Pause):
        assert step.until_ns == 3 * NS_PER_S
        assert not one.script.leave()
        one.go()
    one.go(reply())
    one.go(reply())
    assert one.lines() == [line] * 3


MIXED = LOADS + "  c: {rate: 3/s, steps: [{path: /c}]}\n  d: {rate: 1/s, steps: [{path: /d}]}\n"


@pytest.mark.parametrize(("rank", "lines"), [(1, {"GET /a": 8}), (3, {"GET /c": 6, "GET /d": 2})])
def test_users_beyond_those_of_scenarios_do_what_comes_at_a_rate(rank: int, lines: dict[str, int]) -> None:
    one = world(MIXED, rank=rank)
    one.go()
    for _ in range(7):
        one.go(reply())
    assert Counter(one.lines()) == lines


def test_arrivals_that_nobody_serves_are_of_what_comes_at_a_rate() -> None:
    one = world(MIXED)
    for _ in range(8):
        one.script._journeys.never_started(1_000_000)
    one.transactions.take(recording := Recording())
    names = {one.names[number][1] for number in recording.transactions}
    assert names == {"c", "d"}


@pytest.mark.parametrize("body", ["body: x", "body: '${V}'", "path: '/${V}', body: x", "body: ''"])
def test_a_body_that_waits_to_be_asked_for_follows_its_head(body: str) -> None:
    waits = "method: PUT, headers: {Expect: 100-continue}"
    one = world(steps("{path: /, extract: {V: {json: v}}}", f"{{{waits}, {body}}}"))
    for value in ("ab", "cd"):
        one.run()
        request = one.script.resume(reply(f'{{"v": "{value}"}}'))
        assert isinstance(request, Request)
        wire = request.wire or Encoder(ORIGIN, keep_alive=True).wire(request)
        assert wire.endswith(b"\r\n\r\n"), "the body is sent with the head"
        assert request.streams == (request.body != b"") == (not request.plain)
        assert request.fields.expect_continue or not request.body
        one.script.resume(reply())


def test_a_large_body_is_sent_from_its_file_with_a_head_of_its_own_each_time(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"0123456789")
    one = world(
        steps("{path: /, extract: {V: {json: v}}}", f"{{path: '/${{V}}', method: PUT, body_file: {tmp_path / 'body'}}}")
    )
    for value in ("a", "b"):
        one.run()
        request = one.script.resume(reply(f'{{"v": "{value}"}}'))
        assert isinstance(request, Request)
        assert (request.target, request.streams, request.wire) == (f"/{value}", True, None)
        assert isinstance(request.body, FileBody)
        assert b"".join(request.body.chunks()) == b"0123456789"
        Encoder(ORIGIN, keep_alive=True).wire(request)  # as a client does
        one.script.resume(reply())
