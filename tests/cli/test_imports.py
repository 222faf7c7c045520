"""`loadgen import` and `loadgen run 'curl ...'`: what is printed can be checked and run."""

import json
from pathlib import Path

import pytest

from tests.support.command import loadgen

CURL = "curl 'http://127.0.0.1:9/p?q=1' -H 'Authorization: Bearer abc' -d a=1"


def test_what_is_printed_is_a_profile(tmp_path: Path) -> None:
    made = loadgen("import", "curl", CURL)
    assert (made.code, made.err) == (0, "")
    profile = tmp_path / "p.yaml"
    profile.write_text(made.out)
    assert "abc" not in made.out
    checked = loadgen("check", profile, env={"AUTHORIZATION": "xyz"})
    assert (checked.code, checked.err) == (0, "")
    assert "POST http://127.0.0.1:9/p?q=1" in checked.out
    unset = loadgen("check", profile)
    assert (unset.code, "AUTHORIZATION" in unset.err) == (2, True)


def test_standard_input_and_files_are_read(tmp_path: Path) -> None:
    entries = [{"request": {"url": "http://127.0.0.1:9/p"}}, {"request": {"url": "http://other/x.png"}}]
    text = json.dumps({"log": {"entries": entries}})
    file = tmp_path / "a.har"
    file.write_text(text)
    from_file, from_input = loadgen("import", "har", file), loadgen("import", "har", "-", stdin=text.encode())
    assert from_file.out.splitlines()[1:] == from_input.out.splitlines()[1:]
    assert from_file.err.startswith("loadgen: Left out: 1 request to other hosts")
    assert "http://other/x.png" in loadgen("import", "har", file, "--other-hosts", "--static").out


@pytest.mark.parametrize("form", ["har", "openapi", "postman", "vegeta", "curl"])
def test_what_cannot_be_read_is_named_with_the_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_text("nonsense {")
    done = loadgen("import", form, file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("loadgen: wrong: ")
    assert (
        loadgen("import", form, tmp_path / "none").err == "loadgen: none: cannot be read: No such file or directory\n"
    )


def test_a_command_of_curl_is_a_target() -> None:
    done = loadgen("check", CURL, "-c", "3", "-H", "X: y")
    assert (done.code, done.err) == (0, "")
    assert "3 connections" in done.out
    assert "X: y" in done.out
    assert "abc" not in done.out
    wrong = loadgen("run", "curl ftp://h/")
    assert (wrong.code, wrong.err) == (2, "loadgen: curl: expected a URL with http or https, got 'ftp://h/'\n")
    assert "the proxy (-x) is left out" in loadgen("check", f"{CURL} -x https://p:1").err
    assert "by the proxy" in loadgen("check", f"{CURL} -x p:1").out
