"""aws-chunked: a body in chunks that are signed one by one, and perhaps its checksum in a trailer.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

from collections.abc import Iterator

from loadgen.workloads.s3.protocol.checksums import Checksum, encoded
from loadgen.workloads.s3.protocol.data import PIECE_BYTES, Content
from loadgen.workloads.sigv4.signer import EMPTY_SHA256, ChunkSigner

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

_SIGNATURE = ";chunk-signature="
_TRAILER_SIGNATURE = "x-amz-trailer-signature:"
_HEX_DIGITS = 64


class AwsChunked:
    """Content as a BodySource that is framed anew each time it is sent.

    Its chunks have 256 KiB, the last may be shorter. `signer` None leaves them unsigned.
    """

    __slots__ = ("_checksum", "_content", "_signer", "length")

    def __init__(self, content: Content, signer: ChunkSigner | None, checksum: Checksum | None) -> None:
        self.length: int | None = encoded_length(content.size, signed=signer is not None, checksum=checksum)
        self._content = content
        self._signer = signer
        self._checksum = checksum

    def chunks(self) -> Iterator[bytes]:
        """Each chunk in its frame, the empty one that ends them, and the trailer."""
        signer, content = self._signer, self._content
        previous = "" if signer is None else signer.seed
        for chunk in content.chunks():
            head = f"{len(chunk):x}"
            if signer is not None:
                previous = signer.chunk(previous, content.chunk_sha256(chunk))
                head += _SIGNATURE + previous
            yield b"".join((head.encode(), b"\r\n", chunk, b"\r\n"))
        end = "0"
        if signer is not None:
            previous = signer.chunk(previous, EMPTY_SHA256)
            end += _SIGNATURE + previous
        yield f"{end}\r\n{self._trailer(previous)}\r\n".encode()

    def _trailer(self, previous: str) -> str:
        if self._checksum is None:
            return ""
        field = f"{self._checksum.header}:{encoded(self._content.digest(self._checksum.new))}"
        if self._signer is None:
            return f"{field}\r\n"
        signature = self._signer.trailer(previous, f"{field}\n")
        return f"{field}\r\n{_TRAILER_SIGNATURE}{signature}\r\n"


def encoded_length(size: int, *, signed: bool, checksum: Checksum | None) -> int:
    """How many bytes content of `size` bytes takes in chunks."""
    full, rest = divmod(size, PIECE_BYTES)
    frame = 4 + (len(_SIGNATURE) + _HEX_DIGITS if signed else 0)
    total = size + full * (len(f"{PIECE_BYTES:x}") + frame) + (len(f"{rest:x}") + frame if rest else 0) + 1 + frame
    if checksum is not None:
        value = len(encoded(checksum.new()))
        total += len(checksum.header) + 1 + value + 2
        total += len(_TRAILER_SIGNATURE) + _HEX_DIGITS + 2 if signed else 0
    return total
