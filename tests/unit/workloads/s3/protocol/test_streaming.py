import calendar
from hashlib import sha256

import pytest

from loadgen.workloads.s3.protocol.checksums import make_checksum
from loadgen.workloads.s3.protocol.data import PIECE_BYTES, Bodies, Given
from loadgen.workloads.s3.protocol.streaming import AwsChunked
from loadgen.workloads.sigv4.credentials import Credentials
from loadgen.workloads.sigv4.signer import ChunkSigner, Mac, Signer
from tests.support.s3_requests import unchunked

# The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
AT_S = calendar.timegm((2013, 5, 24, 0, 0, 0))
DATA = b"a" * 66560


class Content64KiB(Given):
    CHUNK_BYTES = 65536


def stream(payload, headers):
    signer = Signer("s3.amazonaws.com", "us-east-1")
    block, signature = signer.sign(EXAMPLE, AT_S, "PUT", "/examplebucket/chunkObject.txt", "", payload, headers)
    return block, signer.chunk_signer(signature)


def signatures(sent):
    return [line.partition(b"=")[2].decode() for line in sent.split(b"\r\n") if b";chunk-signature=" in line]


def test_the_documented_chunked_upload():
    headers = (
        ("Content-Encoding", "aws-chunked"),
        ("Content-Length", "66824"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    )
    block, signer = stream("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", headers)
    assert signer.seed == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    assert signer.seed in block.decode()
    sent = b"".join(AwsChunked(Content64KiB(DATA), signer, None).chunks())
    assert len(sent) == 66824
    assert signatures(sent) == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


def test_the_documented_trailer():
    headers = (
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-trailer", "x-amz-checksum-crc32c"),
    )
    _, signer = stream("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", headers)
    assert signer.seed == "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    sent = b"".join(AwsChunked(Content64KiB(DATA), signer, make_checksum("crc32c")).chunks())
    assert signatures(sent) == [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    assert sent.endswith(
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    )


@pytest.mark.parametrize("size", [0, 1, 1000, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES + 4096])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("checksum", ["none", "crc32", "sha256"])
def test_the_length_is_known_before_anything_is_sent(size, signed, checksum):
    signer = ChunkSigner(Mac(b"key"), "time\nscope\n", "0" * 64) if signed else None
    for content in (Given(bytes(size)), Bodies(1).body(1, size)):
        body = AwsChunked(content, signer, make_checksum(checksum))
        sent = b"".join(map(bytes, body.chunks()))
        assert len(sent) == body.length
        data, trailer = unchunked(sent)
        assert data == b"".join(map(bytes, content.chunks()))
        assert bool(trailer) == (checksum != "none")


def test_a_body_can_be_sent_again():
    body = AwsChunked(
        Bodies(1).body(1, 1000), ChunkSigner(Mac(b"key"), "time\nscope\n", "0" * 64), make_checksum("crc32")
    )
    assert list(body.chunks()) == list(body.chunks())


def test_shared_pieces_are_hashed_as_themselves():
    body = Bodies(1).body(1, 3 * PIECE_BYTES + 10)
    for _ in range(2):
        assert [body.chunk_sha256(chunk) for chunk in body.chunks()] == [
            sha256(chunk).hexdigest() for chunk in body.chunks()
        ]
