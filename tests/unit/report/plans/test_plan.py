from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.encode import Encoder
from loadgen.base.exchange import Fields, Request
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.plan import Arrivals, Stage
from loadgen.plan.profiles.variables import FoundValue
from loadgen.report.draw.style import columns
from loadgen.report.plans.plan import render_plan
from tests.support.plans import everything, one_url


def test_no_secret_is_shown() -> None:
    text = render_plan(everything())
    assert "s3cr3t" not in text
    assert text.count("[redacted]") >= 5


def test_the_sample_is_what_the_client_will_send() -> None:
    spec = RequestSpec("make", "POST", "/things?a=b", 1.0, (("Content-Type", "text/plain"),), b"hello")
    plan = replace(one_url(), job=HttpJob((spec,)), keep_alive=False)
    request = Request(0, spec.method, spec.path, Fields(spec.headers), body=spec.body)
    head = Encoder(plan.origin, keep_alive=False).head(request).decode()
    sample = render_plan(plan).split("as it will be sent\n")[1]
    assert sample.splitlines() == [f"  {row}" for row in head.rstrip().split("\r\n")]


@pytest.mark.parametrize("body", [{"body_file": "photo.jpg"}, {"body": b"${id}"}])
def test_a_length_that_is_not_known_yet_is_not_invented(body: dict[str, object]) -> None:
    job = everything().job
    job = replace(job, requests=(replace(job.requests[1], **{"body": b"", **body}),))
    assert "Content-Length: (known when it is sent)" in render_plan(replace(everything(), job=job))


def test_where_values_of_variables_come_from_is_told() -> None:
    values = [FoundValue("USER", "demo", "the profile"), FoundValue("T", "[redacted]", "T in the environment")]
    text = render_plan(one_url(), values=values)
    assert "  ${USER} is 'demo', from the profile\n  ${T} is '[redacted]', from T in the environment\n" in text
    assert "Variables" not in render_plan(one_url())


def test_uneven_shares_of_users_are_told() -> None:
    assert "2 or 3 connections each" in render_plan(replace(one_url(), users=5, processes=2))


def test_threads_have_a_connection_each() -> None:
    text = render_plan(replace(one_url(), users=2000, mode="threads", workers=2000))
    assert "threads: 1 process, 2,000 threads, one a connection; raw client" in text


def test_httpx_is_said_to_add_headers() -> None:
    assert "httpx adds its own headers" in render_plan(replace(one_url(), client="httpx"))


@pytest.mark.parametrize(
    ("arrivals", "sentences"),
    [
        (
            Arrivals((Stage(inf, 5000.0, 5000.0),), max_connections=50),
            [
                "up to 50 connections, each opened when an arrival finds none free",
                "5,000/s, evenly spaced, whether or not replies come",
                "arrivals wait, timed from when they were due",
            ],
        ),
        (
            Arrivals((Stage(60.0, 0.0, 5.0),), when_busy="drop", max_connections=51, open_ahead=True),
            ["0/s to 5.00/s over 1m", "more connections are opened, up to 51; then arrivals are dropped and counted"],
        ),
    ],
)
def test_arrivals_are_told_in_words_instead_of_think_time(arrivals: Arrivals, sentences: list[str]) -> None:
    text = " ".join(render_plan(replace(one_url(), arrivals=arrivals)).split())
    assert [sentence for sentence in sentences if sentence not in text] == []
    assert "Think time" not in text
    assert "spins" not in text


def test_a_closed_loop_says_nothing_of_arrivals_or_thresholds() -> None:
    text = render_plan(one_url())
    for label in ("Arrivals", "When busy", "Warm-up", "Cool-down", "Thresholds", "measured time"):
        assert label not in text


def test_certificates_that_are_not_checked_are_told() -> None:
    plan = everything()
    assert "NOT checked" in render_plan(replace(plan, tls=replace(plan.tls, verify=False)))


@pytest.mark.slow  # fifty plans are drawn and rendered
@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(min_size=1), st.text(), st.text(), st.integers(40, 120))
def test_any_texts_of_a_profile_are_rendered_within_the_width(name: str, path: str, value: str, width: int) -> None:
    spec = RequestSpec(name, "GET", f"/{path}", headers=(("X-Any", value),))
    text = render_plan(replace(one_url(), name=name, job=HttpJob((spec, spec))), width)
    assert all(character.isprintable() or character == "\n" for character in text)
    described = text.split("\n\nThe first request")[0]
    assert max(map(columns, described.splitlines())) <= width
