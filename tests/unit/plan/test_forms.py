import io
import json
from email import message_from_bytes, policy
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.plan.forms import FORM, encode_body, kept_encoder, to_json

anything = st.text(st.characters(exclude_categories=["Cs"]))


def parts(content_type, body):
    """Of a multipart body: each part's name, file name, type and content."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


@pytest.mark.parametrize(
    ("options", "encoded"),
    [
        ({}, (None, b"")),
        ({"json": None, "data": None, "name": "x"}, (None, b"")),
        ({"json": {"a": [1, None, "é"], "b": True}}, ("application/json", '{"a":[1,null,"é"],"b":true}'.encode())),
        ({"json": []}, ("application/json", b"[]")),
        ({"json": 0}, ("application/json", b"0")),
        ({"form": {"a": "x y&z", "b": [1, "é"], "n": None}}, (FORM, b"a=x+y%26z&b=1&b=%C3%A9")),
        ({"form": [("a", 1), ("a", True)]}, (FORM, b"a=1&a=true")),
        ({"form": {}}, (FORM, b"")),
        ({"form": "a=1"}, (FORM, b"a=1")),
        ({"data": b"\xff"}, (None, b"\xff")),
        ({"data": bytearray(b"x")}, (None, b"x")),
        ({"data": "é"}, (None, "é".encode())),
        ({"data": ""}, (None, b"")),
        ({"data": {"a": 1}}, (FORM, b"a=1")),
        ({"data": [("a", 1), ("b", b"\xff ")]}, (FORM, b"a=1&b=%FF+")),
        ({"data": io.BytesIO(b"file")}, (None, b"file")),
        ({"data": io.StringIO("file")}, (None, b"file")),
    ],
)
def test_a_body_and_its_type(options, encoded):
    assert encode_body(options) == encoded


def test_files_are_sent_with_name_type_and_content():
    content_type, body = encode_body(
        {
            "files": [
                ("plain", b"\x00\xff"),
                ("text", "é"),
                ("named", ("ü.txt", b"x")),
                ("typed", ("a.bin", b"y", "image/x-own")),
                ("headed", ("a.json", b"{}", None, {"X-Extra": "1"})),
                ("odd", ("no ending", b"z")),
                ("field", (None, "value")),
                ("stream", io.BytesIO(b"stream")),
            ]
        }
    )
    assert parts(content_type, body) == [
        ("plain", "plain", "application/octet-stream", b"\x00\xff"),
        ("text", "text", "application/octet-stream", "é".encode()),
        ("named", "ü.txt", "text/plain", b"x"),
        ("typed", "a.bin", "image/x-own", b"y"),
        ("headed", "a.json", "application/json", b"{}"),
        ("odd", "no ending", "application/octet-stream", b"z"),
        ("field", None, None, b"value"),
        ("stream", "stream", "application/octet-stream", b"stream"),
    ]
    assert b"\r\nX-Extra: 1\r\n" in body


def test_a_form_goes_with_files():
    for kind in ("form", "data"):
        content_type, body = encode_body({kind: {"a": "ä", "b": [1, True], "n": None}, "files": {"f": b"x"}})
        found = [(name, content) for name, _, _, content in parts(content_type, body)]
        assert found == [("a", "ä".encode()), ("b", b"1"), ("b", b"true"), ("f", b"x")]


def test_a_file_on_disk_gives_its_name_and_is_read_from_its_beginning_each_time(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"pixels")
    with path.open("rb") as file:
        first = encode_body({"files": {"photo": file}})
        assert encode_body({"files": {"photo": file}}) == first
        assert encode_body({"data": file}) == encode_body({"data": file}) == (None, b"pixels")
    assert parts(*first) == [("photo", "photo.png", "image/png", b"pixels")]


def test_names_cannot_break_out_of_their_field():
    content_type, body = encode_body({"files": {'a"\r\nX: y': ('b"\r\n.txt', b"x")}})
    assert b'name="a%22%0D%0AX: y"; filename="b%22%0D%0A.txt"\r\nContent-Type: text/plain\r\n\r\nx\r\n' in body
    assert len(parts(content_type, body)) == 1
    with pytest.raises(ValueError, match="line break"):
        encode_body({"files": {"a": ("b", b"x", "text/plain\r\nX: y")}})


@given(st.dictionaries(anything, anything | st.lists(anything)))
def test_forms_arrive_as_they_are(form):
    pairs = [(name, item) for name, value in form.items() for item in (value if isinstance(value, list) else [value])]
    assert parse_qsl(encode_body({"form": form})[1].decode(), keep_blank_values=True) == pairs


@given(st.lists(st.binary(), min_size=1))
def test_contents_arrive_as_they_are_even_with_the_boundary_in_them(contents):
    first_type, first = encode_body({"files": [("f", content) for content in contents]})
    nested = [*contents, first, b"--" + first_type.partition("=")[2].encode()]
    content_type, body = encode_body({"files": [("f", ("name", content)) for content in nested]})
    boundary = b"--" + content_type.partition("=")[2].encode()
    pieces = body.split(boundary + b"\r\n")[1:]
    assert pieces[-1].endswith(b"\r\n" + boundary + b"--\r\n")
    pieces[-1] = pieces[-1].removesuffix(boundary + b"--\r\n")
    assert [piece.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for piece in pieces] == nested


@given(
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | anything, st.lists, max_leaves=8
    )
)
def test_json_arrives_as_it_is(value):
    if value is not None:  # an option that is not given
        assert json.loads(encode_body({"json": value})[1]) == value


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"json": {}, "data": b""}, "one body, not json and data"),
        ({"json": {}, "form": {}, "files": {}}, "one body, not json and form and files"),
        ({"json": {"a": {1}}}, "not JSON serializable"),
        ({"form": 5}, "form: expected a mapping, or pairs of a name and a value, got int"),
        ({"form": ["ab"]}, "form: expected a mapping, or pairs of a name and a value, got str"),
        ({"data": 5}, "data: expected bytes, text or a file object, got int"),
        ({"data": "a=1", "files": {"f": b""}}, "form: expected a mapping, or pairs"),
        ({"files": {"f": 5}}, r"files\['f'\]: expected bytes, text or a file object, got int"),
        ({"files": {"f": ("a",)}}, r"files\['f'\]: expected content or \(name, content, type, headers\), got 1 of"),
        ({"files": {"f": (5, b"x")}}, r"files\['f'\]: expected the name of the file first, got int"),
        ({"files": b"x"}, "files: expected a mapping, or pairs of a name and a value, got int"),
    ],
)
def test_what_cannot_be_sent_is_refused(options, text):
    with pytest.raises(TypeError, match=text):
        encode_body(options)


@pytest.mark.parametrize("options", [{"form": {"a": {"b": 1}}}, {"data": {"a": {}}, "files": {"f": b"x"}}])
def test_nested_values_have_no_form(options):
    with pytest.raises(ValueError, match="expected a text or a number as a value, got"):
        encode_body(options)


def test_json_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_body({"json": float("nan")})


OF_JSON = {"user": 3, "name": "Zoë \n", "parts": [1.5, None, True, {"": ()}], 7: -0.0}


@pytest.mark.parametrize("value", [OF_JSON, [], "text", 1, None])
def test_json_is_written_as_the_standard_library_does(value):
    standard = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert to_json(value) == to_json(value) == standard


def test_json_is_written_without_an_encoder_of_c(monkeypatch):
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    encoder = json.JSONEncoder(separators=(",", ":"))
    assert json.loads("".join(kept_encoder(encoder)(OF_JSON, 0))) == json.loads(json.dumps(OF_JSON))


def test_what_cannot_be_written_as_json_is_said():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="Circular reference"):
        to_json(endless)
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(float("nan"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        to_json(object())
