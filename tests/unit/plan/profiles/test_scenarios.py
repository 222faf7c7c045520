"""Scenarios of a profile: what is read, what becomes of its names, and every mistake with its place and remedy."""

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import Extract, FeedSpec, ScenarioJob, Step
from loadgen.plan.profiles.document import read_profile

TARGET = "target: http://127.0.0.1:8080\n"
FEED = "feeds: {word: {file: words.csv}}\n"
HEAD = f"{TARGET}scenarios:\n  a:\n    steps:\n"


@pytest.fixture
def job(tmp_path):
    def job(text, *, environment=None, settings=None, **flags):
        path = tmp_path / "my.yaml"
        path.write_text(text if text.startswith("target") else TARGET + text, encoding="utf-8")
        (tmp_path / "words.csv").write_text("word\ntea\n")
        plan = make_plan(read_profile(path, settings or {}, environment or {}, flags), cores=2, gil=True)
        assert isinstance(plan.job, ScenarioJob)
        return plan.job

    return job


@pytest.fixture
def problems(job):
    def problems(text, **more):
        with pytest.raises(ProfileError) as caught:
            job(text, **more)
        return [problem.partition(": ")[2] for problem in caught.value.problems]

    return problems


def steps_of(job: ScenarioJob) -> tuple[Step, ...]:
    return job.journeys[0].steps


def request_of(step: Step) -> RequestSpec:
    assert step.request is not None
    return step.request


def test_every_key_of_a_scenario_is_read(job):
    made = job(
        "feeds: {account: {file: words.csv, pick: own}}\n"
        "per_user:\n"
        "  start: [{path: /login, extract: {TOKEN: {json: token, secret: true}}}]\n"
        "  end: [{path: /logout, method: POST}]\n"
        "scenarios:\n"
        "  buy: {weight: 9, think: 1s..3s, every: 10s, fresh: true, steps: [{path: /}]}\n"
        "  look: {steps: [{path: /}]}\n"
    )
    buy, look = made.journeys
    assert (buy.name, buy.weight, buy.think_s, buy.every_s, buy.fresh) == ("buy", 9.0, (1.0, 3.0), 10.0, True)
    assert (look.name, look.weight, look.think_s, look.every_s, look.fresh) == ("look", 1.0, (0.0, 0.0), None, False)
    assert made.user_start[0].extracts == (Extract("TOKEN", "json", "token", secret=True),)
    assert [request_of(step).method for step in made.user_end] == ["POST"]
    ((name, pick),) = [(feed.name, feed.pick) for feed in made.feeds]
    assert (name, pick) == ("account", "own")
    assert made.feeds[0].file.endswith("/words.csv")


def test_every_key_of_a_step_is_read(job):
    (step,) = steps_of(
        job(
            HEAD + "    - {name: n, method: PUT, path: /a, headers: {X-A: b}, body: c, timeout: 2s, think: 1s..2s,\n"
            "       expect: {status: 201, body_contains: d, length: 3}, extract: {A: {header: X-B, default: 7}}}\n"
        )
    )
    request = request_of(step)
    assert (step.name, step.timeout_s, step.think_s) == ("n", 2.0, (1.0, 2.0))
    assert (request.name, request.method, request.path, request.body) == ("n", "PUT", "/a", b"c")
    assert request.headers[0] == ("X-A", "b")
    assert (request.expect.statuses, request.expect.body_contains, request.expect.length) == (((201, 201),), b"d", 3)
    assert step.extracts == (Extract("A", "header", "X-B", default="7"),)


@pytest.mark.parametrize(
    ("written", "extract"),
    [
        ("{json: items.*.id, pick: random}", Extract("A", "json", "items.*.id", random=True)),
        ("{json: 0}", Extract("A", "json", "0")),
        ("{header: Location}", Extract("A", "header", "Location")),
        ("{regex: 'id=(\\d+)', default: ''}", Extract("A", "regex", "id=(\\d+)", default="")),
        ("{cookie: session, secret: true}", Extract("A", "cookie", "session", secret=True)),
    ],
)
def test_an_extract_says_from_where(job, written, extract):
    assert steps_of(job(HEAD + f"    - {{path: /, extract: {{A: {written}}}}}\n"))[0].extracts == (extract,)


