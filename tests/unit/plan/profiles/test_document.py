import enum
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import ProfileError
from loadgen.plan.condition import parse_condition
from loadgen.plan.jobs.http import Variable
from loadgen.plan.profiles.document import profile_for_url, read_profile

TARGET = "target: http://127.0.0.1:8080\n"


@pytest.fixture
def read(tmp_path):
    def read(text, *, values=None, environment=None, **flags):
        path = tmp_path / "my.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_profile(path, values or {}, environment or {}, flags)

    return read


@pytest.fixture
def problems(read):
    """The problems that reading a text comes to."""

    def problems(text, **more):
        with pytest.raises(ProfileError) as caught:
            read(text, **more)
        return caught.value.problems

    return problems


def test_a_profile_of_one_line_has_the_documented_defaults(read):
    profile = read(TARGET)
    assert (profile.name, profile.connections, profile.duration, profile.total_requests) == ("my", 50, None, None)
    assert (profile.timeout, profile.connect_timeout, profile.grace, profile.max_errors) == (10.0, 5.0, 5.0, None)
    assert (profile.mode, profile.client, profile.keepalive, profile.requests) == ("pool", "raw", True, ())


def test_every_key_is_read(read):
    profile = read(
        "target: http://localhost:8080\nname: n\ndescription: d\nconnections: 7\ntotal_requests: 9\nduration: 1h30m\n"
        "think: 10ms..20ms\nramp_up: 3\nmode: threads\nprocesses: 1\nworkers: 7\nclient: httpx\ntimeout: 2.5\n"
        "connect_timeout: 1s\ndns_ttl: 30s\ngrace: 0\nkeepalive: false\ninsecure: true\ncacert: a\ncert: b\nkey: c\n"
        "fail_fast: true\nmax_errors: 3\nabort_if: [error_rate > 5%, p99 > 1s]\nheaders: {X-A: 1.10}\nseed: 0\n"
        "warmup: 1s\ncool_down: 2s\nthresholds: p99 < 1s\nstrict: true\n"
    )
    assert (profile.name, profile.connections, profile.total_requests, profile.duration) == ("n", 7, 9, 5400.0)
    assert (profile.think, profile.ramp_up, profile.mode, profile.client) == ((0.01, 0.02), 3.0, "threads", "httpx")
    assert (profile.timeout, profile.grace, profile.keepalive, profile.insecure) == (2.5, 0.0, False, True)
    assert (profile.fail_fast, profile.max_errors, profile.seed, profile.dns_ttl) == (True, 3, 0, 30.0)
    assert [rule.text for rule in profile.abort_if] == ["error_rate > 5%", "p99 > 1s"]
    assert profile.headers == {"X-A": "1.10"}
    assert (profile.warmup, profile.cool_down, profile.strict) == (1.0, 2.0, True)
    assert profile.thresholds == (parse_condition("p99 < 1s", use="threshold"),)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]:8080"])
def test_an_address_is_never_looked_up_again(problems, host):
    (problem,) = problems(f"target: http://{host}\ndns_ttl: 1s\n")
    assert str(problem).endswith("dns_ttl: cannot be combined with an IP address: there is no name to look up")


def test_every_key_of_the_open_model_is_read(read):
    profile = read(
        TARGET + "rate: 300/m\nstages: [30s:1000/s, {duration: 1m, rate: 60/m}]\narrival: poisson\n"
        "max_connections: 90\nwhen_busy: drop\nprecise: true\n"
    )
    assert (profile.rate, profile.stages) == (5.0, ((30.0, 1000.0, "rate"), (60.0, 1.0, "rate")))
    assert (profile.arrival, profile.max_connections, profile.when_busy) == ("poisson", 90, "drop")
    assert profile.precise


@pytest.mark.parametrize(("value", "per_second"), [("5000", 5000), ("5000/s", 5000), ("300/m", 5), ("0.5", 0.5)])
def test_a_rate_without_a_unit_is_per_second_in_files_and_flags(read, value, per_second):
    assert read(TARGET + f"rate: {value}\n").rate == per_second
    assert read(TARGET, rate=value).rate == per_second


def test_stages_of_flags_take_the_place_of_those_of_the_file(read):
    assert read(TARGET + "stages: 1s:5/s\n", stages=["2s:9/s", "3s:8/s"]).stages == (
        (2.0, 9.0, "rate"),
        (3.0, 8.0, "rate"),
    )


