import gzip
import json
import re
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base import decoding
from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.workloads.scenario.replies.absent import AbsentError
from loadgen.workloads.scenario.replies.reply import Reply

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Two: a\r\nx-two:  b \r\nLocation:/cart/7\r\n"
    b"Content-Length: 99\r\n\r\n"
)


def reply(body=b"", *, status=200, error=None, detail="", fields=()):
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n"
    return Reply(status, error, head + body, len(head), detail=detail)


def test_a_good_reply_is_ok_and_a_bad_one_says_why():
    good = reply(b"abc")
    assert good.ok
    assert (good.status, good.error, good.detail, good.body, good.text) == (200, None, "", b"abc", "abc")
    bad = reply(b"sorry", status=500, error=ErrorClass.UNEXPECTED_STATUS, detail="status 500")
    assert not bad.ok
    assert (bad.status, bad.error, bad.detail) == (500, "unexpected_status", "status 500")
    assert repr(bad) == "<Reply 500, unexpected_status, 5 bytes>"
    assert repr(Reply(0, ErrorClass.TIMEOUT, b"", 0)) == "<Reply none, timeout, 0 bytes>"


def test_the_body_is_what_follows_the_head_or_all_there_is():
    assert Reply(200, None, HEAD + b"xyz", len(HEAD)).body == b"xyz"
    kept = Reply(200, None, b"xyz", 0, HEAD + b"xy")
    assert kept.body == b"xyz"
    assert kept.header("location") == "/cart/7"


def test_headers_are_found_in_any_case_and_the_first_is_taken():
    seen = Reply(200, None, HEAD, len(HEAD))
    assert seen.header("LOCATION") == "/cart/7"
    assert seen.header("x-TWO") == "a"
    assert seen.header("absent") is None
    assert seen.header("absent", "x") == "x"
    assert seen.header("two") is None  # not the end of another name
    assert seen.header("HTTP/1.1 200 OK") is None
    assert seen.header("é中") is None
    assert seen.headers["X-TWO"] == "a, b"
    assert seen.headers.pairs[1:3] == (("X-Two", "a"), ("x-two", "b"))
    assert list(seen.headers) == ["Content-Type", "X-Two", "Location", "Content-Length"]
    assert "location" in seen.headers
    assert "nothing" not in seen.headers
    assert dict(seen.headers)["Location"] == "/cart/7"


@pytest.mark.parametrize(
    ("head", "value"),
    [
        (b"HTTP/1.1 200 OK\nX: 1\n\n", "1"),  # lines that end in LF alone
        (b"HTTP/1.1 200 OK\nX: 1\n\nY: 2\r\n\r\n", "1"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: hint\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\n\r\n",
            "1",
        ),
        (b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\n\r\nX: 2", "1"),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc\r\n\r\n", "a b c"),  # folded
        (b"HTTP/1.1 200 OK\r\nX:\r\n\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\nX-Long: cut o", "1"),  # the beginning of a long head
        (b"HTTP/1.1 200 OK\r\nX: cut o", None),
        (b"HTTP/1.1 200 OK\r\nX: caf\xe9\r\n\r\n", "caf\xe9"),
        (b"HTTP/1.1 200 OK\r\n\r\nX: body", None),
        (b"", None),
    ],
)
def test_unusual_heads(head, value):
    seen = Reply(200, None, b"body", 0, head)
    assert seen.header("x") == value
    assert seen.headers.get("x") == value


