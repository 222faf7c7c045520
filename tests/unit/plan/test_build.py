import json
from base64 import b64encode

import pytest

from loadgen import __version__
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.errors import ProfileError
from loadgen.base.reply import Expect
from loadgen.plan.build import LARGEST_BODY_IN_MEMORY, make_plan
from loadgen.plan.condition import parse_condition
from loadgen.plan.plan import StopRules
from loadgen.plan.profiles.document import profile_for_url, read_profile

TARGET = "target: http://127.0.0.1:8080/base?x=1\n"


@pytest.fixture
def plan(tmp_path):
    def plan(text, *, environment=None, **flags):
        path = tmp_path / "my.yaml"
        path.write_text(TARGET + text if "target:" not in text else text, encoding="utf-8")
        return make_plan(read_profile(path, {}, environment or {}, flags), cores=2, gil=True)

    return plan


@pytest.fixture
def problems(plan):
    def problems(text, **flags):
        with pytest.raises(ProfileError) as caught:
            plan(text, **flags)
        return caught.value.problems

    return problems


def url_plan(url, **flags):
    return make_plan(profile_for_url(url, flags), cores=2, gil=True)


def own_headers(request):
    """All but the User-Agent that loadgen adds."""
    return tuple(pair for pair in request.headers if pair[0] != "User-Agent")


def test_loadgen_names_itself_unless_a_user_agent_is_given():
    assert url_plan("http://h/").job.requests[0].headers == (("User-Agent", f"loadgen/{__version__}"),)
    own = url_plan("http://h/", headers=["user-agent: mine"])
    assert own.job.requests[0].headers == (("user-agent", "mine"),)


def test_a_bare_url_becomes_one_get_of_its_path_with_the_defaults():
    plan = url_plan("http://127.0.0.1:8080/a?b=1")
    (request,) = plan.job.requests
    assert (request.name, request.method, request.path, request.body) == ("GET /a", "GET", "/a?b=1", b"")
    assert (plan.origin, plan.users, plan.duration_s, plan.requests_limit) == (
        Origin("http", "127.0.0.1", 8080),
        50,
        10.0,
        None,
    )
    assert (plan.timeout_s, plan.connect_timeout_s, plan.grace_s) == (10.0, 5.0, 5.0)
    assert (plan.processes, plan.workers, plan.stop, plan.tls) == (2, 1, StopRules(), Tls())


def test_the_default_duration_is_only_for_runs_without_an_end():
    assert url_plan("http://h", total_requests=9).duration_s is None
    assert url_plan("http://h", duration="3s").duration_s == 3.0
    both = url_plan("http://h", duration="3s", total_requests=9)
    assert (both.duration_s, both.requests_limit) == (3.0, 9)


def test_connecting_never_may_take_longer_than_the_whole_request():
    assert url_plan("http://h", timeout="2s").connect_timeout_s == 2.0


def test_fail_fast_is_stopping_at_the_first_error():
    assert url_plan("http://h", fail_fast=True, max_errors=100).stop.max_errors == 1
    assert url_plan("http://h", max_errors=100).stop.max_errors == 100


def test_every_key_arrives_in_the_plan(plan):
    made = plan(
        "connections: 8\nthink: 1ms..2ms\nramp_up: 1s\nmode: threads\nclient: httpx\ngrace: 1s\nkeepalive: false\n"
        "insecure: true\nseed: 7\nabort_if: error_rate > 5%\n"
    )
    assert (made.users, made.think_s, made.ramp_up_s, made.mode, made.workers) == (8, (0.001, 0.002), 1.0, "threads", 8)
    assert (made.client, made.grace_s, made.keep_alive, made.seed) == ("httpx", 1.0, False, 7)
    assert (made.tls.verify, made.stop.abort_if) == (False, (parse_condition("error_rate > 5%", use="abort"),))


def test_a_body_that_waits_to_be_asked_for_takes_http_1_and_the_raw_client(problems):
    waits = "requests: [{body: x, headers: {expect: 100-Continue}}, {headers: {Expect: 100-continue}}]\n"
    why = "cannot be combined with a body with Expect: 100-continue, which waits to be asked for"
    assert problems(f"{waits}client: httpx\n") == [f"line 3: client: httpx {why}: use client: raw"]
    assert problems(f"{waits}http: 2\n") == [f"line 3: http: 2 {why} over HTTP/1.1 alone"]


