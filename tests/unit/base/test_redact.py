from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.redact import Redactor, is_sensitive_header, may_hold_credentials

CANARY = "cAnArY-77/42+secret"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
    ],
)
@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_credential_headers_are_hidden_by_name_in_any_case(name, change):
    name = change(name)
    assert Redactor().header(name, CANARY) == "[redacted]"
    assert Redactor().text(f"GET / HTTP/1.1\r\n{name}: {CANARY}\r\nAccept: text\r\n") == (
        f"GET / HTTP/1.1\r\n{name}: [redacted]\r\nAccept: text\r\n"
    )


def test_other_headers_are_shown():
    assert Redactor().header("Accept", "text/html") == "text/html"
    assert not is_sensitive_header("Keep-Alive")
    assert is_sensitive_header("Private-Token")


def test_a_folded_header_is_hidden_to_its_end():
    text = f"Set-Cookie: a=1;\r\n  b={CANARY}\r\n\tc={CANARY}\r\nServer: x"
    assert Redactor().text(text) == "Set-Cookie: [redacted]\r\nServer: x"


def test_a_head_cut_off_in_the_middle_of_a_credential_shows_nothing_of_it():
    assert Redactor().bytes_(b"HTTP/1.1 200 OK\r\nset-cookie: sess") == "HTTP/1.1 200 OK\nset-cookie: [redacted]"


def test_headers_written_as_json_or_python_are_hidden_and_their_quotes_stay():
    assert Redactor().text('{"authorization": "Bearer a\\"b", "n": 1}') == '{"authorization": "[redacted]", "n": 1}'
    assert Redactor().text("{'Cookie': 'a=b'}") == "{'Cookie': '[redacted]'}"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("http://user:pass@host/x", "http://[redacted]@host/x"),
        ("see https://user@host:1/?q=a@b now", "see https://[redacted]@host:1/?q=a@b now"),
        ("http://a:p@ss@host/", "http://[redacted]@host/"),
        ("http://host/mail@x", "http://host/mail@x"),
    ],
)
def test_userinfo_in_urls_is_hidden(text, redacted):
    assert Redactor().text(text) == redacted


@pytest.mark.parametrize("name", ["token", "access_token", "X-Amz-Signature", "apiKey", "PASSWORD", "client_secret"])
def test_query_parameters_named_like_credentials_are_hidden(name):
    assert Redactor().text(f"/x?a=1&{name}={CANARY}&b=2") == f"/x?a=1&{name}=[redacted]&b=2"


@pytest.mark.parametrize("name", ["page", "keyword", "max_tokens", "token_type", "sort_key", "signed", "design"])
def test_other_query_parameters_are_shown(name):
    assert Redactor().text(f"/x?{name}=1&size=2") == f"/x?{name}=1&size=2"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('{"password": "a\\"b", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        ('{"access_token":12345,"n":1}', '{"access_token":[redacted],"n":1}'),
        ('"{\\"secret\\": \\"abc\\", \\"n\\": 1}"', '"{\\"secret\\": [redacted], \\"n\\": 1}"'),
        ("user=ann&password=abc&x=1", "user=ann&password=[redacted]&x=1"),
        ("<Token>abc</Token><n>1</n>", "<Token>[redacted]</Token><n>1</n>"),
        ("/x?sig=abc&X-Amz-Credential=k%2Fd&se=1", "/x?sig=[redacted]&X-Amz-Credential=[redacted]&se=1"),
        ("/x;jsessionid=abc?a", "/x;jsessionid=[redacted]"),
        ('{"password": "ab', '{"password": [redacted]'),
    ],
)
def test_values_named_like_credentials_are_hidden_in_queries_forms_json_and_xml(text, redacted):
    assert Redactor().text(text) == redacted


