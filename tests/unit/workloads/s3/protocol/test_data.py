import zlib
from hashlib import md5, sha256
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.workloads.s3.protocol.checksums import encoded, make_checksum
from loadgen.workloads.s3.protocol.data import BLOCK_PIECES, PIECE_BYTES, Bodies, Match

BODIES = Bodies(1)
BLOCK = PIECE_BYTES * BLOCK_PIECES
SIZES = [0, 1, 7, 8, 9, 1024, 65536, 65537, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 7, PIECE_BYTES + 8, 600_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_body_has_its_size_in_pieces_of_any_start(size):
    body = BODIES.body(5, size)
    whole = body.joined()
    assert len(whole) == body.length == size
    *full, last = [len(chunk) for chunk in body.chunks()] or [0]
    assert set(full) <= {PIECE_BYTES}
    assert last <= PIECE_BYTES
    for start in {0, 1, size // 2, max(0, size - 3), size}:
        assert b"".join(body.chunks(start)) == whole[start:]


@pytest.mark.parametrize("size", [1, 2, 8, 9, 64, 70_000])
def test_no_two_bodies_are_equal(size):
    count = min(300, 256**size)
    seen = {BODIES.body(index, size).joined() for index in range(count)}
    seen |= {BODIES.body(index, size, part=1).joined() for index in range(count)} if size >= 8 else set()
    assert len(seen) == (2 * count if size >= 8 else count)


@settings(max_examples=25)
@given(st.sets(st.tuples(st.integers(0, 2**50 - 1), st.integers(0, 2**14 - 1)), min_size=2, max_size=50))
def test_marks_differ_for_every_index_and_part(places):
    assert len({BODIES.mark(index, part, 8) for index, part in places}) == len(places)


def test_another_seed_makes_other_bodies_and_the_same_seed_the_same():
    assert Bodies(1).body(7, 5000).joined() == BODIES.body(7, 5000).joined()
    ours, theirs = BODIES.body(7, 5000).joined(), Bodies(2).body(7, 5000).joined()
    assert ours[:4000] != theirs[:4000]


def test_bytes_do_not_compress():
    assert len(zlib.compress(BODIES.body(1, 100_000).joined())) > 100_000


def test_a_body_larger_than_the_block_streams_it_again_and_again_without_a_copy():
    body = BODIES.body(1, 100 * BLOCK)
    first, again = (next(islice(body.chunks(), place, None)) for place in (0, BLOCK_PIECES))
    assert first is again


def test_a_short_body_is_bytes_and_a_long_one_a_source():
    assert BODIES.body(1, 65536).payload() == BODIES.body(1, 65536).joined()
    assert BODIES.body(1, 5).payload() == BODIES.body(1, 5).joined()
    body = BODIES.body(1, 65537)
    assert body.payload() is body


@pytest.mark.parametrize("new", [sha256, md5, *(make_checksum(name).new for name in ("crc32", "crc32c"))])
def test_a_checksum_goes_on_from_the_common_part_s(new):
    bodies = Bodies(3)
    for index, size in enumerate([*SIZES, *SIZES, 3 * PIECE_BYTES + 5]):
        body = bodies.body(index, size)
        whole = new()
        whole.update(body.joined())
        assert body.digest(new).digest() == whole.digest()


@pytest.mark.slow  # hashes tens of megabytes
@settings(max_examples=25)
@given(st.lists(st.integers(0, 700_000), max_size=6))
def test_checksums_of_any_sizes_in_any_order(sizes):
    bodies = Bodies(1)
    for index, size in enumerate(sizes):
        body = bodies.body(index, size)
        assert body.digest(sha256).digest() == sha256(body.joined()).digest()


def test_a_common_part_is_hashed_once():
    hashed = []

    class Counting:
        def update(self, data):
            hashed.append(len(data))

        def copy(self):
            return self

        def digest(self):
            return b""

    bodies = Bodies(1)
    for index in range(3):
        bodies.body(index, PIECE_BYTES + 1008).digest(Counting)
    assert hashed == [PIECE_BYTES, 1000, 8, 8, 8]


def fed(match, data, step):
    for start in range(0, len(data), step):
        match(data[start : start + step])
    return match


@pytest.mark.parametrize("step", [1000, 65536, PIECE_BYTES, 10**6])
@pytest.mark.parametrize("start", [0, 100, 300_000])
def test_a_download_of_what_was_put_matches(step, start):
    body = BODIES.body(9, 600_000)
    match = fed(Match(body, start), body.joined()[start:], step)
    assert match.problem(600_000 - start) is None
    assert match.length == 600_000 - start


@given(st.integers(0, 4999), st.integers(1, 600), st.integers(1, 255))
def test_one_wrong_byte_is_found_where_it_is(place, step, flip):
    body = BODIES.body(9, 5000)
    data = bytearray(body.joined())
    data[place] ^= flip
    assert fed(Match(body), bytes(data), step).problem(5000) == f"byte {place} of the body differs from what was put"


def test_another_object_a_short_one_and_a_long_one_do_not_match():
    body = BODIES.body(9, 5000)
    other = fed(Match(body), BODIES.body(8, 5000).joined(), 5000)
    assert other.problem(5000) == "byte 4992 of the body differs from what was put"
    assert fed(Match(body), body.joined()[:-1], 5000).problem(5000) == "the body has 4999 bytes of 5000"
    longer = fed(Match(body), body.joined() + b"x", 5000)
    assert longer.problem(5000) == "byte 5000 of the body differs from what was put"


def test_a_checksum_of_a_body_is_the_one_of_its_bytes():
    checksum = make_checksum("crc32")
    body = BODIES.body(2, 12345)
    assert encoded(body.digest(checksum.new)) == checksum.of(body.joined())
