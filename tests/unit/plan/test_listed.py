"""A profile's list of requests: read whole when the plan is made, a wrong line named."""

import io
import json
from pathlib import Path

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan, plan_to_pieces, read_plan
from loadgen.plan.identity import plan_differences
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import parse_profile, profile_for_url
from loadgen.plan.target_list import first_specs

LIST = """# what is sent
http://h/1
/2?a=b c
POST http://h:80/3
Content-Type: application/json
Content-Length: 7
@{body}

{{"method": "PUT", "url": "http://h/4", "body": "/wA=", "header": {{"A": ["b", "c"]}}}}
"""


def plan_of(text: str, folder: Path, **flags: object) -> Plan:
    file = folder / "list.txt"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    profile = profile_for_url("http://h/elsewhere", {"targets": str(file), **flags})
    return make_plan(profile, cores=2, gil=True, environment={})


def specs(plan: Plan) -> list[RequestSpec]:
    assert isinstance(plan.job, HttpJob)
    assert plan.job.targets is not None
    return first_specs(plan.job.targets.lines, plan.job.requests[0], 100)


def test_each_line_is_a_request_with_what_all_share(tmp_path: Path) -> None:
    (tmp_path / "body").write_text("{}")
    plan = plan_of(LIST.format(body=tmp_path / "body"), tmp_path, headers=["X: y"])
    made = specs(plan)
    assert [(spec.method, spec.path, spec.body) for spec in made] == [
        ("GET", "/1", b""), ("GET", "/2?a=b%20c", b""), ("POST", "/3", b"{}"), ("PUT", "/4", b"\xff\0"),
    ]  # fmt: skip
    assert all(("X", "y") in spec.headers for spec in made)
    assert ("A", "b, c") in made[3].headers
    assert not any(name == "Content-Length" for name, _ in made[2].headers)
    assert made[2].body_kind == "json"


def test_the_plan_is_carried_whole_and_told_by_its_digest(tmp_path: Path) -> None:
    plan, other = plan_of("http://h/1\nhttp://h/2", tmp_path), plan_of("http://h/1\nhttp://h/3", tmp_path)
    assert read_plan(io.BytesIO(b"".join(plan_to_pieces(plan)))) == plan
    described = json.loads(json.dumps(describe_plan(plan)))
    assert described["targets"].items() >= {"file": "list.txt", "requests": 2}.items()
    assert plan_differences(described, describe_plan(other)) == ["another list of requests"]
    assert plan_differences(described, describe_plan(plan)) == []


def test_credentials_in_it_are_secret(tmp_path: Path) -> None:
    plain = "http://h/1\n" * 1000  # however far down
    plan = plan_of(plain + "GET http://h/1?token=hidden-in-the-url\nCookie: sid=hidden-in-a-header", tmp_path)
    assert {"hidden-in-the-url", "hidden-in-a-header"} <= {*plan.secrets}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "list.txt has no requests"),
        ("# nothing\n\n", "list.txt has no requests"),
        ("http://h/1\nnonsense", "list.txt: line 2: expected a URL with http or https"),
        ("\nhttp://other/1", "list.txt: line 2 leads to http://other, and the target is http://h: a list is of one"),
        ("http://h/#x", "line 1: expected a path without #"),
        ("http://h/1\n@body", "line 2: expected a URL with http or https"),
        ("POST http://h/1\n@/no/such/file", "line 1: cannot read '/no/such/file': No such file"),
        ("GET http://h/1\nnonsense", "line 2: expected a header"),
        ('{"url": 5}', "line 1: expected a URL"),
        ('{"url": "http://h/", "method": "A B"}', "line 1: expected an HTTP method"),
        ("{nonsense", "line 1: not a target in JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as raised:
        plan_of(text, tmp_path)
    assert said in str(raised.value)
    assert "--targets: " in str(raised.value)


@pytest.mark.parametrize("flags", [{"method": "PUT"}, {"body": "x"}, {"form_fields": ["a=b"]}])
def test_what_the_list_says_is_not_said_twice(flags: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="targets: cannot be combined with requests, method or body"):
        plan_of("http://h/1", tmp_path, **flags)


def test_all_of_a_list_may_expect_the_same(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("http://h/1\nhttp://h/2")
    common = f"target: http://h\ntargets: {tmp_path}/list.txt\nrequests: [{{expect: {{status: 404}}, headers: {{A: b}}"
    plan = make_plan(parse_profile(f"{common}}}]".encode(), {}, {}, {}), cores=2, gil=True, environment={})
    assert [(spec.expect.statuses, ("A", "b") in spec.headers) for spec in specs(plan)] == [(((404, 404),), True)] * 2
    with pytest.raises(ProfileError, match="targets: cannot be combined with requests"):
        parse_profile(f"{common}, path: /x}}]".encode(), {}, {}, {})


def test_any_bytes_of_a_file_are_read_or_refused(tmp_path: Path) -> None:
    assert specs(plan_of("http://h/\xe9", tmp_path))[0].path == "/%C3%A9"
