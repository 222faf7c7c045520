import zlib
from hashlib import md5, sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.base.errors import UsageError
from loadgen.workloads.s3.protocol.checksums import encoded, make_checksum
from loadgen.workloads.s3.protocol.data import LINE_BYTES, PIECE_BYTES, Bodies, Match

BODIES = Bodies(1)
SIZES = [
    0,
    1,
    7,
    8,
    9,
    1024,
    LINE_BYTES + 7,
    LINE_BYTES + 9,
    65536,
    65537,
    PIECE_BYTES - 1,
    PIECE_BYTES,
    PIECE_BYTES + 7,
    PIECE_BYTES + 8,
    600_000,
]


@pytest.mark.parametrize("size", SIZES)
def test_a_body_has_its_size_in_pieces_of_any_start(size):
    body = BODIES.body(5, size)
    whole = body.joined()
    assert len(whole) == body.length == size
    *full, last = [len(chunk) for chunk in body.chunks()] or [0]
    assert set(full) <= {PIECE_BYTES}
    assert last <= PIECE_BYTES
    for start in {0, 1, size // 2, max(0, size - 3), size}:
        assert b"".join(body.copied(start)) == whole[start:]


def test_pieces_that_are_lent_are_those_that_are_copied_whoever_else_is_being_sent():
    """Bodies are sent side by side, given up half-way and begun again: what is lent is told by nobody else's bytes."""
    bodies = Bodies(1)
    size = 2 * PIECE_BYTES + 5000
    wholes = [BODIES.body(index, size).joined() for index in range(3)]
    sent = [bodies.body(index, size).chunks() for index in range(3)]
    got = [b""] * 3
    for _ in range(3):  # the first holds what is lent, while the others ask for theirs
        lent = [next(chunks) for chunks in sent]
        got = [before + bytes(chunk) for before, chunk in zip(got, lent, strict=True)]
    assert got == wholes
    sent[0].close()
    for index in (0, 1, 0, 2):
        given_up = bodies.body(index, size).chunks()
        assert bytes(next(given_up)) == wholes[index][:PIECE_BYTES]
        given_up.close()
        assert b"".join(map(bytes, bodies.body(index, size).chunks())) == wholes[index]


def test_what_is_lent_is_not_the_block_that_others_are_cut_from():
    bodies = Bodies(1)
    copies = [bodies.body(index, 4000).joined() for index in range(300)]
    chunks = bodies.body(0, 3 * PIECE_BYTES).chunks()
    for _ in range(3):
        next(chunks)
        assert [bodies.body(index, 4000).joined() for index in range(300)] == copies


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


@pytest.mark.parametrize("size", [1000, LINE_BYTES + 8, 60_000, 3 * PIECE_BYTES])
def test_any_range_tells_which_object_it_is_of_and_where_it_begins(size):
    ours, theirs, next_part = (BODIES.body(*which).joined() for which in ((5, size), (6, size), (5, size, 1)))
    for start in range(0, size - 8, max(1, size // 400)):
        pieces = {ours[start : start + 8], theirs[start : start + 8], next_part[start : start + 8]}
        assert len(pieces) == 3
        assert pieces.isdisjoint({ours[start + 1 : start + 9], theirs[start + 1 : start + 9]})


@pytest.mark.parametrize("content", ["random", "text", "compressible:4"])
def test_no_two_blocks_are_equal_for_a_store_to_fold(content):
    bodies = Bodies(1, content)
    data = b"".join(bodies.body(index, 300_000).joined() for index in range(12))
    blocks = [data[start : start + LINE_BYTES] for start in range(0, len(data), LINE_BYTES)]
    assert len(set(blocks)) == len(blocks)


@pytest.mark.parametrize(
    ("content", "low", "high"),
    [("random", 0.99, 1.01), ("text", 0.2, 0.55), ("compressible:4", 0.2, 0.3), ("compressible:20", 0.04, 0.08)],
)
def test_bytes_compress_as_they_are_to(content, low, high):
    whole = b"".join(Bodies(1, content).body(index, 100_000).joined() for index in range(3))
    assert low < len(zlib.compress(whole)) / len(whole) < high
    assert b"".join(Bodies(1, content).body(index, 100_000).joined() for index in range(3)) == whole


def test_a_file_is_what_bodies_are_cut_from(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 30)
    body = Bodies(1, f"@{path}").body(3, 2000).joined()
    assert body[: 2000 - 8] in path.read_bytes() * 3
    path.write_bytes(b"")
    with pytest.raises(UsageError, match="is empty"):
        Bodies(1, f"@{path}")
    with pytest.raises(UsageError, match="cannot read"):
        Bodies(1, f"@{path}.missing")


def test_what_is_sent_in_one_piece_is_the_body():
    for size in (0, 1, 7, 8, 9, 1024, LINE_BYTES + 8, LINE_BYTES + 9, 65536):
        common, mark = BODIES.short(7, size)
        assert bytes(common) + mark == BODIES.body(7, size).joined()


def test_a_short_body_is_bytes_and_a_long_one_a_source():
    assert BODIES.body(1, 65536).payload() == BODIES.body(1, 65536).joined()
    assert BODIES.body(1, 5).payload() == BODIES.body(1, 5).joined()
    body = BODIES.body(1, 65537)
    assert body.payload() is body


@pytest.mark.parametrize("new", [sha256, md5, *(make_checksum(name).new for name in ("crc32", "crc32c"))])
def test_a_checksum_is_that_of_all_bytes(new):
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
    assert other.problem(5000) == "byte 0 of the body differs from what was put"
    assert fed(Match(body), body.joined()[:-1], 5000).problem(5000) == "the body has 4,999 bytes of 5,000"
    longer = fed(Match(body), body.joined() + b"x", 5000)
    assert longer.problem(5000) == "byte 5000 of the body differs from what was put"


def test_a_checksum_of_a_body_is_the_one_of_its_bytes():
    checksum = make_checksum("crc32")
    body = BODIES.body(2, 12345)
    assert encoded(body.digest(checksum.new)) == checksum.of(body.joined())
