"""The methods of services, from a .proto, a descriptor set, or the files that a server names."""

import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from google.protobuf import descriptor_pb2

from loadgen.base.suggest import did_you_mean
from loadgen.plan.grpc.messages import files_of, pool_of
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec

_COMPILER = "a .proto needs the extra grpc: pip install 'loadgen[grpc]'; a descriptor set needs only protobuf"


def method_of(file: str, method: str, folders: tuple[str, ...] = ()) -> GrpcSpec:
    """A method of a .proto, whose imports are looked for beside it and in `folders`, or of a descriptor set (protoc
    --descriptor_set_out --include_imports). `method` is package.Service/Method, or the end of it where that is unique.

    Raises GrpcError, and OSError for a file that cannot be read.
    """
    types = _types(file, folders)
    try:
        return method_in(types, method)
    except GrpcError as error:
        raise GrpcError(str(error) if str(error).startswith("method") else f"{file}: {error}") from None


def method_in(types: bytes, method: str) -> GrpcSpec:
    """The same of a descriptor set."""
    files, pool = files_of(types), pool_of(types)
    services = [f"{item.package}.{service.name}".lstrip(".") for item in files for service in item.service]
    if not services:
        raise GrpcError("has no service")
    known = {f"{service}/{item.name}": item for service in services for item in pool.FindServiceByName(service).methods}
    name = only_one(method, known)
    called = known[name]
    if called.client_streaming:
        raise GrpcError(f"method {method!r}: takes a stream of messages; calls with one message can be made")
    home = called.containing_service.file.name
    return GrpcSpec(name, called.input_type.full_name, called.output_type.full_name, _needed(files, home))


def only_one(method: str, known: Iterable[str]) -> str:
    """The one name that is, or ends with, what was asked for. Raises GrpcError."""
    names = list(known)
    found = [name for name in names if name == method or name.endswith((f".{method}", f"/{method}"))]
    if len(found) != 1:
        what = "several are called so: " + ", ".join(found) if found else f"there is none{did_you_mean(method, names)}"
        raise GrpcError(f"method {method!r}: {what}")
    return found[0]


def _needed(files: list[descriptor_pb2.FileDescriptorProto], name: str) -> bytes:
    """A set of one file and of all that it imports, each after what it imports."""
    by_name = {item.name: item for item in files}
    ordered: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(wanted: str) -> None:
        if wanted not in ordered:
            for other in by_name[wanted].dependency:
                add(other)
            ordered[wanted] = by_name[wanted]

    add(name)
    return descriptor_pb2.FileDescriptorSet(file=ordered.values()).SerializeToString(deterministic=True)


@lru_cache(maxsize=64)
def _types(file: str, folders: tuple[str, ...]) -> bytes:
    if not file.endswith(".proto"):
        return Path(file).read_bytes()
    try:
        from grpc_tools import protoc
    except ImportError:
        raise GrpcError(_COMPILER) from None
    path = Path(file)
    path.stat()
    standard = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        paths = [f"-I{place}" for place in (path.parent, *folders, standard)]
        code = protoc.main(["protoc", *paths, "--include_imports", f"--descriptor_set_out={out}", str(path)])
        if code:
            raise GrpcError("does not compile; see above")
        return out.read_bytes()