def test_requests_without_a_path_ask_for_the_targets_and_others_start_at_the_origin(plan):
    made = plan("requests: [{name: a}, {path: /x y}, {path: 'http://127.0.0.1:8080/z'}]\n")
    assert [request.path for request in made.job.requests] == ["/base?x=1", "/x%20y", "/z"]


def test_requests_get_names_of_their_own_without_queries(plan):
    made = plan(
        "requests: [{path: '/a?q=1'}, {path: '/a?q=2'}, {path: /a, method: put}, {name: 'GET /b'}, {path: /b}]\n"
    )
    assert [request.name for request in made.job.requests] == ["GET /a", "GET /a #2", "PUT /a", "GET /b", "GET /b #2"]


def test_a_name_given_twice_is_a_problem(problems):
    assert problems("requests:\n  - name: a\n  - name: a\n") == [
        "line 4: requests[1].name: expected a name of its own, 'a' is taken"
    ]


def test_a_requests_own_headers_take_the_place_of_common_ones(plan):
    made = plan("headers: {Accept: a, X-B: b}\nrequests: [{headers: {accept: c}}, {}]\n")
    assert [own_headers(request) for request in made.job.requests] == [
        (("X-B", "b"), ("accept", "c")),
        (("Accept", "a"), ("X-B", "b")),
    ]


def test_expectations_become_ranges(plan):
    made = plan('requests: [{expect: {status: [200, "3xx", "400-404"], body_contains: é, length: 1KiB}}, {}]\n')
    assert made.job.requests[0].expect == Expect(((200, 200), (300, 399), (400, 404)), "é".encode(), 1024)
    assert made.job.requests[1].expect == Expect()


def test_a_body_makes_a_post_and_json_says_so(plan):
    made = plan(
        "requests:\n- body: x\n- json: {a: [1, 2.5, null, true, ä]}\n"
        "- {json: 1, method: put, headers: {content-type: text/x}}\n"
    )
    assert [(request.method, own_headers(request)) for request in made.job.requests] == [
        ("POST", ()),
        ("POST", (("Content-Type", "application/json"),)),
        ("PUT", (("content-type", "text/x"),)),
    ]
    assert made.job.requests[1].body == '{"a":[1,2.5,null,true,"ä"]}'.encode()


def test_in_json_a_value_that_is_a_numbers_variable_is_a_number(plan):
    made = plan(
        "variables: {n: {random: [1, 9]}, c: {choice: [1, 2]}, s: {choice: [a, 2]}, u: {uuid: true}, f: 5}\n"
        "requests: [{json: {n: '${n}', c: '${c}', s: '${s}', u: '${u}', f: '${f}', t: 'x ${n}'}}]\n"
    )
    assert made.job.requests[0].body == b'{"n":${n},"c":${c},"s":"${s}","u":"${u}","f":5,"t":"x ${n}"}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "requests: [{body: a, json: b}]",
            "requests[0].json: expected one of body, json, form, multipart, base64 and body_file, got body and json",
        ),
        ("requests: [{json: .nan}]", "requests[0].json: expected what JSON can hold: "),
        ("requests: [{path: x}]", "requests[0].path: expected a path that begins with /"),
        ('requests: [{path: "/a\\r\\nX: y"}]', "requests[0].path: expected one line"),
        ('headers: {A: "b\\r\\nX: y"}', "headers.A: expected one line"),
        ('headers: {A: "\\u20ac"}', "headers.A: expected characters of latin-1"),
        (
            'variables: {c: {choice: ["a\\nb"]}}\nrequests: [{headers: {A: "${c}"}}]',
            "requests[0].headers.A: a choice of ${c}: expected one line",
        ),
        ("requests: [{path: '/a#b'}]", "requests[0].path: expected a path without #"),
        ("requests: [{body_file: none.bin}]", "requests[0].body_file: cannot read "),
        ("cacert: none.pem", "cacert: cannot read "),
        ("connections: 4\nworkers: 8", "workers: 8 workers cannot share 4 connections"),
        ("mode: async\nworkers: 8", "workers: async mode has one loop"),
    ],
)
def test_what_cannot_be_sent_or_run_is_explained(problems, text, problem):
    (found,) = problems(text)
    assert found.partition(": ")[2].startswith(problem)


