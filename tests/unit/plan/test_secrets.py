"""No output of a plan shows a secret, whatever it is, wherever it stands and however it comes back."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.redact import REDACTED, Redactor
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan
from loadgen.plan.encodings import encode_path
from loadgen.plan.profiles.document import parse_profile
from loadgen.report.plans.plan import render_plan

PLACES = {
    "segment": {"path": "/x/${T}/y"},
    "query": {"path": "/x?t=${T}&u=1"},
    "whole path": {"path": "/x/${T}"},
    "name": {"path": "/", "name": "r ${T}"},
    "header": {"path": "/", "headers": {"X-Plain": "t ${T}"}},
    "cookie": {"path": "/", "headers": {"Cookie": "a=1; sid=${T}"}},
    "form": {"path": "/", "body": "t=${T}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "json": {"path": "/", "json": {"t": "${T}"}},
    "expected": {"path": "/", "expect": {"body_contains": "${T}"}},
}
WRITTEN = {
    "plain": str,
    "path": encode_path,
    "URL": lambda text: quote(text, safe=""),
    "URL in small letters": lambda text: quote(text, safe="").lower() if text.islower() else quote(text, safe=""),
    "URL with slashes": quote,
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON for HTML": lambda text: json.dumps(text)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026"),
    "HTML": html.escape,
    "HTML of Django": lambda text: html.escape(text).replace("&#x27;", "&#39;"),
    "HTML of Go": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("+", "&#43;"),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 of a pair": lambda text: b64encode(f"user:{text}".encode()).decode(),
    "base64 in a URL": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64 in a form": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
}
ODD = " /?&=+%#\"'\\<>;:@,!äß€😀~-._|"
PLAIN = "qwzXYZ789"


def secrets(odd: str) -> st.SearchStrategy[str]:
    """12 to 24 characters, at least six of them plain, and no blank at an end."""
    parts = st.tuples(st.text(PLAIN, min_size=6, max_size=10), st.text(PLAIN + odd, min_size=6, max_size=14))
    mixed = parts.flatmap(lambda texts: st.permutations("".join(texts)))
    return mixed.map("".join).filter(lambda text: text == text.strip())


def plan_with(place: str, secret: str):
    request = PLACES[place]
    document = {"target": "http://h/", "variables": {"T": {"env": "T", "secret": True}}, "requests": [request]}
    return make_plan(parse_profile(yaml.safe_dump(document).encode(), {}, {"T": secret}, {}), cores=2, gil=True)


def shared(secret: str, text: str, longest: int = 6) -> list[str]:
    """The runs of `longest` characters of the secret that the text holds; blanks alone stand in every report."""
    runs = {secret[start : start + longest] for start in range(len(secret) - longest + 1)}
    return [run for run in runs if run in text and not run.isspace()]


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=25)
@given(secret=secrets("".join(letter for letter in ODD if letter <= "\xff")))
def test_no_description_of_a_plan_holds_a_secret(place: str, secret: str) -> None:
    plan = plan_with(place, secret)
    for text in (render_plan(plan, 10_000), json.dumps(describe_plan(plan), ensure_ascii=False)):
        for write in WRITTEN.values():
            assert write(secret) not in text
        assert not shared(secret, text)


@pytest.mark.parametrize("form", WRITTEN)
@settings(max_examples=25)
@given(secret=secrets(ODD), before=st.text("abc ", max_size=9), cut=st.integers(0, 200))
def test_no_excerpt_of_a_reply_holds_a_secret_or_the_beginning_of_one(
    form: str, secret: str, before: str, cut: int
) -> None:
    written = WRITTEN[form](secret)
    redactor = Redactor([secret])
    whole = redactor.bytes_(f"{before} {written} after".encode())
    assert REDACTED in whole
    assert len(whole.replace(REDACTED, "")) <= len(before) + len(" dXNlcjo after") + 4  # of base64 its ends stay
    if "base64" in form:
        return
    excerpt = redactor.bytes_(f"{before} {written}".encode()[: len(before) + 1 + min(cut, len(written.encode()))])
    assert not shared(written, excerpt, 8)


def test_secrets_written_by_hand_are_found_out_by_name_and_in_what_they_stand_for() -> None:
    text = (
        "target: http://h/?sig=p%C3%A4ssw%2Frd1\n"
        "headers: {Authorization: Basic dXNlcjpvcGVuLXNlc2FtZQ==}\n"
        "requests: [{body: '{\"password\": \"in-a-body\"}'}, {body: 'a=1&client_secret=in%2Fa%2Fform'}]\n"
    )
    plan = make_plan(parse_profile(text.encode(), {}, {}, {}), cores=2, gil=True)
    echo = "pässw/rd1 p%C3%A4ssw/rd1 open-sesame in-a-body in/a/form"
    assert Redactor(plan.secrets).text(echo) == " ".join([REDACTED] * 5)


@pytest.mark.parametrize("secret", ["a", "http", "GET", "pool", "raw", "status", "requests", "HTTP", "constant"])
def test_a_secret_that_is_a_common_word_does_not_take_the_words_of_the_report(secret: str) -> None:
    plan, other = (plan_with("segment", text) for text in (secret, "other-than-that"))
    assert render_plan(plan).replace(" [redacted] ", " ") == render_plan(other).replace(" [redacted] ", " ")
    shown, expected = describe_plan(plan), describe_plan(other)
    assert shown == expected