def test_a_bare_number_in_a_stage_is_one_of_users(read):
    assert read(TARGET + "stages: [30s:100, {duration: 1m, users: 0}]\n").stages == (
        (30.0, 100, "users"),
        (60.0, 0, "users"),
    )


def test_all_problems_are_told_at_once_with_line_and_place(problems):
    found = problems(
        "target: ftp://x\n"
        "connections: many\n"
        "conections: 3\n"
        "requests:\n"
        "  - path: /a\n"
        "  - path: /b\n"
        "    weight: x\n"
        "    expect: {status: 2x}\n"
    )
    assert found == [
        "line 1: target: expected a URL such as http://127.0.0.1:8080/, got 'ftp://x'",
        "line 2: connections: expected an integer >= 1, got 'many'",
        "line 3: conections: unknown key; did you mean 'connections'?",
        "line 7: requests[1].weight: expected a number > 0, got 'x'",
        'line 8: requests[1].expect.status: expected a status such as 200, "2xx" or "200-299", got \'2x\'',
    ]


def test_the_error_names_the_file_in_every_line(read, tmp_path):
    with pytest.raises(ProfileError) as caught:
        read("connections: 0\nduration: 10 bananas\n")
    file = tmp_path / "my.yaml"
    assert str(caught.value).splitlines() == [
        f"{file}: target: missing: expected a URL such as http://127.0.0.1:8080/",
        f"{file}: line 1: connections: expected an integer >= 1, got 0",
        f"{file}: line 2: duration: expected a duration such as 30s, 5m or 250ms, got '10 bananas'",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('connections: "100"', "connections: expected an integer >= 1, got '100'"),
        ("connections: true", "connections: expected an integer >= 1, got true"),
        ("connections: 1.5", "connections: expected an integer >= 1, got 1.5"),
        ("connections: [1]", "connections: expected an integer >= 1, got a list"),
        ("connections: 99999999999999999999999999", "connections: expected an integer >= 1, got a very large number"),
        ("total_requests: 0", "total_requests: expected an integer >= 1, got 0"),
        ("duration: 0s", "duration: expected a duration above zero such as 30s, got '0s'"),
        ("duration: -5", "duration: expected a duration such as 30s, 5m or 250ms, got -5"),
        ("duration: .inf", "duration: expected a duration such as 30s, 5m or 250ms, got inf"),
        ("think: 3s..1s", "think: expected a range from low to high such as 100ms..300ms, got '3s..1s'"),
        ("mode: pol", "mode: expected pool, threads or async, got 'pol'"),
        ("client: curl", "client: expected raw or httpx, got 'curl'"),
        ('keepalive: "no"', "keepalive: expected true or false, got 'no'"),
        ("headers: [a]", "headers: expected a mapping of keys and values, got a list"),
        ("headers: {a b: c}", "headers.a b: expected the name of a header such as Accept, got 'a b'"),
        ("headers: {A: [1]}", "headers.A: expected a text, got a list"),
        (
            "headers: {Content-Length: 3}",
            "headers.Content-Length: Content-Length is set from the body and cannot be given",
        ),
        ("requests: 1000", "requests: expected a list of requests, got 1000 (how many to send is total_requests)"),
        ("requests: [5]", "requests[0]: expected a mapping of keys and values, got 5"),
        ("requests: [{weight: .nan}]", "requests[0].weight: expected a number > 0, got nan"),
        ("requests: [{wait: 1}]", "requests[0].wait: unknown key; did you mean 'weight'?"),
        ("requests: [{expect: {lenght: 1}}]", "requests[0].expect.lenght: unknown key; did you mean 'length'?"),
        ("requests: [{method: G T}]", "requests[0].method: expected an HTTP method such as GET or POST, got 'G T'"),
        ("abort_if: p99 > 3", "abort_if: p99: expected a time with its unit such as 3ms, got '3'"),
        ("abort_if: ['x:p99 > 3s']", "abort_if[0]: no request is named 'x'; known are: GET /"),
        ("cert: a.pem", "cert: needs a key: the PEM file of the private key"),
        ("key: a.pem", "key: needs a cert: the PEM file of the certificate"),
        ("duration: 5s\nramp_up: 6s", "ramp_up: expected at most the duration of 5 s"),
        ("connections: 1\nconnections: 2", "connections: given twice, first in line 2"),
        ("rate: -1", "rate: expected a rate such as 5000/s or 300/m, got -1"),
        ("rate: [5]", "rate: expected a rate such as 5000/s or 300/m, got a list"),
        ("rate: 5/fortnight", "rate: expected a rate such as 5000/s or 300/m, got '5/fortnight'"),
        ("arrival: random", "arrival: expected constant or poisson, got 'random'"),
        ("when_busy: wait", "when_busy: expected queue or drop, got 'wait'"),
        ("thresholds: [p99 < 1s, p99 < 3]", "thresholds[1]: p99: expected a time with its unit such as 3ms, got '3'"),
        ("thresholds: ['x:p99 < 3s']", "thresholds[0]: no request is named 'x'; known are: GET /"),
        ("only: [a, 5]\nscenarios: {a: {steps: [{path: /}]}}", "only[1]: expected a text, got 5"),
        ("only: 5", "only[0]: expected a text, got 5"),
        ("name: ''", "name: expected a name of 1 to 100 printable characters, got ''"),
    ],
)
def test_a_wrong_value_is_explained_in_plain_words(problems, line, problem):
    (found,) = problems(TARGET + line)
    assert found.partition(": ")[2].replace("abort_if[0]: p99: ", "abort_if: p99: ") == problem


