"""Command lines of curl, as browsers copy them and people write them."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.plan.imports.curl import is_curl, read_curl
from loadgen.plan.imports.profile_text import profile_text
from tests.support.imports import headers, plan_of, requests_of, sent

URL = "http://h/p"
CHROME = r"""curl 'https://shop.test/api/cart?x=1' \
  -H 'accept: application/json' \
  -H 'content-type: application/json' \
  -b 'sid=abc' \
  --data-raw $'{"name":"O\'Neil \u00e9","n":"a\\nb"}' \
  --compressed ;
curl 'https://shop.test/api/items' -X 'DELETE' -H 'accept: */*'"""
FIREFOX = """curl 'https://shop.test/graphql' --compressed -X POST -H 'User-Agent: Mozilla/5.0' \
-H 'Content-Type: text/plain' --data-raw 'a=1&b=2'"""
MADE = {
    "plain": ("curl http://h/p", [("GET", "/p", "")]),
    "no scheme": ("curl h:8080/p", [("GET", "/p", "")]),
    "method": ("curl -XPUT http://h/p", [("PUT", "/p", "")]),
    "head": ("curl -sI http://h/p", [("HEAD", "/p", "")]),
    "data": ("curl http://h/p -d a=1 -d 'b=2 3'", [("POST", "/p", "a=1&b=2 3")]),
    "data with a method": ("curl -X PATCH --data-raw @not-a-file http://h/p", [("PATCH", "/p", "@not-a-file")]),
    "encoded": ("curl http://h/p --data-urlencode 'q=a b&c' --data-urlencode x", [("POST", "/p", "q=a+b%26c&x")]),
    "get": ("curl -G -d a=1 -d b=2 'http://h/p?z=0'", [("GET", "/p?z=0&a=1&b=2", "")]),
    "json": ("curl --json '{\"a\": 1}' http://h/p", [("POST", "/p", '{"a": 1}')]),
    "two URLs": ("curl http://h/1 http://h/2", [("GET", "/1", ""), ("GET", "/2", "")]),
    "two commands": ("curl http://h/1; A=b curl --url http://h/2 && echo done", [("GET", "/1", ""), ("GET", "/2", "")]),
    "other words": ("# a note\n$ curl -o /dev/null -w '%{http_code}' http://h/p | jq .\nls", [("GET", "/p", "")]),
    "double quotes": ('curl "http://h/p?q=\\"x\\"" -d "a\\$b"', [("POST", '/p?q="x"', "a$b")]),
    "Windows": ("curl.exe http://h/p ^\n -X POST", [("POST", "/p", "")]),
    "chrome": (CHROME, [("POST", "/api/cart?x=1", '{"name":"O\'Neil é","n":"a\\nb"}'), ("DELETE", "/api/items", "")]),
    "firefox": (FIREFOX, [("POST", "/graphql", "a=1&b=2")]),
    "variables of others": ("curl http://h/p -d '${HOME} $$ $1'", [("POST", "/p", "${HOME} $$ $1")]),
    "fragment": ("curl 'http://h/p?a=1#top'", [("GET", "/p?a=1", "")]),
}


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_a_command_line_is_what_it_would_send(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [sent(spec) for spec in requests_of(read_curl, text)] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-H 'A: b' -H 'C:d' -H 'Gone:'", {"a": "b", "c": "d"}),
        ("-A me -e http://r/ -b 'a=1; b=2'", {"user-agent": "me", "referer": "http://r/", "cookie": "a=1; b=2"}),
        ("-u ann:secret", {"authorization": "Basic YW5uOnNlY3JldA=="}),
        ("--oauth2-bearer T", {"authorization": "Bearer T"}),
        ("-d a=1", {"content-type": "application/x-www-form-urlencoded"}),
        ("--json 1", {"content-type": "application/json"}),
        ("-d 1 -H 'Content-Type: a/b' -H 'Content-Length: 1'", {"content-type": "a/b"}),
    ],
)
def test_header_fields(options: str, expected: dict[str, str]) -> None:
    (spec,) = requests_of(read_curl, f"curl {URL} {options}")
    assert expected.items() <= {name.lower(): value for name, value in spec.headers}.items()


def test_files_stay_files(tmp_path: Path) -> None:
    file = tmp_path / "hat.png"
    file.write_bytes(b"\x89PNG")
    (spec,) = requests_of(read_curl, f"curl {URL} --data-binary @{file}")
    assert (spec.method, spec.body) == ("POST", b"\x89PNG")
    (spec,) = requests_of(read_curl, f"curl {URL} -T {file}")
    assert (spec.method, spec.body) == ("PUT", b"\x89PNG")
    (spec,) = requests_of(read_curl, f"curl {URL} -F 'f=@{file}' -F 'g=@{file};type=a/b;filename=x' -F 'name=Ann; B'")
    assert headers(spec)["content-type"].startswith("multipart/form-data; boundary=")
    for piece in (b'name="f"; filename="hat.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n',
                  b'name="g"; filename="x"\r\nContent-Type: a/b\r\n', b'name="name"\r\n\r\nAnn; B\r\n'):  # fmt: skip
        assert piece in spec.body


CONNECTIONS = {
    "times": ("-k -m 3 --connect-timeout 1.5", {"insecure": True, "timeout": "3s", "connect_timeout": "1.5s"}),
    "redirects": ("-L", {"redirects": 50}),
    "fewer redirects": ("-sSL --max-redirs 3", {"redirects": 3}),
    "a proxy": ("-x 127.0.0.1:3128", {"proxy": "127.0.0.1:3128"}),
    "a proxy with a user": ("-x http://p:1 -U a:b", {"proxy": "http://a:b@p:1"}),
    "socks": ("--socks5-hostname p:1080", {"proxy": "socks5h://p:1080"}),
    "other addresses": (
        "--resolve h:80:127.0.0.1 --resolve +i:80:127.0.0.2,127.0.0.3 --connect-to h:80:127.0.0.1:81",
        {"resolve": ["h:80:127.0.0.1", "i:80:127.0.0.2,127.0.0.3"], "connect_to": ["h:80:127.0.0.1:81"]},
    ),
    "a socket": ("--unix-socket /run/s", {"unix_socket": "/run/s"}),
    "own address": ("--interface 127.0.0.2 -4", {"local_address": ["127.0.0.2"], "ipv4": True}),
    "compression": ("--compressed", {"compressed": True}),
    "TLS": ("--tlsv1.2 --tls-max 1.3 --ciphers HIGH", {"tls_min": "1.2", "tls_max": "1.3", "ciphers": "HIGH"}),
    "HTTP/2": ("--http2", {"http": "auto"}),
}


@pytest.mark.parametrize(("options", "settings"), CONNECTIONS.values(), ids=CONNECTIONS)
def test_connection_options_are_the_keys_that_say_the_same(options: str, settings: dict[str, object]) -> None:
    imported = read_curl(f"curl {options} https://h/p")
    assert imported.settings == settings
    assert plan_of(imported, hide=False)


def test_what_is_left_out_is_said() -> None:
    options = "-b jar.txt -x https://p:1 --resolve h:80:nowhere --interface eth0 --aws-sigv4 aws:amz:r:s -K file"
    imported = read_curl(f"curl {options} {URL}")
    said = " ".join(imported.notes)
    words = ("file of cookies", "proxy (-x)", "--resolve h:80:nowhere", "--interface eth0", "--aws-sigv4", "-K")
    assert [word for word in words if word not in said] == []
    assert imported.settings == {}


def test_settings_of_several_commands_add_up() -> None:
    first, second = (f"curl -L --resolve {name}:80:127.0.0.1 http://{name}/" for name in ("a", "b"))
    assert read_curl(f"{first}\n{second}").settings == {"resolve": ["a:80:127.0.0.1", "b:80:127.0.0.1"]}
    assert read_curl(f"curl --tlsv1.2 {URL}").settings == {}
    assert read_curl(f"{first}\n{first}").settings == {"resolve": ["a:80:127.0.0.1"], "redirects": 50}


def test_a_proxys_password_is_a_variable_of_the_environment() -> None:
    text = profile_text(read_curl(f"curl -x http://p:1 -U ann:hunter2 {URL}"))
    assert "hunter2" not in text
    assert "proxy: ${PROXY}" in text


def test_credentials_are_variables_of_the_environment() -> None:
    body = '{"password": "hunter2", "n": null}'
    text = f"curl '{URL}?api_key=k12345678' -u ann:secret -b sid=1 -H 'Content-Type: application/json' -d '{body}'"
    (spec,) = plan_of(read_curl(text)).job.requests
    assert spec.path == "/p?api_key=hidden%3AAPI_KEY"
    assert headers(spec)["authorization"] == "Basic hidden:AUTHORIZATION"
    assert headers(spec)["cookie"] == "hidden:COOKIE"
    assert spec.body == b'{"password": "hidden:PASSWORD", "n": null}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no command of curl with a URL"),
        ("wget http://h/", "no command of curl with a URL"),
        ("curl -s", "no command of curl with a URL"),
        ("curl 'http://h/", "a quote that does not end"),
        ("curl ftp://h/", "expected a URL with http or https"),
        ("curl http://h/ -d @a -d b", "join them in one file"),
        ("curl http://h/ --data-urlencode a@b", "a file's content is not read"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_curl(text)


def test_a_command_line_is_told_from_a_file() -> None:
    assert is_curl("curl http://h/")
    assert is_curl("  $ curl.exe -s h")
    assert not is_curl("curl.sh")
    assert not is_curl("curl")


@given(st.text(max_size=60))
def test_any_text_in_single_quotes_is_that_text(body: str) -> None:
    text = body.translate(dict.fromkeys(map(ord, "'#")))
    (spec,) = requests_of(read_curl, f"curl {URL} --data-raw '{text}'")
    assert spec.body.decode() == text


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(UsageError):
        read_curl(f"curl {text}")
