"""gRPC calls of a profile: a method and a message in JSON become a path and bytes. Needs the extra `grpc`."""

import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from loadgen.base.suggest import did_you_mean

_EXTRA = "needs the extra grpc: pip install 'loadgen[grpc]'"


class GrpcError(Exception):
    """The call cannot be made; its text says why."""


def call_of(file: str, method: str, message: Any, folders: Sequence[str] = ()) -> tuple[str, bytes]:
    """The path of a call and its body: one message with its five bytes before it.

    `file` is a .proto, whose imports are looked for beside it and in `folders`, or a descriptor set (protoc
    --descriptor_set_out --include_imports). `method` is package.Service/Method, or the end of it where that is unique.
    Raises GrpcError.
    """
    try:
        from google.protobuf import json_format, message_factory
    except ImportError:
        raise GrpcError(_EXTRA) from None
    pool, services = _descriptors(file, tuple(folders))
    known = {f"{service}/{item.name}": item for service in services for item in pool.FindServiceByName(service).methods}
    found = [name for name in known if name == method or name.endswith((f".{method}", f"/{method}"))]
    if len(found) != 1:
        what = "several are called so: " + ", ".join(found) if found else f"there is none{did_you_mean(method, known)}"
        raise GrpcError(f"method {method!r}: {what}")
    called = known[found[0]]
    if called.client_streaming:
        raise GrpcError(f"method {method!r}: takes a stream of messages; calls with one message can be made")
    made = message_factory.GetMessageClass(called.input_type)()
    try:
        json_format.ParseDict(message if message is not None else {}, made)
    except json_format.ParseError as error:
        raise GrpcError(f"message: {' '.join(str(error).split())}") from None
    data = made.SerializeToString()
    return f"/{found[0]}", b"\0" + len(data).to_bytes(4, "big") + data


@lru_cache(maxsize=64)
def _descriptors(file: str, folders: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """All descriptors, and the names of the services."""
    from google.protobuf import descriptor_pb2, descriptor_pool
    from google.protobuf.message import DecodeError

    data = _compiled(file, folders) if file.endswith(".proto") else Path(file).read_bytes()
    files = descriptor_pb2.FileDescriptorSet()
    try:
        files.ParseFromString(data)
    except DecodeError:
        raise GrpcError(f"{file}: expected a .proto, or a descriptor set as protoc writes it") from None
    pool = descriptor_pool.DescriptorPool()
    services: list[str] = []
    for item in files.file:
        try:
            pool.Add(item)
        except (TypeError, KeyError):
            raise GrpcError(f"{file}: lacks what {item.name} imports: --include_imports") from None
        services += (f"{item.package}.{service.name}".lstrip(".") for service in item.service)
    if not services:
        raise GrpcError(f"{file}: has no service")
    return pool, tuple(services)


def _compiled(file: str, folders: tuple[str, ...]) -> bytes:
    try:
        from grpc_tools import protoc
    except ImportError:
        raise GrpcError(f"a .proto {_EXTRA}; a descriptor set needs only protobuf") from None
    path = Path(file)
    standard = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        paths = [f"-I{place}" for place in (path.parent, *folders, standard)]
        code = protoc.main(["protoc", *paths, "--include_imports", f"--descriptor_set_out={out}", str(path)])
        if code:
            raise GrpcError(f"{file}: does not compile; see above")
        return out.read_bytes()