STAGE = (
    "expected a duration with a rate, such as 30s:1000/s or {duration: 30s, rate: 1000/s}, "
    "or with users, such as 30s:100 or {duration: 30s, users: 100}"
)


@pytest.mark.parametrize(
    ("stage", "problem"),
    [
        ("30s", f"{STAGE}, got '30s'"),
        ("30", f"{STAGE}, got 30"),
        ("{duration: 30s}", f"{STAGE}, got a mapping"),
        ("{30s: 1000/s}", f"{STAGE}, got a mapping"),
        ("soon:5/s", "expected a duration such as 30s, 5m or 250ms, got 'soon'"),
        ("30s:fast", "expected a rate such as 1000/s, or a number of users such as 100, got 'fast'"),
        ("soon:50", "expected a duration such as 30s, 5m or 250ms, got 'soon'"),
        ("30s:-5", "expected a rate such as 1000/s, or a number of users such as 100, got '-5'"),
        ("{duration: 30s, users: many}", "expected an integer >= 0, got 'many'"),
        ("{duration: 30s, rate: 100}", "expected a rate with its unit such as 100/s, got 100"),
        ("30s:-5/s", "expected a rate such as 5000/s or 300/m, got '-5/s'"),
    ],
)
def test_a_wrong_stage_is_explained_at_its_line(problems, stage, problem):
    assert problems(TARGET + f"stages:\n  - 5s:10/s\n  - {stage}\n") == [f"line 4: stages[1]: {problem}"]


def test_several_wrong_stages_are_told_at_once(problems):
    assert len(problems(TARGET + "stages: [30, 40, 5s:1/s]\nthink: x\narrival: poisson\n")) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: [1", "not valid YAML: "),
        (b"a: b: c", "line 1: not valid YAML: mapping values are not allowed here"),
        (b"a: 1\n\tb: 2", "line 2: not valid YAML: "),
        (b"a: \xff\n", "line 1: expected UTF-8 text"),
        (b"a: 1\nb: \x01\n", "line 2: not valid YAML: it holds a character"),
        (b"- a\n", "line 1: expected a mapping of keys"),
        (b"just text", "line 1: expected a mapping of keys"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML: but found another document"),
        (b"a: *nothing\n", "not valid YAML: found undefined alias"),
        (b"#" * (1 << 20) + b"\n", "expected a profile of at most 1 MiB"),
        (b"a: " + b"[" * 50 + b"]" * 50, "nested too deeply"),
        (b"a: " + b"[" * 700, "nested too deeply"),
        (b"a: &a [*a]\n", "nested too deeply, or aliases repeat too much"),
        (b"a: &a {<<: *a}\n", "nested too deeply, or aliases repeat too much"),
    ],
)
def test_a_file_that_is_no_profile_is_one_clear_problem(problems, text, problem):
    (found,) = problems(text)
    assert problem in found


def test_aliases_that_multiply_are_refused(problems):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "aliases repeat too much" in problems("a0: &a0 [1,1,1]\n" + "\n".join(levels))[0]
    merges = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    assert "aliases repeat too much" in problems("a0: &a0 {b: 1}\n" + "\n".join(merges))[0]