def test_problems_with_values_given_as_flags_are_named_by_flag(problems):
    assert problems("connections: 4\n", workers=8, cacert="/no/such.pem") == [
        "--cacert: cannot read /no/such.pem: No such file or directory",
        "--workers: 8 workers cannot share 4 connections; use at most 4 workers, or at least 8 connections",
    ]


def test_a_body_file_beside_the_profile_is_read_and_a_large_one_is_left_to_be_streamed(plan, tmp_path):
    (tmp_path / "small.bin").write_bytes(b"\x00small")
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(LARGEST_BODY_IN_MEMORY + 1)
    small, large = plan("requests: [{body_file: small.bin}, {body_file: large.bin}]\n").job.requests
    assert (small.method, small.body, small.body_file) == ("POST", b"\x00small", None)
    assert (large.body, large.body_file) == (b"", str(tmp_path / "large.bin"))


def test_userinfo_becomes_basic_authorization_unless_one_is_given():
    basic = ("Authorization", "Basic " + b64encode(b"user:p:w").decode())
    assert own_headers(url_plan("http://user:p%3Aw@h/").job.requests[0]) == (basic,)
    own = url_plan("http://user:pw@h/", headers=["authorization: Bearer x"])
    assert own_headers(own.job.requests[0]) == (("authorization", "Bearer x"),)


def test_all_secrets_are_collected(plan):
    made = plan(
        "target: http://user:us3rpw@h/\n"
        "variables: {T: {secret: true, env: T, default: own-secret}, c: {choice: [tok-1, tok-2]}}\n"
        "headers: {X-Api-Key: k3y, Cookie: 'sid=0123456789; theme=dark'}\n"
        "requests: [{path: '/a?token=q-secret'}, {headers: {Authorization: 'Bearer b-secret'}},"
        " {headers: {X-A-Token: '${c}'}}]\n",
        environment={"T": "env-secret"},
    )
    expected = {
        "env-secret",
        "own-secret",
        "user:us3rpw",
        "us3rpw",
        "k3y",
        "0123456789",
        "q-secret",
        "Bearer b-secret",
        "b-secret",
    }
    assert expected | {"tok-1", "tok-2"} <= set(made.secrets)
    assert not {"dark", "user", "${c}", ""} & set(made.secrets)


def test_a_secret_in_a_path_does_not_become_a_name(plan):
    made = plan("variables: {T: {secret: true, default: s3cret-path}}\nrequests: [{path: '/a/${T}'}]\n")
    assert made.job.requests[0].name == "GET /a/[redacted]"
    assert made.job.requests[0].path == "/a/s3cret-path"


def test_a_plan_is_made_of_plain_values(plan):
    made = plan("name: n\nrequests: [{name: r, path: '${P:-/x}', body: '${B:-b}'}]\n", connections="7", mode="pool")
    assert {type(value) for value in (made.name, made.mode, made.job.requests[0].path, made.job.requests[0].name)} == {
        str
    }
    assert json.dumps(made.users) == "7"


@pytest.mark.parametrize(
    ("flags", "users", "processes"),
    [
        ({}, 1, 1),
        ({"total_requests": "50"}, 50, 2),
        ({"total_requests": "51"}, 50, 2),
        ({"rate": "5"}, 1, 1),
        ({"connections": "5"}, 5, 2),
        ({"warmup": "1s"}, 50, 2),
        ({"processes": "2"}, 2, 2),
        ({"processes": "1", "workers": "4"}, 4, 1),
        ({"mode": "threads", "workers": "50"}, 50, 1),
    ],
)
def test_no_more_users_than_requests_unless_they_were_asked_for(
    flags: dict[str, str], users: int, processes: int
) -> None:
    plan = url_plan("http://h/", **{"total_requests": "1", **flags})
    assert (plan.users, plan.processes) == (users, processes)
    assert plan.arrivals is None or plan.arrivals.max_connections == users


def test_each_machine_has_a_user_for_a_single_request() -> None:
    plan = make_plan(profile_for_url("http://h/", {"total_requests": "1"}), cores=8, gil=True, least_processes=3)
    assert (plan.users, plan.processes) == (3, 3)