def test_steps_stand_in_groups_in_repeats_and_beside_each_other(job):
    group, repeat = steps_of(
        job(
            HEAD + "    - group: g\n      think: 1s\n      steps:\n"
            "      - {path: /1}\n"
            "      - together: [{path: /2}, {path: /3}]\n"
            "    - {repeat: 3, steps: [{path: /4}]}\n"
        )
    )
    assert (group.kind, group.name, group.think_s, len(group.steps)) == ("group", "g", (1.0, 1.0), 2)
    assert [request_of(step).path for step in group.steps[1].steps] == ["/2", "/3"]
    assert (group.steps[1].kind, repeat.kind, repeat.times) == ("together", "repeat", 3)
    assert [request_of(step).path for step in repeat.steps] == ["/4"]


def test_every_step_has_a_name_of_its_own(job):
    found = job(
        FEED + "scenarios:\n"
        "  a: {steps: [{path: '/?q=1'}, {path: /}, {name: 'GET / #2', path: /x}, {path: '/${word.word}/${A:-1}'},\n"
        "              {path: /, extract: {A: {json: a}}}]}\n"
        "  b: {steps: [{path: /}]}\n"
    )
    assert [request.name for request in found.requests] == [
        "a/GET /", "a/GET / #3", "a/GET / #2", "a/GET /${word.word}/${A}", "a/GET / #4", "b/GET /",
    ]  # fmt: skip


def test_names_found_out_later_stay_and_their_defaults_are_written_for_the_place(job):
    made = job(
        FEED + "headers: {Authorization: 'Bearer ${TOKEN:-}'}\n"
        "per_user: {start: [{path: /login, extract: {TOKEN: {json: t}, N: {json: n}}}]}\n"
        "scenarios:\n"
        "  a:\n"
        "    steps:\n"
        "    - path: '/x y/${word.word}?a=${OTHER:-a b&c}'\n"
        '    - {path: \'${TOKEN}/pay\', body: \'{"a": "${OTHER:-"}"}\', headers: {Content-Type: application/json}}\n'
        "    - {path: /, json: {a: '${N}', b: '${OTHER:-1}', c: 'x${N}', d: '${OTHER:-x\"}', e: '${word.word}'}}\n"
        "    - {path: /, extract: {OTHER: {json: o}}}\n"
    )
    first, second, third, _ = [request_of(step) for step in steps_of(made)]
    assert first.path == "/x%20y/${word.word}?a=${OTHER:-a%20b%26c}"
    assert second.path == "${TOKEN}/pay"
    assert second.body == b'{"a": "${OTHER:-\\"}"}'
    assert third.body == (
        b'{"a":${N:json},"b":${OTHER:json:-1},"c":"x${N}","d":${OTHER:json:-"x\\""},"e":${word.word:json}}'
    )
    assert ("Authorization", "Bearer ${TOKEN:-}") in first.headers


def test_variables_that_are_known_are_put_in_and_those_that_change_stay(job):
    made = job(
        "variables: {Q: c#, N: {random: [1, 9]}, P: {default: geheim, secret: true}}\n"
        + HEAD.removeprefix(TARGET)
        + "    "
        "- {path: '/${Q}/${N}', json: {n: '${N}', p: '${P}'}}\n"
    )
    request = request_of(steps_of(made)[0])
    assert request.path == "/c%23/${N}"
    assert request.body == b'{"n":${N},"p":"geheim"}'
    assert [variable.name for variable in made.variables] == ["N"]


def test_a_file_of_python_is_named_and_its_content_has_a_digest(job, tmp_path):
    (tmp_path / "shop.py").write_text("x = 1\n")
    made = job("scenario: shop.py\nheaders: {X-A: b}\n")
    assert (made.journeys, made.file, len(made.digest)) == ((), str(tmp_path / "shop.py"), 64)
    assert made.headers == (("X-A", "b"),)