def test_a_document_cannot_make_objects(problems):
    (found,) = problems(TARGET + "name: !!python/object/apply:os.system [true]\n")
    assert found == "line 2: name: the YAML tag '!!python/object/apply:os.system' is not allowed here"


def test_aliases_and_merges_work(read):
    profile = read(
        TARGET
        + "requests:\n  - &first {name: a, path: /a, expect: {status: 200}}\n  - {<<: *first, name: b, weight: 2}\n"
    )
    assert [(item.name, item.path, item.weight) for item in profile.requests] == [("a", "/a", 1.0), ("b", "/a", 2.0)]


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    with pytest.raises(ProfileError, match="cannot be read: No such file or directory"):
        read_profile(tmp_path / "none.yaml", {}, {}, {})


def test_a_result_is_no_profile_with_thirty_problems(read):
    with pytest.raises(ProfileError) as caught:
        read('{"schema": "loadgen.result/1", "plan": {}, "users": {}}')
    assert caught.value.problems == ["a saved result, not a profile; `loadgen report` prints it"]


# Flags.


def test_flags_come_before_the_file_and_texts_become_numbers(read):
    class Mode(enum.StrEnum):
        ASYNC = "async"

    profile = read(
        TARGET + "connections: 5\nkeepalive: true\n", connections="7", duration="3s", mode=Mode.ASYNC, keepalive=False,
        cacert=Path("x.pem"), think=None, abort_if=[], insecure="yes", total_requests=3,
    )  # fmt: skip
    assert (profile.connections, profile.duration, profile.mode, profile.keepalive) == (7, 3.0, "async", False)
    assert (profile.cacert, profile.insecure, profile.total_requests) == ("x.pem", True, 3)


def test_problems_with_flags_are_named_by_flag(problems):
    assert problems(TARGET, connections="many", total_requests="0", max_errors=0, headers=["bad"], method="G T") == [
        "--header: expected a header such as 'Accept: text/html', found no colon",
        "--method: expected an HTTP method such as GET or POST, got 'G T'",
        "--connections: expected an integer >= 1, got 'many'",
        "--requests: expected an integer >= 1, got 0",
        "--max-errors: expected an integer >= 1, got 0",
    ]


def test_a_request_has_one_host(problems):
    (problem,) = problems(TARGET, headers=["Host: a", "X: 1", "host: b"])
    assert str(problem).endswith("--header: Host is given twice: a request has one")
    both = problems(TARGET + "headers: {Host: a, host: b}\nrequests: [{path: /, headers: {HOST: a, hosT: b}}]\n")
    assert [str(problem).partition(": ")[2] for problem in both] == [
        "headers: Host is given twice: a request has one",
        "requests[0].headers: Host is given twice: a request has one",
    ]


def test_header_flags_take_the_place_of_common_headers_of_their_name(read):
    profile = read(TARGET + "headers: {Accept: a, X-B: b}\n", headers=["accept: c", "X-D: 1", "X-D: 2"])
    assert profile.common_headers == (("X-B", "b"), ("accept", "c"), ("X-D", "1"), ("X-D", "2"))


def test_method_and_body_flags_change_the_only_request(read):
    (request,) = read(TARGET + "requests: [{path: /a, json: {b: 1}}]\n", method="put", body=b"\x00\xff").requests
    assert (request.method, request.path, request.body, request.bodies) == ("PUT", "/a", b"\x00\xff", ["body"])


def test_method_and_body_flags_cannot_choose_among_several_requests(problems):
    assert problems(TARGET + "requests: [{path: /a}, {path: /b}]\n", body="x") == [
        "--body: the profile has 2 requests, so set it in the profile"
    ]


# Variables.

LOOKUP = "target: http://${HOST:-fallback}/\nvariables: {HOST: own}\n"


def test_a_variable_is_looked_for_in_set_and_then_in_the_profile(read):
    host = "target: http://${HOST:-fallback}/\n"
    own = host + "variables: {HOST: own}\n"
    assert read(host).target.origin.host == "fallback"
    assert read(own).target.origin.host == "own"
    assert read(own, environment={"HOST": "env"}).target.origin.host == "own"
    assert read(own, environment={"HOST": "env"}, values={"HOST": "set"}).target.origin.host == "set"


