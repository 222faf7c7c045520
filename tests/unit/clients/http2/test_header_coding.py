"""HPACK, beside a library that does the same."""

from contextlib import suppress

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Fields as RequestFields
from loadgen.base.exchange import Request
from loadgen.clients.http2.frames import BrokenProtocolError
from loadgen.clients.http2.header_decoder import MOST_KNOWN, HeaderDecoder
from loadgen.clients.http2.header_encoder import Fields, HeaderEncoder

ORIGIN = Origin("http", "here.example", 80)
NAMES = st.sampled_from(["x-a", "etag", "date", "server", "content-type", "x-very-long-name-of-a-field"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(str.strip)
REPLIES = st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=8), min_size=1, max_size=12)


@given(REPLIES, st.booleans(), st.integers(0, 4096))
def test_what_a_server_encodes_is_read(replies, huffman, table):
    encoder, decoder = hpack.Encoder(), HeaderDecoder()
    encoder.header_table_size = table
    for fields in [*replies, *replies]:
        pairs = [(":status", "200"), *fields]
        head = decoder.decode(encoder.encode(pairs, huffman=huffman))
        assert [(name.decode(), value.decode()) for name, value in head.fields] == pairs
        assert head.status == 200


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(block):
    with suppress(BrokenProtocolError):
        HeaderDecoder().decode(block)


REQUESTS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.tuples(NAMES, VALUES), max_size=6)), min_size=1, max_size=12
)


@given(REQUESTS, st.sampled_from([0, 100, 4096, 65536]))
def test_what_is_encoded_is_read_by_a_server(requests, table):
    decoder = hpack.Decoder()
    decoder.max_allowed_table_size = 4096
    encoder = HeaderEncoder(Fields(ORIGIN))
    encoder.limit(table)
    known = {}
    for path, fields in [*requests, *requests, *requests]:
        key = path, tuple(fields)
        request = known.setdefault(key, Request(0, "GET", f"/{path}", RequestFields(tuple(fields))))
        read = decoder.decode(encoder.block(request))
        assert [tuple(pair) for pair in read] == [
            (":method", "GET"), (":scheme", "http"), (":authority", "here.example"), (":path", f"/{path}"), *fields,
        ]  # fmt: skip


def test_what_comes_again_becomes_a_byte_each():
    encoder = HeaderEncoder(Fields(ORIGIN))
    request = Request(0, "GET", "/a/path", RequestFields((("User-Agent", "loadgen"), ("Accept", "*/*"))))
    blocks = [encoder.block(request) for _ in range(4)]
    assert len(blocks[0]) > 30
    assert len(blocks[2]) == len(blocks[3]) == 6


def test_fields_of_the_connection_are_left_out_and_host_names_the_authority():
    pairs = (("Connection", "close"), ("Host", "other.example"), ("TE", "trailers"), ("Transfer-Encoding", "chunked"))
    block = HeaderEncoder(Fields(ORIGIN)).block(Request(0, "GET", "/", RequestFields(pairs)))
    read = dict(hpack.Decoder().decode(block))
    assert read == {":method": "GET", ":scheme": "http", ":authority": "other.example", ":path": "/", "te": "trailers"}


def test_a_body_has_its_length():
    block = HeaderEncoder(Fields(ORIGIN)).block(Request(0, "POST", "/", RequestFields(()), body=b"hello"))
    assert dict(hpack.Decoder().decode(block))["content-length"] == "5"


def coded(*pairs):
    return hpack.Encoder().encode(pairs)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (coded((":status", "20")), "the status is not"),
        (coded(("server", "x"), (":status", "200")), "the status is not"),
        (coded((":status", "200"), (":status", "200")), "the status is not"),
        (coded((":status", "200"), (":path", "/")), "':path' must not"),
        (coded((":status", "200"), ("Upper", "x")), "'Upper' must not"),
        (coded((":status", "200"), ("connection", "close")), "'connection' must not"),
        (coded((":status", "200"), ("content-length", "5"), ("content-length", "6")), "content-length is not"),
        (coded((":status", "200"), ("content-length", "-5")), "content-length is not"),
        (coded((":status", "200"), ("x", "a\r\nb")), "line end"),
        (coded((":status", "200"), ("x", "y" * 70000)), "too long"),
        (b"\x80", "no entry 0"),
        (b"\xff\x20", "no entry 159"),
        (b"\xff\xff\xff\xff\xff\xff\x01", "number in a header block"),
        (b"\x88\x20", "table size changes within"),
        (b"\x3f\xe2\x1f", "grows above"),
        (b"\x00\x05ab", "cut short"),
        (b"\x00\x83\xff\xff\xff", "cut short"),
    ],
)
def test_what_rfc_7541_and_9113_do_not_allow(block, problem):
    with pytest.raises(BrokenProtocolError, match=problem):
        HeaderDecoder().decode(block)


def test_a_block_that_inserts_is_inserted_each_time_that_it_comes():
    decoder = HeaderDecoder()
    insert = b"\x40\x01a\x01b"  # a: b, into the table
    for _ in range(3):
        decoder.decode(insert)
    decoder.decode(b"\x40\x01c\x01d")
    assert decoder.decode(b"\xbe").fields == ((b"c", b"d"),)
    assert decoder.decode(b"\xc1").fields == ((b"a", b"b"),)
    decoder.decode(insert)
    assert decoder.decode(b"\xbe").fields == ((b"a", b"b"),)


def test_a_block_of_this_second_is_known_however_many_there_were():
    shared = {}
    decoder, other = HeaderDecoder(shared=shared), HeaderDecoder(shared=shared)
    for second in range(2 * MOST_KNOWN + 5):
        date = b"%04d" % second
        block = b"\x40\x01d\x04" + date
        head = decoder.decode(block)
        assert decoder.decode(block) is decoder.known[block] is other.decode(block) is head
        assert len(decoder.known) <= MOST_KNOWN
    assert other.decode(b"\xbe").fields == decoder.decode(b"\xbe").fields == ((b"d", date),)
    assert other.decode(b"\xbf").fields == ((b"d", b"%04d" % (second - 1)),)
    assert decoder.decode(b"\xbf").fields == ((b"d", date),)  # where it came twice