def test_users_may_have_a_number_of_journeys_each_which_ends_the_run(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(HEAD + "    - {path: /}\njourneys_per_user: 3\n")
    plan = make_plan(read_profile(path, {}, {}, {}), cores=1, gil=True)
    assert (plan.duration_s, plan.requests_limit) == (None, None)
    assert isinstance(plan.job, ScenarioJob)
    assert (plan.job.journeys_per_user, plan.job.ends_itself) == (3, True)


NAMED = "scenarios: {buy: {steps: [{group: checkout, steps: [{name: pay, path: /}]}]}}\n"


@pytest.mark.parametrize("name", ["buy", "buy/pay", "pay", "checkout", "journeys"])
def test_a_threshold_may_be_about_anything_that_is_declared(job, name):
    assert job(f"{NAMED}thresholds: '{name}:p95 < 1s'\n")


@pytest.mark.parametrize("key", ["thresholds", "abort_if"])
def test_a_condition_about_what_is_not_declared_is_a_problem(problems, key):
    limit = "p95 < 1s" if key == "thresholds" else "p95 > 1s"
    assert problems(f"{NAMED}{key}: 'pai:{limit}'\n") == [f"{key}[0]: nothing is named 'pai'; did you mean 'pay'?"]


def test_headers_of_flags_go_with_every_step_and_method_and_body_do_not(job, problems):
    assert ("X-A", "b") in request_of(steps_of(job(HEAD + "    - {path: /}\n", headers=["X-A: b"]))[0]).headers
    assert problems(HEAD + "    - {path: /}\n", method="PUT", body="x") == [
        "the profile has scenarios, so set it in the profile",
        "the profile has scenarios, so set it in the profile",
    ]


def test_a_plan_of_journeys_comes_back_from_its_pieces(tmp_path):
    from io import BytesIO

    from loadgen.plan.codec import describe_plan, plan_to_pieces, read_plan

    path = tmp_path / "my.yaml"
    path.write_text(
        HEAD + "    - {path: /, json: {a: b}, expect: {body_contains: c}}\n    - {repeat: 2, steps: [{path: /x}]}\n"
    )
    plan = make_plan(read_profile(path, {}, {}, {}), cores=1, gil=True)
    assert read_plan(BytesIO(b"".join(plan_to_pieces(plan)))) == plan
    described = describe_plan(plan)
    assert [request["name"] for request in described["requests"]] == ["a/POST /", "a/GET /x"]
    assert described["scenario"]["journeys"][0]["steps"][1]["times"] == 2


GOOD = "- {path: /}"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("[]", ["scenarios.a.steps: expected at least one step, such as {path: /}"]),
        ("[{repeat: 0, steps: [{path: /}]}]", ["scenarios.a.steps[0].repeat: expected an integer >= 1, got 0"]),
        (
            "[{group: g}]",
            ["scenarios.a.steps[0]: expected `steps` beside group: at least one, such as {path: /}"],
        ),
        (
            "[{together: []}]",
            ["scenarios.a.steps[0].together: expected at least one request, such as {path: /}"],
        ),
        (
            "[{steps: [{path: /}]}]",
            ["scenarios.a.steps[0].steps: needs `group: NAME` or `repeat: N` beside it"],
        ),
        (
            "[{group: g, repeat: 2, steps: [{path: /}]}]",
            [
                "scenarios.a.steps[0].repeat: expected one of group, together, repeat: "
                "put one into the steps of the other"
            ],
        ),
        (
            "[{group: g, path: /, steps: [{path: /}]}]",
            ["scenarios.a.steps[0].path: belongs to a request, not to group"],
        ),
        (
            "[{together: [{group: g, steps: [{path: /}]}]}]",
            ["scenarios.a.steps[0].together[0]: expected a request: group can be around together, not in it"],
        ),
        (
            "[{together: [{path: /, think: 1s}]}]",
            ["scenarios.a.steps[0].together[0].think: give it beside together: its requests are sent at once"],
        ),
        (
            "[{together: [{path: /, redirects: 1}]}]",
            ["scenarios.a.steps[0].together[0].redirects: a request of together follows none: put it after together"],
        ),
        ("[{path: /, redirects: -1}]", ["scenarios.a.steps[0].redirects: expected an integer >= 0, got -1"]),
        (
            "[{name: n, path: /}, {group: g, steps: [{name: n, path: /}]}]",
            ["scenarios.a.steps[1].steps[0].name: expected a name of its own in its journey, 'n' is taken"],
        ),
        ("[{pth: /}]", ["scenarios.a.steps[0].pth: unknown key; did you mean 'path'?"]),
        (
            "[{group: g, steps: [{path: /, expct: {}}]}]",
            ["scenarios.a.steps[0].steps[0].expct: unknown key; did you mean 'expect'?"],
        ),
        (
            "[{path: x}]",
            ["scenarios.a.steps[0].path: expected a path that begins with / or a URL, got 'x'"],
        ),
        ("[5]", ["scenarios.a.steps[0]: expected a mapping of keys and values, got 5"]),
        (
            "[{path: /, extract: {A: {jsn: a}}}]",
            ["scenarios.a.steps[0].extract.A.jsn: unknown key; did you mean 'json'?"],
        ),
        (
            "[{path: /, extract: {A: {}}}]",
            ["scenarios.a.steps[0].extract.A: expected one of json, header, regex, cookie"],
        ),
        (
            "[{path: /, extract: {A: {json: a, header: b}}}]",
            ["scenarios.a.steps[0].extract.A: expected one of json, header, regex, cookie, got json and header"],
        ),
        (
            "[{path: /, extract: {A-B: {json: a}}}]",
            [
                "scenarios.a.steps[0].extract.A-B: "
                "expected a name of letters, digits and _ that does not begin with a digit"
            ],
        ),
        (
            "[{path: /, extract: {A: {regex: abc}}}]",
            [
                "scenarios.a.steps[0].extract.A.regex: "
                "expected a group for what is taken, such as 'id=([0-9]+)', got 'abc'"
            ],
        ),
        (
            "[{path: /, extract: {A: {json: a, pick: last}}}]",
            ["scenarios.a.steps[0].extract.A.pick: expected first or random, got 'last'"],
        ),
        (
            "[{path: '/${ITM}'}, {path: /, extract: {ITEM: {json: a}}}]",
            [
                "scenarios.a.steps[0].path: ${ITM} has no value: give it with --set ITM=..., in the environment, "
                "or under variables, or extract it in a step before; did you mean 'ITEM'?"
            ],
        ),
        (
            "[{path: '/${A}', extract: {A: {json: a}}}]",
            [
                "scenarios.a.steps[0]: ${A} is extracted by this step's own reply: an earlier step would have to; "
                "or give a default such as ${A:-1}"
            ],
        ),
        (
            "[{path: '/${A}'}, {path: /, extract: {A: {json: a}}}]",
            [
                "scenarios.a.steps[0]: ${A} is extracted only later, by scenarios.a.steps[1]: "
                "put that step before this one; or give a default such as ${A:-1}"
            ],
        ),
        (
            "[{together: [{path: /, extract: {A: {json: a}}}, {path: '/${A}'}]}]",
            [
                "scenarios.a.steps[0].together[1]: ${A} is extracted at the same time, by "
                "scenarios.a.steps[0].together[0]: put that step before `together`; or give a default such as ${A:-1}"
            ],
        ),
        (
            "[{path: '/${wrd.word}'}]",
            ["scenarios.a.steps[0].path: ${wrd.word}: there is no feed 'wrd'; did you mean 'word'?"],
        ),
        (
            "[{path: /, expect: {status: '${word.word}'}}]",
            [
                "scenarios.a.steps[0].expect.status: ${word.word} is found out while it runs, "
                "so it can stand only in a request's path, headers or body"
            ],
        ),
        (
            "[{path: /, json: {a: '$${A}${A}'}, extract: {A: {json: a}}}]",
            [
                "scenarios.a.steps[0].json.a: "
                "a literal ${NAME} cannot have the name of a variable that changes with every request"
            ],
        ),
    ],
)
def test_what_is_wrong_with_steps_is_said_with_place_and_remedy(problems, steps, found):
    assert problems(f"{FEED}scenarios: {{a: {{steps: {steps}}}}}\n") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("scenarios: {}", ["scenarios: expected a scenario such as {browse: {steps: [{path: /}]}}"]),
        ("scenarios: {a: {}}", ["scenarios.a.steps: expected at least one step, such as {path: /}"]),
        (
            "scenarios: {a: {step: []}}",
            ["scenarios.a.step: unknown key; did you mean 'steps'?", "scenarios.a.steps: expected at least one step"],
        ),
        (
            "scenarios: {a: {weight: 0, steps: [{path: /}]}}",
            ["scenarios.a.weight: expected a number > 0, got 0"],
        ),
        (
            "requests: [{path: /}]\nscenarios: {a: {steps: [{path: /}]}}",
            [
                "requests: cannot be combined with scenarios: a request is a scenario of one step, "
                "{NAME: {steps: [...]}}"
            ],
        ),
        ("feeds: {a: {file: words.csv}}", ["feeds: needs scenarios"]),
        ("per_user: {start: [{path: /}]}", ["per_user: needs scenarios"]),
        ("scenarios: {per_user: {steps: [{path: /}]}}", ["scenarios.per_user: expected another name"]),
        ("journeys_per_user: 3", ["journeys_per_user: needs scenarios"]),
        (
            "journeys_per_user: 3\nwarmup: 1s\nrate: 5/s\nscenarios: {a: {steps: [{path: /}]}}",
            [
                "journeys_per_user: cannot be combined with a rate or stages: total_requests counts journeys",
                "warmup: cannot be combined with journeys_per_user: it would use them up",
            ],
        ),
        ("scenario: nothing.py", ["scenario: cannot read "]),
        (
            "scenario: words.csv\nper_user: {}\nscenarios: {a: {steps: [{path: /}]}}\nrequests: [{path: /}]",
            [
                "per_user: cannot be combined with scenario: all that is done is in its file",
                "scenarios.a.steps: cannot be combined with scenario: they are in its file",
                "requests: cannot be combined with scenario: all that is done is in its file",
            ],
        ),
        (
            "feeds: {a: {pick: own}}\nscenarios: {a: {steps: [{path: /}]}}",
            ["feeds.a: missing: expected the name of a file, such as {file: rows.csv}"],
        ),
        ("feeds: {a: {file: no.csv}}\nscenarios: {a: {steps: [{path: /}]}}", ["feeds.a.file: cannot read "]),
        (
            "feeds: {a: {file: words.csv, pick: all}}\nscenarios: {a: {steps: [{path: /}]}}",
            ["feeds.a.pick: expected own, once, order or random, got 'all'"],
        ),
        (
            "scenarios: {a: {steps: [{path: '/${X}'}]}, b: {steps: [{path: /, extract: {X: {json: x}}}]}}",
            [
                "scenarios.a.steps[0]: ${X} is extracted by scenarios.b.steps[0], "
                "which a user may not have done before: extract it in an earlier step; "
                "or give a default such as ${X:-1}"
            ],
        ),
        (
            "headers: {A: '${X}'}\nper_user: {start: [{path: /, extract: {X: {json: x}}}]}\n"
            "scenarios: {a: {steps: [{path: /}]}}",
            [
                "per_user.start[0]: ${X} is extracted by this step's own reply: an earlier step would have to; "
                "or give a default such as ${X:-1}"
            ],
        ),
        (
            "variables: {X: 1, Y: {uuid: true}}\n"
            "scenarios: {a: {steps: [{path: /, extract: {X: {json: x}, Y: {json: x}}}]}}",
            [
                "scenarios.a.steps[0].extract.X: expected a name of its own: there is a variable X that is no step's",
                "scenarios.a.steps[0].extract.Y: expected a name of its own: there is a variable Y that is no step's",
            ],
        ),
        (
            "target: http://127.0.0.1:${X}/\nscenarios: {a: {steps: [{path: /, extract: {X: {json: x}}}]}}",
            ["target: ${X} is found out while it runs, so it can stand only in a request's path, headers or body"],
        ),
    ],
)
def test_what_is_wrong_around_steps_is_said_with_place_and_remedy(problems, text, found):
    told = problems(text + "\n")
    assert len(told) == len(found)
    assert all(line.startswith(beginning) for line, beginning in zip(told, found, strict=True)), told


def test_all_problems_of_several_scenarios_are_told_at_once(problems):
    assert problems("scenarios:\n  a: {steps: [{path: x}]}\n  b: {steps: [{pth: /}, {repeat: x, steps: []}]}\n") == [
        "scenarios.a.steps[0].path: expected a path that begins with / or a URL, got 'x'",
        "scenarios.b.steps[0].pth: unknown key; did you mean 'path'?",
        "scenarios.b.steps[1].repeat: expected an integer >= 1, got 'x'",
    ]


def test_a_value_that_is_wrong_draws_no_other_problems_after_it(problems):
    assert problems("scenarios: {a: {steps: [{path: /, extract: {A: {regex: '('}}}, {path: '/${A}'}]}}\n") == [
        "scenarios.a.steps[0].extract.A.regex: expected a regular expression, got '(': "
        "missing ), unterminated subpattern at position 0"
    ]


def test_feeds_are_plain_values():
    assert FeedSpec("a", "b").pick == "random"