@pytest.mark.parametrize("entry", ["", "{env: HOST}", "{env: HOST, default: own}", "{secret: true}", None])
def test_the_environment_is_asked_where_the_profile_names_it_and_where_it_gives_no_value(read, entry):
    text = "target: http://${HOST:-fallback}/\n" + (f"variables: {{HOST: {entry}}}\n" if entry is not None else "")
    assert read(text, environment={"HOST": "env"}).target.origin.host == "env"
    assert read(text, environment={"HOST": "env"}, values={"HOST": "set"}).target.origin.host == "set"
    if entry is None:
        assert read(text, environment={"HOST": ""}).target.origin.host == "fallback"


def test_where_each_value_was_found_is_known_and_no_secret_is(read):
    profile = read(
        TARGET + "variables: {a: 1.10, b: {env: B}, c: {default: x, secret: true}, d: {uuid: true}, e: 5}\n"
        "requests: [{path: '/${a}/${b}/${c}/${d}/${e}/${f}/${g:-h}/${i:-j}'}]\n",
        environment={"a": "no", "B": "from-b", "f": "from-f", "g": "from-g"},
        values={"e": "6"},
    )
    assert [(item.name, item.value, item.source) for item in profile.origins.found_values] == [
        ("a", "1.10", "the profile"),
        ("b", "from-b", "B in the environment"),
        ("c", "[redacted]", "the profile"),
        ("e", "6", "--set"),
        ("f", "from-f", "f in the environment"),
        ("g", "from-g", "g in the environment"),
        ("i", "j", "the default beside its name"),
    ]


def test_a_value_is_encoded_for_the_place_where_it_stands(read):
    profile = read(
        "target: http://${U}@h/\n"
        "variables: {V: 'a/b?c&d=#%41 \"', E: {default: 'a%2Fb&c=1', encoded: true}, U: 'p/w'}\n"
        "headers: {Content-Type: application/json, X: '${V}'}\n"
        "requests:\n"
        "  - path: /${V}/x?q=${V}&e=${E}&f=${F:-#}\n"
        '  - body: \'{"v": "${V}"}\'\n'
        "  - {body: 'v=${V}&e=${E}', headers: {content-type: application/x-www-form-urlencoded}}\n"
        "  - {body: 'v=${V}', headers: {content-type: text/plain}}\n"
    )
    value, encoded = 'a/b?c&d=#%41 "', "a%2Fb%3Fc%26d%3D%23%2541%20%22"
    assert profile.target.userinfo == "p/w"
    assert profile.headers["X"] == value
    assert profile.requests[0].path == f"/{encoded}/x?q={encoded}&e=a%2Fb&c=1&f=%23"
    assert profile.requests[1].body == b'{"v": "a/b?c&d=#%41 \\""}'
    assert profile.requests[2].body == f"v={encoded}&e=a%2Fb&c=1".encode()
    assert profile.requests[3].body == f"v={value}".encode()


def test_a_content_type_from_a_variable_decides_how_values_stand_in_a_body(read):
    text = TARGET + "variables: {V: a&b, CT: x-www-form-urlencoded}\n"
    text += "requests: [{body: 'v=${V}', headers: {Content-Type: 'application/${CT}'}}]\n"
    assert read(text).requests[0].body == b"v=a%26b"


def test_the_content_type_of_a_flag_decides_how_values_stand_in_a_body(read):
    text = TARGET + "variables: {V: a&b}\nrequests: [{body: 'v=${V}'}]\n"
    form = ["Content-Type: application/x-www-form-urlencoded"]
    assert read(text, headers=form).requests[0].body == b"v=a%26b"


def test_a_variable_may_take_its_value_from_another_name_of_the_environment(read):
    text = "target: http://${HOST}/\nvariables: {HOST: {default: own, env: MY_HOST}}\n"
    assert read(text, environment={"MY_HOST": "mine", "HOST": "not-me"}).target.origin.host == "mine"
    assert read(text, environment={"HOST": "not-me"}).target.origin.host == "own"


def test_a_whole_variable_keeps_its_type_and_text_from_outside_becomes_one(read):
    text = TARGET + "connections: ${N}\nkeepalive: ${K}\nvariables: {N: {env: N, default: 5}, K: false}\n"
    assert (read(text).connections, read(text).keepalive) == (5, False)
    outside = read(text, environment={"N": "7"}, values={"K": "true"})
    assert (outside.connections, outside.keepalive) == (7, True)
    assert read(TARGET + "connections: ${M:-9}\n").connections == 9


