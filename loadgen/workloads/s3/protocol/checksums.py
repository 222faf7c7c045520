"""The checksums that S3 keeps of an object, and how one is asked for in a header.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import md5, sha1, sha256
from typing import Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.exchange import BodyPiece
from loadgen.plan.jobs.s3 import ChecksumName


class Digest(Protocol):
    """What hashlib's objects have, as far as it is needed here."""

    def update(self, data: BodyPiece, /) -> None: ...
    def digest(self) -> bytes: ...
    def copy(self) -> "Digest": ...


@dataclass(slots=True)
class Crc:
    """A CRC as a Digest: `width` bytes, most significant first. `extend` is the CRC of more data after that of some."""

    extend: Callable[[BodyPiece, int], int]
    width: int = 4
    value: int = 0

    def update(self, data: BodyPiece) -> None:
        self.value = self.extend(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(self.width, "big")

    def copy(self) -> "Crc":
        return Crc(self.extend, self.width, self.value)


class Checksum:
    """One kind of checksum: `header` carries its value, `algorithm` names it in headers and `element` in XML, which
    know nothing of MD5.
    """

    def __init__(self, name: str, new: Callable[[], Digest]) -> None:
        self.header = f"x-amz-checksum-{name}" if name != "md5" else "Content-MD5"
        self.algorithm = name.upper() if name != "md5" else None
        self.element = f"Checksum{name.upper()}" if name != "md5" else None
        self.new = new

    def of(self, data: bytes) -> str:
        """The value of the header for these bytes."""
        digest = self.new()
        digest.update(data)
        return encoded(digest)


def make_checksum(name: ChecksumName) -> Checksum | None:
    """The checksum of this name, None for "none". Raises UsageError where a library for it is missing."""
    match name:
        case "crc32":
            return Checksum(name, lambda: Crc(zlib.crc32))
        case "crc32c":
            extend = _crc32c()
            return Checksum(name, lambda: Crc(extend))
        case "crc64nvme":
            extend = _crc64nvme()
            return Checksum(name, lambda: Crc(extend, 8))
        case "sha1":
            return Checksum(name, partial(sha1, usedforsecurity=False))
        case "sha256":
            return Checksum(name, sha256)
        case "md5":
            return Checksum(name, partial(md5, usedforsecurity=False))
        case "none":
            return None


def encoded(digest: Digest) -> str:
    """A checksum as headers and XML have it: base64."""
    return b64encode(digest.digest()).decode()


def _crc64nvme() -> Callable[[BodyPiece, int], int]:
    try:
        from awscrt.checksums import crc64nvme
    except ImportError:
        raise UsageError("--checksum crc64nvme needs a library: pip install awscrt, or take crc32") from None
    return lambda data, value: int(crc64nvme(data, value))


def _crc32c() -> Callable[[BodyPiece, int], int]:
    try:
        from google_crc32c import extend, implementation
    except ImportError:
        raise UsageError("--checksum crc32c needs a library: pip install 'loadgen[s3]', or take crc32") from None
    if implementation == "python":
        raise UsageError("--checksum crc32c: google-crc32c has no compiled code here and would be slow; take crc32")
    return lambda data, value: extend(value, bytes(data))  # it takes nothing else
