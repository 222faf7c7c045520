"""The `grpc` of a request in a profile: its method and its message become a path and a body."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from loadgen.base.imported import imported
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec
from loadgen.plan.jobs.http import Variable
from loadgen.plan.places import PLACE
from loadgen.plan.problems import Places, Problem, Where
from loadgen.plan.profiles.request_profile import GrpcProfile

NEEDS_EXTRA = "needs the extra grpc: pip install 'loadgen[grpc]'"
_LEFT_OUT = object()
_UUID = "00000000-0000-4000-8000-000000000000"  # and much the same for a traceparent


def grpc_call(
    grpc: GrpcProfile, text: bytes, where: Where, places: Places, changing: Sequence[Variable]
) -> tuple[GrpcSpec, bytes, list[Problem]]:
    """The call and its body: the message as bytes, or as JSON (`text`) where it has places, or its type is not known.

    `changing` are the variables that are new in every message; each of their values must fit.
    """
    unknown = GrpcSpec(grpc.method)
    if not grpc.method:
        return unknown, text, [Problem((*where, "method"), "expected a method, such as package.Service/Method")]
    if grpc.reflection == (grpc.file is not None):
        said = "expected a file (.proto or descriptor set), or reflection: true to ask the server"
        return unknown, text, [Problem(where, said)]
    if grpc.file is None:
        return unknown, text, []
    try:
        folders = tuple(str(places.file((*where, "folders"), folder)) for folder in grpc.folders)
        file = str(places.file((*where, "file"), grpc.file))
        call: GrpcSpec = imported("loadgen.plan.grpc.services", "method_of")(file, grpc.method, folders)
        messages = imported("loadgen.plan.grpc.messages", "messages_of")(call)
    except ImportError:
        return unknown, text, [Problem(where, NEEDS_EXTRA)]
    except OSError as error:
        said = f"cannot read {grpc.file!r}: {error.strerror or error}"
        return unknown, text, [Problem((*where, "file"), said)]
    except GrpcError as error:
        return unknown, text, [Problem(where, str(error))]
    try:
        if b"${" not in text:
            return call, messages.encode_json(text), []
        for message in _samples(json.loads(json.dumps(grpc.message)), changing):
            messages.encode(message)
    except GrpcError as error:
        return call, text, [Problem((*where, "message"), str(error).removeprefix("message: "))]
    return call, text, []


def _samples(message: Any, changing: Sequence[Variable]) -> Iterator[Any]:
    """The message with the values that variables may have; without those that are found out while it runs."""
    values = [variable.values or (_UUID,) for variable in changing]
    for turn in range(max(map(len, values), default=1)):
        known = {variable.name: str(v[turn % len(v)]) for variable, v in zip(changing, values, strict=True)}
        yield _filled(message, known)


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        filled = {key: _filled(item, known) for key, item in value.items()}
        return {key: None if item is _LEFT_OUT else item for key, item in filled.items()}
    if isinstance(value, list):
        return [item for item in (_filled(item, known) for item in value) if item is not _LEFT_OUT]
    if not isinstance(value, str) or any(place[1] not in known for place in PLACE.finditer(value)):
        return _LEFT_OUT if isinstance(value, str) else value
    return PLACE.sub(lambda place: known[place[1]], value)