def test_all_cookies_are_handed_out_and_mark_the_reply():
    seen = reply(fields=(b"Set-Cookie: a=1; Path=/", b"X: y", b"SET-COOKIE: b=2, 3"))
    assert seen.set_cookies == ("a=1; Path=/", "b=2, 3")
    assert seen.special
    assert reply(fields=(b"SET-COOKIE: b=2",)).special
    assert Reply(200, None, b"", 0, b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\n\r\n").special
    assert reply().set_cookies == ()


def test_what_more_follows_from_marks_the_reply_too():
    assert not reply(b"Set-Cookie: a=1").special
    assert reply(status=302).special
    assert reply(error=ErrorClass.UNEXPECTED_BODY).special


def test_json_is_parsed_once_and_copied_on_demand():
    seen = reply(b'{"items": [{"id": 1}, {"id": 2}], "total": null}')
    assert seen.json("items.1.id") == 2
    assert seen.json("items.*.id") == [1, 2]
    assert seen.json() is seen.json()
    assert seen.json("total", default=3) is None  # it is there
    own = seen.json("items", copy=True)
    own.append("mine")
    assert len(seen.json("items")) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_json_is_read_in_every_unicode_encoding(encoding):
    assert reply('{"a": "é中"}'.encode(encoding)).json("a") == "é中"


def test_json_that_is_no_unicode_is_read_by_its_charset():
    body = '{"a": "é"}'.encode("latin-1")
    assert reply(body, fields=(b"Content-Type: application/json; charset=ISO-8859-1",)).json("a") == "é"
    assert reply(body).json("a") == "�"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe\xfd", b"[" * 100_000, b"null null"])
def test_what_is_no_json_is_absent_or_the_default(body):
    seen = reply(body)
    with pytest.raises(AbsentError, match="no JSON: "):
        seen.json("a")
    assert seen.json("a", default=0) == 0
    assert seen.json(default=None) is None


def test_an_absent_value_names_the_path_the_status_and_what_is_there():
    bad = reply(b'{"error": "no such order"}', status=404, error=ErrorClass.UNEXPECTED_STATUS)
    with pytest.raises(AbsentError) as caught:
        bad.json("order.id")
    assert str(caught.value) == "JSON path order.id: no 'order', there is an object with 'error' (status 404)"
    with pytest.raises(AbsentError) as caught:
        Reply(0, ErrorClass.CONNECTION_REFUSED, b"", 0).json("order.id")
    assert str(caught.value) == "no reply: connection refused"
    with pytest.raises(AbsentError) as caught:
        reply(b"<html>\n" + b"x" * 500).json()
    assert str(caught.value) == "no JSON: the body '<html>\\n" + "x" * 73 + "...'"


def test_find_gives_a_group_of_the_first_match():
    seen = reply(b'{"status":"done","id":17} {"id":18}')
    assert seen.find(r'"id":(\d+)') == "17"
    assert seen.find(r"\d+") == "17"
    assert seen.find(re.compile(r'"(?P<key>\w+)":"(\w+)"'), 2) == "done"
    assert seen.find(r'"(?P<key>\w+)":"(\w+)"', group="key") == "status"
    assert seen.find(r"(x)|done", default="-") == "-"  # the group took no part
    assert seen.find("nothing", default=None) is None
    with pytest.raises(AbsentError, match=r"regex 'nothing': no match in the body '\{\"status\"") as caught:
        seen.find("nothing")
    assert "\n" not in str(caught.value)
    with pytest.raises(AbsentError, match="no match in an empty body"):
        reply().find("x")


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (b"text/html; charset=latin-1", b"caf\xe9", "café"),
        (b'text/html; charset="UTF-8"', b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
        (b"text/html", b"caf\xc3\xa9 \xff", "café �"),
        (b"text/html; charset=nonsense", b"caf\xc3\xa9", "café"),
        (b"text/html; charset=hex", b"616", "616"),
        (b"text/html; charset=undefined", b"x", "x"),
        (b"text/html; charset=", b"x", "x"),
        (b"text/html; charset=utf-16", b"\xff\xfea\x00b", "a�"),
    ],
)
def test_text_is_in_the_charset_of_the_content_type(content_type, body, text):
    assert reply(body, fields=(b"Content-Type: " + content_type,)).text == text


def raw_deflate(data):
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])),
        ("gzip", lambda data: gzip.compress(data) + b"\0\0padding"),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("UTF-8", bytes),  # an encoding that nobody knows, as some servers say
        ("aws-chunked, gzip", gzip.compress),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        ("", bytes),
    ],
)
@given(data=st.binary(max_size=100))
def test_bodies_are_decoded(coding, encode, data):
    seen = reply(encode(data), fields=(b"content-encoding: " + coding.encode(),))
    assert seen.body == data


def test_a_body_that_breaks_off_gives_what_there_is_of_it():
    data = bytes(range(256)) * 20
    seen = reply(gzip.compress(data)[:-100], fields=(b"Content-Encoding: gzip",))
    assert data.startswith(seen.body)


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        (b"gzip", b"no gzip", "Content-Encoding gzip: the body cannot be decoded: .*incorrect header"),
        (b"deflate", b"\xff\xff\xff", "Content-Encoding deflate: the body cannot be decoded"),
        (b"gzip, " * 9, b"x", "more than 4 encodings"),
    ],
)
def test_what_cannot_be_decoded_is_absent(coding, body, text):
    seen = reply(body, fields=(b"Content-Encoding: " + coding,))
    with pytest.raises(AbsentError, match=text):
        _ = seen.body
    with pytest.raises(AbsentError, match=text):
        seen.find("x")
    assert seen.json("a", default=1) == 1


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        (b"gzip", gzip.compress),
        (b"gzip", lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:])),
        (b"deflate", zlib.compress),
        (b"deflate", raw_deflate),
        (b"gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
    ],
)
def test_a_body_with_too_much_in_it_is_refused(monkeypatch, coding, encode):
    monkeypatch.setattr(decoding, "MOST_DECODED_BYTES", 1 << 20)
    fields = (b"Content-Encoding: " + coding,)
    assert reply(encode(bytes(1 << 20)), fields=fields).body == bytes(1 << 20)
    with pytest.raises(AbsentError, match="more than 1 MiB in it"):
        _ = reply(encode(bytes((1 << 20) + 1)), fields=fields).body


def test_countless_empty_members_are_refused():
    with pytest.raises(AbsentError, match="more than 1000 members"):
        _ = reply(gzip.compress(b"") * 1001, fields=(b"Content-Encoding: gzip",)).body


@pytest.mark.parametrize(("coding", "package"), [("br", "brotli"), ("zstd", "zstandard")])
def test_an_encoding_without_its_package_names_the_extra(monkeypatch, coding, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"encoded with {coding}, .*pip install 'loadgen\[compress\]'"):
        _ = reply(b"x", fields=(f"Content-Encoding: {coding}".encode(),)).body


@pytest.mark.parametrize("size", [0, 10, 5000, 300_000])
def test_br_and_zstd_are_decoded_where_the_packages_are(size):
    data = bytes(size)
    brotli, zstandard = pytest.importorskip("brotli"), pytest.importorskip("zstandard")
    assert reply(brotli.compress(data), fields=(b"Content-Encoding: br",)).body == data
    assert reply(zstandard.compress(data), fields=(b"Content-Encoding: zstd",)).body == data


@given(st.binary(max_size=300), st.integers(0, 300), st.binary(max_size=100))
def test_any_bytes_make_a_reply_that_can_be_asked_everything(data, body_at, head):
    seen = Reply(200, None, data, min(body_at, len(data)), head)
    assert seen.header("x", "") is not None
    assert dict(seen.headers) is not None
    assert isinstance(seen.set_cookies, tuple)
    assert isinstance(seen.json("a", default=None), object)
    seen.find("x", default=None)


@given(st.recursive(st.none() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=8))
def test_json_comes_back_as_it_was_sent(value):
    assert reply(json.dumps(value).encode()).json() == value
