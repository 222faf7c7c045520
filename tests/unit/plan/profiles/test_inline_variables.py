"""Variables and forms on the command line."""

from pathlib import Path

import pytest

from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.jobs.http import HttpJob, Variable
from loadgen.plan.profiles.document import profile_for_url


def job(url: str, **flags: object) -> HttpJob:
    made = make_plan(profile_for_url(url, flags), cores=2, gil=True).job
    assert isinstance(made, HttpJob)
    return made


def test_a_url_a_header_and_a_body_may_have_values_that_change() -> None:
    made = job(
        "http://h/items/${ID:random:1..1000}?c=${C:choice:red|blue}&again=${ID}",
        headers=["X-Id: ${R:uuid}"],
        body='{"n": ${N:sequence:-5}}',
    )
    assert made.variables == (
        Variable("ID", "random", (1, 1000)),
        Variable("C", "choice", ("red", "blue")),
        Variable("R", "uuid"),
        Variable("N", "sequence", (-5,)),
    )
    (spec,) = made.requests
    assert spec.path == "/items/${ID}?c=${C}&again=${ID}"
    assert ("X-Id", "${R}") in spec.headers
    assert spec.body == b'{"n": ${N}}'


def test_what_is_none_stays_as_it_is() -> None:
    made = job("http://h/${HOME}/${x:y}", body=b"\xff ${a} $")
    assert made.variables == ()
    assert made.requests[0].path == "/${HOME}/${x:y}"
    assert made.requests[0].body == b"\xff ${a} $"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${A:random:9..1}", "expected a range such as ${ID:random:1..1000}, got '9..1'"),
        ("${A:random}", "expected a range"),
        ("${A:sequence:x}", "expected the first number such as ${ID:sequence:1}, got 'x'"),
        ("${A:uuid:1}", "expected true"),
        ("${A:random:1..2}${A:random:1..3}", "${A} is said in two ways"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        job(f"http://h/{text}")
    assert said in str(caught.value)


def test_fields_of_a_form_are_parts(tmp_path: Path) -> None:
    file = tmp_path / "hat.png"
    file.write_bytes(b"\x89PNG")
    (spec,) = job("http://h/", form_fields=["title=a=b", f"photo=@{file};type=x/y;filename=z"]).requests
    assert spec.method == "POST"
    assert b'name="title"\r\n\r\na=b\r\n' in spec.body
    assert b'name="photo"; filename="z"\r\nContent-Type: x/y\r\n\r\n\x89PNG\r\n' in spec.body


@pytest.mark.parametrize("line", ["title", "=x", "a=@f;size=3"])
def test_what_is_no_field_is_refused(line: str) -> None:
    with pytest.raises(ProfileError, match="--form: expected"):
        job("http://h/", form_fields=[line])