def test_the_scheme_of_an_address_is_no_secret():
    assert Redactor(["http", "host"]).address("http://u:p@host/http") == "http://[redacted]@[redacted]/[redacted]"


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY, safe=""),
        quote(CANARY, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        quote(CANARY),
        b64encode(CANARY.encode()).decode(),
        b64encode(f"user:{CANARY}".encode()).decode(),
        b64encode(f"u:{CANARY}:more".encode()).decode(),
        b64encode(f"us:{CANARY}".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_plain_percent_encoded_and_inside_base64(form):
    shown = Redactor([CANARY]).text(f"before {form} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "[redacted]" in shown
    assert form not in shown
    assert len(shown.replace("[redacted]", "")) <= len("before  after") + 12


def test_a_secret_cut_off_at_the_end_of_raw_bytes_is_hidden():
    assert Redactor([CANARY]).bytes_(b"X-Echo: " + CANARY[:9].encode()) == "X-Echo: [redacted]"


def test_a_secret_is_hidden_in_bytes_of_both_encodings():
    redactor = Redactor(["pässwörd"])
    assert redactor.bytes_("x pässwörd y".encode()) == "x [redacted] y"
    assert redactor.bytes_("x pässwörd y".encode("latin-1")) == "x [redacted] y"


@pytest.mark.parametrize("secret", ["", " ", "\t\n"])
def test_an_empty_secret_changes_nothing(secret):
    assert Redactor([secret]).text("a plain text\n") == "a plain text\n"


def test_a_tiny_secret_is_hidden_only_as_a_word():
    assert Redactor(["ab"]).text("ab cab abc (ab)") == "[redacted] cab abc ([redacted])"


def test_a_secret_that_overlaps_another_pattern_leaves_no_part_of_itself():
    assert Redactor(["abc&token=def"]).text("/?q=abc&token=def") == "/?q=[redacted]"
    assert Redactor(["Cookie"]).text("Cookie: session=1") == "[redacted]: [redacted]"


def test_a_find_inside_another_does_not_cut_it_short():
    assert Redactor(["first"]).text("Cookie: first; http://u:p@h/; last") == "Cookie: [redacted]"


def test_raw_bytes_cannot_steer_a_terminal():
    assert Redactor().bytes_(b"a\r\nb\x1b[2Jc\x00\xe2\x80\xae") == "a\nb\\x1b[2Jc\\x00\\u202e"


LETTERS = st.text("abcdexyz01 ", max_size=40)


@given(LETTERS, st.lists(st.text("abcdexyz01", min_size=4, max_size=8), max_size=3))
def test_redacting_twice_is_redacting_once(text, secrets):
    redactor = Redactor(secrets)
    once = redactor.text(text)
    assert redactor.text(once) == once


@given(st.binary(max_size=300), st.text(min_size=4, max_size=30), st.binary(max_size=300))
def test_a_secret_never_survives_in_bytes(before, secret, after):
    if secret.strip() and secret.isprintable() and secret not in "[redacted]":
        assert secret not in Redactor([secret]).bytes_(before + b" " + secret.encode() + b" " + after)


@given(st.binary(max_size=300))
def test_bytes_always_become_printable_text(data):
    assert all(character.isprintable() or character in "\n\t" for character in Redactor(["secret"]).bytes_(data))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("got tok-1050/x+y=, not tok-10500", "got [redacted], not tok-10500"),
        ("/items/tok-1050%2Fx%2By%3D.", "/items/[redacted]"),
        ("as tok-1050.", "as [redacted]"),
        ("the three words-199 of it", "[redacted] of it"),
    ],
)
def test_of_many_secrets_each_is_hidden(text, redacted):
    secrets = [*(f"tok-{number}/x+y=" for number in range(1_051)), "the three words-199"]
    assert Redactor(secrets).text(text) == redacted


def test_one_of_many_that_is_cut_off_at_the_end_of_raw_bytes_is_hidden():
    redactor = Redactor([f"{number}-canary" for number in range(1000, 2300)])
    assert redactor.bytes_(b"it was 2250-can") == "it was [redacted]"
    assert redactor.bytes_(b"it was 2250-cat") == "it was 2250-cat"


@pytest.mark.parametrize(
    "name", ["Authorization", "cookie", "x-api-key", "token", "Passphrase", "pwd", "sessid", "sig"]
)
def test_a_quick_look_misses_no_name(name):
    assert may_hold_credentials(f'["GET","/?{name}=value"]'.encode())


def test_a_secret_that_becomes_known_is_hidden_from_then_on():
    redactor = Redactor(["known-secret"])
    assert redactor.text("a/b-1234 known-secret") == "a/b-1234 [redacted]"
    redactor.learn("a/b-1234")
    redactor.learn("xyz")  # too short: it would be found in words
    assert redactor.text("a/b-1234, ?q=a%2Fb-1234 known-secret xyz") == "[redacted], ?q=[redacted] [redacted] xyz"


def test_the_last_ten_thousand_that_became_known_are_hidden():
    redactor = Redactor()
    for number in range(20_000):
        redactor.learn(f"token{number:06}")
    assert redactor.text("token009999 token010000 token019999") == "token009999 [redacted] [redacted]"
