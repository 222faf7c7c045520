"""The answers of a gRPC server that says what it has (grpc/reflection/v1/reflection.proto)."""

from collections.abc import Mapping

FILE_BY_NAME, FILE_BY_SYMBOL, LIST_SERVICES = 3, 4, 7


def answer(question: bytes, services: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    """What is said to a question; `services` have the names of their files."""
    number, text = question[0] >> 3, question[2:].decode()
    if number == LIST_SERVICES:
        return field(6, b"".join(field(1, field(1, name.encode())) for name in services))
    name = services.get(text, "") if number == FILE_BY_SYMBOL else text
    return field(4, field(1, files[name])) if name in files else field(7, field(2, b"not found"))


def field(number: int, data: bytes) -> bytes:
    """A field of bytes, shorter than 16 KiB, in a message."""
    size = [len(data)] if len(data) < 128 else [len(data) & 127 | 128, len(data) >> 7]
    return bytes((number << 3 | 2, *size)) + data
