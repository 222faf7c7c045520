"""Bodies of requests: forms, parts, bytes; and requests to several servers."""

from pathlib import Path
from typing import Any

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan
from loadgen.plan.profiles.document import read_profile


def plan_of(tmp_path: Path, request: str, more: str = "") -> Plan:
    file = tmp_path / "profile.yaml"
    file.write_text(f"target: http://h\n{more}\nrequests: [{request}]\n", "utf-8")
    return make_plan(read_profile(file, {}, {}, {}), cores=2, gil=True)


def sent(tmp_path: Path, request: str, more: str = "") -> tuple[bytes, dict[str, str]]:
    (spec,) = plan_of(tmp_path, request, more).job.requests
    return spec.body, dict(spec.headers)


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("{q: blue coat, n: 007, ok: true}", b"q=blue+coat&n=007&ok=true"),
        ("{size: [S, M], empty: ''}", b"size=S&size=M&empty="),
        ("{'a b': 'c&d=\u00e9'}", b"a+b=c%26d%3D%C3%A9"),
        ("{id: '${ID}', both: 'x ${ID} y'}", b"id=${ID}&both=x+${ID}+y"),
        ("{fixed: '${A}'}", b"fixed=1+%26+2"),
        ("{price: '$$5'}", b"price=%245"),
        ("{}", b""),
    ],
)
def test_a_form_is_percent_encoded_but_for_what_is_not_known_yet(tmp_path: Path, form: str, body: bytes) -> None:
    found, headers = sent(tmp_path, f"{{form: {form}}}", 'variables: {ID: {random: [1, 9]}, A: "1 & 2"}')
    assert found == body
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_parts_are_texts_and_files(tmp_path: Path) -> None:
    (tmp_path / "hat.png").write_bytes(b"\x89PNG")
    parts = (
        "{title: Hat 7, photo: {file: hat.png}, more: [{file: hat.png, type: a/b, filename: x}, {value: v, type: t/u}]}"
    )
    body, headers = sent(tmp_path, f"{{multipart: {parts}, headers: {{content-type: mine}}}}")
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    assert "content-type" not in headers
    assert body.count(boundary) == 5
    for piece in (
        b'name="title"\r\n\r\nHat 7\r\n',
        b'name="photo"; filename="hat.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n',
        b'name="more"; filename="x"\r\nContent-Type: a/b\r\n',
        b'name="more"\r\nContent-Type: t/u\r\n\r\nv\r\n',
    ):
        assert piece in body


def test_base64_is_bytes_and_each_is_a_post(tmp_path: Path) -> None:
    assert sent(tmp_path, "{base64: AAEC/w==}")[0] == b"\0\1\2\xff"
    for request in ("{base64: AA==}", "{form: {a: 1}}", "{multipart: {a: 1}}"):
        assert plan_of(tmp_path, request).job.requests[0].method == "POST"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("{form: text}", "requests[0].form: expected a mapping of names and texts"),
        ("{form: {a: {b: 1}}}", "requests[0].form: a: expected a text or a number"),
        ("{multipart: {}}", "requests[0].multipart: expected a mapping of names"),
        ("{multipart: {a: {fle: x}}}", "requests[0].multipart: a: unknown key 'fle'"),
        ("{multipart: {a: {file: x, value: y}}}", "a: expected one of file and value"),
        ("{multipart: {a: {file: nosuch}}}", "requests[0].multipart: cannot read"),
        ("{base64: '?'}", "requests[0].base64: expected base64"),
        (
            "{form: {a: 1}, body: b}",
            "expected one of body, json, form, multipart, base64 and body_file, got body and form",
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_said_with_its_place(tmp_path: Path, request_: str, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        plan_of(tmp_path, request_)
    assert said in str(caught.value)


def test_requests_to_several_servers_are_journeys_of_one_step(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "{path: /a, weight: 3}, {name: cdn, path: 'https://cdn:81/b'}")
    job: Any = plan.job
    assert isinstance(job, ScenarioJob)
    assert [(journey.name, journey.weight) for journey in job.journeys] == [("GET /a", 3.0), ("cdn", 1.0)]
    assert [str(spec.origin) for spec in job.requests] == ["None", "https://cdn:81"]
    assert describe_plan(plan)["requests"][1]["origin"] == {"scheme": "https", "host": "cdn", "port": 81}


def test_requests_to_one_are_as_ever(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "{path: /a}, {path: 'http://H:80/b'}")
    assert isinstance(plan.job, HttpJob)
    assert "origin" not in describe_plan(plan)["requests"][1]
