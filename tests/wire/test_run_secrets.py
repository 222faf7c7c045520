"""Canaries in every place for a secret, thrown back by the server: no output of any command holds one."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.support.command import Finished, Mode, loadgen
from tests.support.fault_server import FaultServer
from tests.support.served import Served
from tests.support.steps import Close, ReadRequest, Send

CANARIES = {
    "header": "canary/header+1=?",
    "cookie": "canary/cookie+2=?",
    "user": "canary-user-3",
    "password": "canary/password+4=",
    "variable": "canary/variable+5=?",
    "query": "canary-query-6",
    "api key": "canary-api-key-7",
}


def forms(secret: str) -> Iterator[str]:
    """The ways in which a secret can come back."""
    yield secret
    yield from (quote(secret, safe=""), quote_plus(secret), quote(secret, safe="").lower())
    yield from (quote(secret), quote(secret, safe="/+?"), quote(secret, safe="="), secret.replace("/", "\\/"))
    yield from (secret.replace("+", "&#43;"), secret.replace("=", "\\u003d"), secret.replace("/", "&#x2F;"))
    yield from (encode(secret.encode()).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))


FORBIDDEN = {form: f"{place} as {form}" for place, secret in CANARIES.items() for form in forms(secret)}
USERINFO = f"{quote(CANARIES['user'])}:{quote(CANARIES['password'], safe='')}"
CREDENTIALS = f"{CANARIES['user']}:{CANARIES['password']}"
ECHOED = [form for form in FORBIDDEN if "user" not in FORBIDDEN[form]]  # a name alone, thrown back, is no secret
FORBIDDEN[b64encode(CREDENTIALS.encode()).decode()] = "userinfo as basic authorization"
ECHOED.append(b64encode(CREDENTIALS.encode()).decode())
ECHO = "\r\n".join(
    [
        f"HTTP/1.1 500 {CANARIES['variable']}",
        "Connection: close",
        "Content-Length: 3",
        f"X-One: {CANARIES['header']}",
        f"X-All: {' '.join(ECHOED)}",
        "",
        "no!",
    ]
).encode()


def assert_clean(*texts: str) -> None:
    found = [place for text in texts for form, place in FORBIDDEN.items() if form in text]
    assert found == []


def clean(done: Finished, *codes: int) -> Finished:
    """The same, once it is found to hold no canary."""
    assert done.code in codes, done.err
    assert_clean(done.out, done.err)
    assert "Traceback" not in done.err
    return done


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.yaml"
    path.write_text(
        """
        target: ${TARGET}
        connections: 2
        variables:
          TOKEN: {env: CANARY_TOKEN, secret: true}
        headers:
          Authorization: Bearer ${HEADER}
          Cookie: session=${COOKIE}
          X-Api-Key: ${API_KEY}
        requests:
          - path: /a/${TOKEN}?access_token=${QUERY}&page=1
            body: token is ${TOKEN}
          - {path: /b, name: "b ${TOKEN}"}
        """,
        "utf-8",
    )
    return path


ENVIRONMENT = {
    "CANARY_TOKEN": CANARIES["variable"],
    "HEADER": CANARIES["header"],
    "COOKIE": CANARIES["cookie"],
    "API_KEY": CANARIES["api key"],
    "QUERY": CANARIES["query"],
}


def at(port: int) -> dict[str, str]:
    return {**ENVIRONMENT, "TARGET": f"http://{USERINFO}@127.0.0.1:{port}"}


def test_a_server_that_throws_secrets_back_does_not_get_them_printed(profile: Path, mode: Mode, tmp_path: Path) -> None:
    saved = tmp_path / "r.json"
    with FaultServer(lambda _: [ReadRequest(), Send(ECHO), Close()]) as server:
        done = loadgen("run", profile, "-n", "8", *mode, "-o", saved, env=at(server.port))
        raw = b"".join(request.raw for request in server.requests).decode()
    for place in ("header", "cookie", "api key", "query"):
        assert CANARIES[place] in raw, "secrets are sent, or nothing is tested"
    assert f"token is {CANARIES['variable']}" in raw
    clean(done, 99)  # not one good reply
    assert "[redacted]" in done.out
    assert "500" in done.out
    assert_clean(saved.read_text("utf-8"))
    clean(loadgen("report", saved), 0)
    clean(loadgen("report", saved, "--format", "json"), 0)


def test_a_page_from_which_runs_are_made_shows_no_secret(profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    with FaultServer(lambda _: [ReadRequest(), Send(ECHO), Close()]) as server:
        served = Served(profile, "-d", "1s", "--processes", "1", "--save", folder, env=at(server.port))
        with served.command:
            before = served.page()
            assert served.post("start") == (200, "")
            served.wait_for("[redacted]")
            served.wait_for("nothing runs")
            [file] = folder.glob("*.json")
            texts = [served.page(f"/runs/{file.stem}.{form}") for form in ("html", "json")]
            assert_clean(served.line, before, served.page(), file.read_text("utf-8"), *texts)
            assert served.post("start", headers="A: b")[0] == 409


@pytest.mark.parametrize("form", ECHOED)
def test_each_form_of_a_secret_is_taken_out_of_the_example(profile: Path, form: str) -> None:
    reply = f"HTTP/1.1 500 no\r\nX: {form}\r\nContent-Length: 0\r\n\r\n".encode()
    with FaultServer(lambda _: [ReadRequest(), Send(reply), Close()]) as server:
        run = ("run", profile, "-c", "1", "-n", "1", "--processes", "1", "--format", "json", "-q")
        done = clean(loadgen(*run, env=at(server.port)), 99)
    assert "HTTP/1.1 500 no\nX: [redacted]" in done.result.errors[0].example


def test_userinfo_of_a_url_is_sent_and_not_shown(mode: Mode) -> None:
    sent = f"Authorization: Basic {b64encode(CREDENTIALS.encode()).decode()}"
    reply = f"HTTP/1.1 500 {CREDENTIALS}\r\nX-Echo: {sent}\r\nContent-Length: 0\r\n\r\n".encode()
    with FaultServer(lambda _: [ReadRequest(), Send(reply), Close()]) as server:
        url = f"{at(server.port)['TARGET']}/?token={CANARIES['query']}"
        done = loadgen("run", url, "-c", "2", "-n", "2", "--format", "json", *mode)
        raw = server.requests[0].raw.decode()
    assert sent in raw
    assert f"GET /?token={CANARIES['query']} " in raw
    examples = [row.example for row in clean(done, 99).result.errors]  # one user may send both, the second too late
    assert any("[redacted]" in example for example in examples)


def test_check_shows_no_secret(profile: Path) -> None:
    done = clean(loadgen("check", profile, env=at(9)), 0)
    assert "Authorization: [redacted]" in done.out
    assert "Cookie: [redacted]" in done.out
    header = ("-H", f"Authorization: Bearer {CANARIES['header']}", "-H", f"Cookie: {CANARIES['cookie']}")
    clean(loadgen("check", at(9)["TARGET"], *header), 0)


MISTAKES = {
    "port": ["run", f"http://{USERINFO}@h:port/"],
    "scheme": ["run", f"ftp://{USERINFO}@h/"],
    "no scheme": ["run", f"{USERINFO}@h/"],
    "host": ["run", f"http://{USERINFO}@nosuch.invalid/"],
    "space in the host": ["run", f"http://{USERINFO}@no such/"],
    "header without quotes": ["run", "http://h/", "-H", "Authorization:", "Bearer", CANARIES["header"]],
    "header without a colon": ["run", "http://h/", "-H", f"Authorization {CANARIES['header']}"],
    "header on two lines": ["run", "http://h/", "-H", f"Authorization: {CANARIES['header']}\nX: 1"],
    "setting without a name": ["check", "quickstart", "--set", f"={CANARIES['variable']}"],
    "setting of nothing": ["check", "quickstart", "--set", f"TOKEN={CANARIES['variable']}"],
    "target by setting": ["check", "quickstart", "--set", f"TARGET=ftp://{USERINFO}@h/"],
    "misspelt option": ["run", "http://h/", f"--heder=Authorization: {CANARIES['header']}"],
}  # fmt: skip


@pytest.mark.parametrize("argv", MISTAKES.values(), ids=MISTAKES)
def test_an_error_shows_no_secret(argv: list[str]) -> None:
    clean(loadgen(*argv), 2)


def test_the_mistakes_of_a_profile_are_shown_without_its_secrets(profile: Path) -> None:
    text = profile.read_text("utf-8").replace("connections: 2", "connections: ${TOKEN}\n        duration: ${TOKEN} s")
    profile.write_text(text.rstrip() + "\n          - {path: 'no-slash/${TOKEN}', method: 'GET ${TOKEN}'}\n", "utf-8")
    done = clean(loadgen("run", profile, env=at(9)), 2)
    assert done.err.count("\n") >= 3


def test_the_environment_of_a_run_is_not_in_its_result(url: str) -> None:
    argv = ("run", url, "-c", "1", "-n", "1", "--processes", "1", "--format", "json")
    clean(loadgen(*argv, env={"LOADGEN_HEADER": f"Authorization: {CANARIES['header']}"}), 0)
