"""What a Content-Encoding hides, taken out with a bound: a few kilobytes can be told to become gigabytes."""

import importlib
import importlib.util
import re
import zlib
from collections.abc import Callable

from loadgen.base.errors import UsageError

_ENCODING = re.compile(rb"\ncontent-encoding:[ \t]*([^\r\n]*)", re.IGNORECASE)
MOST_DECODED_BYTES = 64 << 20
_MOST_CODINGS = 4
_MOST_MEMBERS = 1000
_PIECE_BYTES = 1 << 17

Decode = Callable[[bytes, int], bytes]
"""Decodes what there is of a body, up to so many bytes and one more. Raises any Exception for what is broken."""


class DecodingError(ValueError):
    """A body that does not hold what its Content-Encoding says, or more than is taken."""


def accepted_codings() -> str:
    """An Accept-Encoding of all that can be decoded here."""
    packages = {"br": "brotli", "zstd": "zstandard"}
    return ", ".join(["gzip", *(coding for coding, name in packages.items() if importlib.util.find_spec(name))])


def decoded_body(head: bytes, body: bytes) -> bytes:
    """The body of a reply that begins with `head`, which may hold some of it. Raises DecodingError."""
    found = _ENCODING.search(head.partition(b"\r\n\r\n")[0] + b"\r\n")
    if found is None or not body:
        return body
    try:
        return decode_content(body, found[1].decode("latin-1"))
    except UsageError as error:
        raise DecodingError(str(error)) from None


def decode_content(body: bytes, codings: str) -> bytes:
    """The body without the encodings of a Content-Encoding field, the last of which was put on last.

    A body that breaks off gives what could be decoded; encodings that nobody knows leave it as it is, as in browsers.
    Raises DecodingError for one that is broken or has more than MOST_DECODED_BYTES in it, and UsageError where a
    package is missing.
    """
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(names) > _MOST_CODINGS:
        raise DecodingError(f"Content-Encoding {codings!r}: more than {_MOST_CODINGS} encodings")
    for name in reversed(names):
        body = _decoded(body, name)
    return body


def _decoded(body: bytes, name: str) -> bytes:
    match name.removeprefix("x-"):
        case "gzip":
            decode: Decode = _gzip
        case "deflate":
            decode = _deflate
        case "br":
            decode = _brotli()
        case "zstd":
            decode = _zstd()
        case _:
            return body
    try:
        data = decode(body, MOST_DECODED_BYTES)
    except Exception as error:
        raise DecodingError(f"Content-Encoding {name}: the body cannot be decoded: {error}") from error
    if len(data) > MOST_DECODED_BYTES:
        raise DecodingError(f"Content-Encoding {name}: the body has more than {MOST_DECODED_BYTES >> 20} MiB in it")
    return data


def _gzip(body: bytes, most: int) -> bytes:
    """All members of a gzip file; what comes after the last is left out, as in gzip itself."""
    data, pieces = body, list[bytes]()
    while data and most >= 0:
        if len(pieces) == _MOST_MEMBERS:
            raise ValueError(f"more than {_MOST_MEMBERS} members")
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            pieces.append(inflate.decompress(data, most + 1))
        except zlib.error:
            if not pieces:
                raise
            break
        most -= len(pieces[-1])
        data = inflate.unused_data
    return b"".join(pieces)


def _deflate(body: bytes, most: int) -> bytes:
    """In a zlib wrapper, as the standard says, or without one, as some servers send it."""
    try:
        return zlib.decompressobj().decompress(body, most + 1)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, most + 1)


def _brotli() -> Decode:
    brotli = _package("brotli", "br")

    def decode(body: bytes, most: int) -> bytes:
        decompressor = brotli.Decompressor()
        data = decompressor.process(body, output_buffer_limit=most + 1)
        pieces, size = [data], len(data)
        while data and size <= most and not decompressor.can_accept_more_data():
            data = decompressor.process(b"", output_buffer_limit=most + 1 - size)
            pieces.append(data)
            size += len(data)
        return b"".join(pieces)

    return decode


def _zstd() -> Decode:
    zstandard = _package("zstandard", "zstd")

    def decode(body: bytes, most: int) -> bytes:
        reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)
        pieces = [b""]
        while most >= 0 and (piece := reader.read(min(_PIECE_BYTES, most + 1))):
            pieces.append(piece)
            most -= len(piece)
        return b"".join(pieces)

    return decode


def _package(name: str, coding: str):  # type: ignore[no-untyped-def]
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            f"a reply is encoded with {coding}, which takes the package {name}: pip install 'loadgen[compress]', "
            f"or leave {coding} out of Accept-Encoding"
        ) from None
