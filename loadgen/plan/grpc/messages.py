"""The messages of one method: JSON to bytes, and bytes to what JSON would hold."""

import json
from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError, Message

from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec

PREFIX_BYTES = 5
"""Of each message: whether it is compressed, and its length in four bytes."""


class Messages:
    """Of one method. A body is any number of messages, each with its prefix; `streams`: more than one may answer."""

    def __init__(self, spec: GrpcSpec) -> None:
        pool = pool_of(spec.types)
        service, _, name = spec.method.rpartition("/")
        self.streams: bool = pool.FindServiceByName(service).FindMethodByName(name).server_streaming
        self._asks = message_factory.GetMessageClass(pool.FindMessageTypeByName(spec.asks))
        self._answers = message_factory.GetMessageClass(pool.FindMessageTypeByName(spec.answers))

    def encode(self, message: Any) -> bytes:
        """A body of one message. Raises GrpcError for what the type does not have."""
        made = self._asks()
        try:
            json_format.ParseDict(message if message is not None else {}, made)
        except (json_format.ParseError, TypeError, AttributeError) as error:
            raise GrpcError(f"message: {' '.join(str(error).split())}") from None
        data = made.SerializeToString()
        return b"\0" + len(data).to_bytes(4, "big") + data

    def encode_json(self, text: bytes) -> bytes:
        """The same of JSON."""
        try:
            message = json.loads(text)
        except ValueError as error:
            raise GrpcError(f"message: expected JSON: {error}") from None
        return self.encode(message)

    def decode(self, body: bytes) -> list[Any]:
        """The whole messages of an answer, by the names in the .proto. Raises GrpcError for other bytes."""
        return self._decoded(self._answers, body)

    def asked(self, body: bytes) -> list[Any]:
        """The same of what is sent."""
        return self._decoded(self._asks, body)

    def _decoded(self, kind: type[Message], body: bytes) -> list[Any]:
        found, at = [], 0
        while len(body) - at >= PREFIX_BYTES:
            start = at + PREFIX_BYTES
            at = start + int.from_bytes(body[at + 1 : start], "big")
            if at > len(body):
                break
            try:
                message = kind.FromString(body[start:at])
            except DecodeError:
                raise GrpcError("the answer is no message of its type") from None
            found.append(json_format.MessageToDict(message, preserving_proto_field_name=True))
        return found


@lru_cache(maxsize=64)
def messages_of(spec: GrpcSpec) -> Messages:
    """Those of a method; made once for each."""
    return Messages(spec)


def pool_of(types: bytes) -> descriptor_pool.DescriptorPool:
    """All descriptors of a set. Raises GrpcError, with the name of a file that something of it lacks."""
    pool = descriptor_pool.DescriptorPool()
    for item in files_of(types):
        try:
            pool.Add(item)
        except (TypeError, KeyError):
            raise GrpcError(f"lacks what {item.name} imports") from None
    return pool


def files_of(types: bytes) -> list[descriptor_pb2.FileDescriptorProto]:
    """The files of a descriptor set. Raises GrpcError for what is none."""
    files = descriptor_pb2.FileDescriptorSet()
    try:
        files.ParseFromString(types)
    except DecodeError:
        raise GrpcError("expected a .proto, or a descriptor set as protoc writes it") from None
    return list(files.file)
