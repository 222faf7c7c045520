"""What a server is asked for the types of a method, and what it answers (grpc/reflection/v1/reflection.proto)."""

from collections.abc import Callable, Iterator

from google.protobuf import descriptor_pb2

from loadgen.plan.grpc.services import method_in, only_one
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec

PATHS = ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
         "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")  # fmt: skip
_BY_FILE, _BY_SYMBOL, _LIST = 3, 4, 7  # of a request, all texts
_FILES, _SERVICES, _ERROR = 4, 6, 7  # of an answer
_MOST_FILES = 1000

Ask = Callable[[bytes], bytes]
"""Sends a request, and gives the answer. Raises GrpcError."""


def reflected(ask: Ask, method: str) -> GrpcSpec:
    """A method of the server's, with its types. Raises GrpcError."""
    services = [text.decode() for item in _fields(_asked(ask, _LIST, "*"), _SERVICES) for text in _fields(item, 1)
                for text in _fields(text, 1)]  # fmt: skip
    service, _, name = method.rpartition("/")
    if service:
        services = [only_one(service, services)]
    files: dict[str, bytes] = {}
    for found in services:
        _add(files, _asked(ask, _BY_SYMBOL, found))
    while missing := _missing(files):
        _add(files, _asked(ask, _BY_FILE, missing))
        if missing not in files or len(files) > _MOST_FILES:
            raise GrpcError(f"reflection: the server does not give {missing}")
    ordered = descriptor_pb2.FileDescriptorSet(file=_in_order(files))
    return method_in(ordered.SerializeToString(), f"{services[0]}/{name}" if service else method)


def _asked(ask: Ask, number: int, text: str) -> bytes:
    data = text.encode()
    answer = ask(bytes((number << 3 | 2,)) + _varint(len(data)) + data)
    for error in _fields(answer, _ERROR):
        said = b" ".join(_fields(error, 2)).decode("utf-8", "replace")
        raise GrpcError(f"reflection: {text}: {said or 'the server has none'}")
    return answer


def _add(files: dict[str, bytes], answer: bytes) -> None:
    for item in _fields(answer, _FILES):
        for data in _fields(item, 1):
            files[descriptor_pb2.FileDescriptorProto.FromString(data).name] = data


def _missing(files: dict[str, bytes]) -> str | None:
    """A file that another imports, and that is not there yet."""
    for data in files.values():
        for name in descriptor_pb2.FileDescriptorProto.FromString(data).dependency:
            if name not in files:
                return name
    return None


def _in_order(files: dict[str, bytes]) -> Iterator[descriptor_pb2.FileDescriptorProto]:
    """Each after what it imports."""
    left = {name: descriptor_pb2.FileDescriptorProto.FromString(data) for name, data in files.items()}
    while left:
        ready = [name for name, item in left.items() if not left.keys() & {*item.dependency}]
        if not ready:
            raise GrpcError("reflection: the server's files import each other")
        for name in ready:
            yield left.pop(name)


def _fields(data: bytes, wanted: int) -> Iterator[bytes]:
    """The texts and messages of that number in a message. Raises GrpcError for what is none."""
    at = 0
    try:
        while at < len(data):
            key, at = _read_varint(data, at)
            if key & 7 == 2:
                size, at = _read_varint(data, at)
                if key >> 3 == wanted:
                    yield data[at : at + size]
                at += size
            elif key & 7 == 0:
                _, at = _read_varint(data, at)
            else:
                at += {1: 8, 5: 4}[key & 7]
    except (IndexError, KeyError):
        raise GrpcError("reflection: the answer is no message") from None


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