def test_inside_a_text_a_variable_is_put_in_as_it_was_written(read):
    text = TARGET + "requests: [{path: '/v${V}/${W}/${B}?$$x=$${V}$'}]\nvariables: {V: 1.10, W: a b, B: yes}\n"
    assert read(text).requests[0].path == "/v1.10/a%20b/yes?$x=${V}$"


def test_a_value_is_never_read_as_yaml(read):
    value = "a: [1, {b: *c}]\n- x"
    assert read(TARGET + "requests: [{body: '${V}'}]\n", values={"V": value}).requests[0].body == value.encode()


def test_a_variable_may_use_one_declared_before_it(read):
    assert read("target: ${URL}\nvariables: {H: h, URL: 'http://${H}:81/'}\n").target.origin.port == 81


def test_unknown_variables_are_told_once_each_with_all_places(problems):
    text = "target: http://${HOST}/\nrequests:\n  - path: /${HOST}\n    weight: ${W}\n"
    assert problems(text) == [
        "line 1: target: ${HOST} has no value: give it with --set HOST=..., in the environment, or under variables; "
        "also used in requests[0].path (line 3)",
        "line 4: requests[0].weight: ${W} has no value: "
        "give it with --set W=..., in the environment, or under variables",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a${", "name: expected ${NAME} or ${NAME:-default} (write $${ for a literal ${)"),
        ("name: ${1x}", "name: expected ${NAME} or ${NAME:-default} (write $${ for a literal ${)"),
        ("name: '${A:-${B}'", "name: the default of ${A} cannot hold another variable"),
        ("variables: [a]", "variables: expected a mapping of names and values, got a list"),
        (
            "variables: {a-b: 1}",
            "variables.a-b: expected a name of letters, digits and _ that does not begin with a digit",
        ),
        ("variables: {a: [1]}", "variables.a: expected a text or a number, got a list"),
        ("variables: {a: {defualt: 1}}", "variables.a.defualt: unknown key; did you mean 'default'?"),
        ("variables: {a: {secret: maybe}}", "variables.a.secret: expected true or false, got 'maybe'"),
        (
            "variables: {a: {random: [5, 1]}}",
            "variables.a.random: expected the lowest and the highest integer such as [1, 1000], got a list",
        ),
        ("variables: {a: {sequence: x}}", "variables.a.sequence: expected the first integer such as 1, got 'x'"),
        (
            "variables: {a: {choice: []}}",
            "variables.a.choice: expected a list of texts or numbers such as [a, b], got a list",
        ),
        ("variables: {a: {uuid: 4}}", "variables.a.uuid: expected true, got 4"),
        ("variables: {a: {uuid: true, env: B}}", "variables.a: expected one of random, sequence, choice, uuid, alone"),
        (
            "variables: {a: {uuid: true}}\nname: x${a}",
            "name: ${a} changes with every request, so it can stand only in a request's path, headers or body",
        ),
        (
            "variables: {a: {uuid: true}}\nrequests: [{path: '/$${a}'}]",
            "requests[0].path: a literal ${NAME} cannot have the name of a variable that changes with every request",
        ),
        ("requests: [{json: {'${a}': 1}}]", "requests[0].json.${a}: a variable can stand in a value, not in a key"),
    ],
)
def test_a_wrong_use_of_variables_is_explained(problems, text, problem):
    (found,) = problems(TARGET + text)
    assert found.partition(": ")[2] == problem


def test_a_set_that_nothing_uses_is_a_problem(problems):
    assert problems(LOOKUP, values={"hots": "x"}) == ["--set: the profile has no variable 'hots'; did you mean 'HOST'?"]


def test_variables_that_change_with_every_request_stay_for_the_workload(read):
    profile = read(
        TARGET + "variables: {r: {random: [1, 9]}, s: {sequence: 3}, c: {choice: [a, 2, 1.5, true]}, u: {uuid: true}}\n"
        "headers: {X-U: '${u}'}\nrequests: [{path: '/${r}', body: '${s} ${c}'}]\n"
    )
    assert profile.variables == (
        Variable("r", "random", (1, 9)),
        Variable("s", "sequence", (3,)),
        Variable("c", "choice", ("a", 2, "1.5", "true")),
        Variable("u", "uuid"),
    )
    assert (profile.requests[0].path, profile.requests[0].body) == ("/${r}", b"${s} ${c}")
    assert profile.headers == {"X-U": "${u}"}


def test_a_set_makes_a_changing_variable_fixed(read):
    profile = read(TARGET + "variables: {r: {random: [1, 9]}}\nrequests: [{path: '/${r}'}]\n", values={"r": "4"})
    assert (profile.requests[0].path, profile.variables) == ("/4", ())


# Secrets.


def test_a_secret_that_the_environment_lacks_is_named_with_its_variable_there(problems):
    text = TARGET + "variables:\n  TOKEN: {env: API_TOKEN, secret: true}\n"
    text += "requests: [{headers: {Authorization: 'Bearer ${TOKEN}'}}]\n"
    assert problems(text) == [
        "line 4: requests[0].headers.Authorization: ${TOKEN} has no value: API_TOKEN (line 3) is not set in the "
        "environment: set it, or give --set TOKEN=..."
    ]


@pytest.mark.parametrize("secret", ["requests", "headers", "name", "line", "unknown", "key"])
def test_a_secret_hides_no_word_of_the_profile(problems, secret):
    text = TARGET + "variables: {T: {secret: true}}\nrequests: [{nme: a, headers: {X-Key: '${T}'}, weight: '${T}'}]\n"
    assert problems(text, environment={"T": secret}) == [
        "line 3: requests[0].weight: expected a number > 0, got '[redacted]'",
        "line 3: requests[0].nme: unknown key; did you mean 'name'?",
    ]


def test_a_key_that_is_a_whole_header_line_is_hidden(problems):
    text = "\n".join(problems(TARGET + "requests: [{headers: {'Authorization: Bearer cAnArY': [a]}}]\n"))
    assert "cAnArY" not in text
    assert "requests[0].headers.Authorization: [redacted]" in text


@pytest.mark.parametrize("line", ["connections: ${T}", "mode: x${T}", "requests: [{weight: '${T}'}]", "duration: ${T}"])
@pytest.mark.parametrize("secret", ["cAnArY-123", "cAnArY" * 40, 'it\'s "cAnArY"\\n'])
def test_no_problem_shows_a_secret(problems, line, secret):
    text = "\n".join(problems(TARGET + line + "\nvariables: {T: {secret: true}}\n", environment={"T": secret}))
    assert "cAnArY" not in text
    assert "[redacted]" in text


@pytest.mark.parametrize(
    "url",
    [
        "http://u:cAnArY@[::1/",
        "http://u:cAnArY@h:port/",
        "http://u:cAn@rY@h:0/",
        "u:cAnArY@h/",
        "ftp://cAnArY@h/",
        "http://u:cAnArY/@h",
    ],
)
def test_no_problem_shows_userinfo(url):
    with pytest.raises(ProfileError) as caught:
        profile_for_url(url, {})
    assert "cAn" not in str(caught.value)


# URLs.


def test_a_url_is_a_profile_of_one_request():
    profile = profile_for_url("http://user:pw@Host.example:81/a?b=1", {"connections": "3"})
    assert (profile.name, profile.connections) == ("http://host.example:81", 3)
    assert (str(profile.target), profile.target.userinfo) == ("http://host.example:81/a?b=1", "user:pw")


def test_a_url_without_its_scheme_is_told_what_was_probably_meant():
    with pytest.raises(ProfileError) as caught:
        profile_for_url("localhost:8080", {"connections": "many"})
    assert caught.value.problems == [
        "target: expected a URL such as http://127.0.0.1:8080/, got 'localhost:8080'; did you mean http://localhost:8080/?",
        "--connections: expected an integer >= 1, got 'many'",
    ]


KEYS = st.sampled_from(
    [
        "target",
        "connections",
        "duration",
        "think",
        "headers",
        "requests",
        "abort_if",
        "variables",
        "mode",
        "cert",
        "rate",
        "stages",
        "thresholds",
        "seed",
        "x",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["${a}", "http://h/", "5s", "5s:9/s", "p99 < 1s over 5s"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["path", "json", "body", "expect", "status", "weight", "random", "A", "a"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@pytest.mark.slow  # writes and reads a file per example
@settings(max_examples=60, deadline=None)
@given(document=st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_document_is_a_profile_or_problems_in_plain_words(tmp_path_factory, document):
    import yaml

    path = tmp_path_factory.mktemp("any") / "any.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=False))
    try:
        message = read_profile(path, {}, {}, {}).name
    except ProfileError as error:
        message = str(error)
    assert message
    for word in ("Input should", "pydantic", "validation error", "dict_type", "Traceback"):
        assert word not in message
