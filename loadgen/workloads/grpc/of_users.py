"""A gRPC call of a user's in Python."""

from collections.abc import Mapping
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.plan.jobs.grpc import GrpcExpect
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.headers import UserHeaders
from loadgen.workloads.scenario.sending.requests import RequestMaker
from loadgen.workloads.scenario.sending.user_request import UserRequest

_OPTIONS = {"name", "headers", "needed", "deadline"}
_EXPECT = GrpcExpect(((200, 200),))


def call_request(
    maker: RequestMaker,
    journey: str,
    headers: UserHeaders,
    file: str,
    method: str,
    message: Any,
    options: Mapping[str, Any],
) -> UserRequest:
    """The request of a call. Raises UsageError, TypeError or ValueError for one that cannot be made."""
    unknown = options.keys() - _OPTIONS
    if unknown:
        raise TypeError(f"a call has no option {sorted(unknown)[0]!r}; it has {', '.join(sorted(_OPTIONS))}")
    if maker.folder is None:
        raise UsageError("user.grpc needs HTTP/2: add --http 2, or http: 2 in the profile")
    try:
        call: GrpcSpec = imported("loadgen.plan.grpc.services", "method_of")(str(maker.folder / file), method)
        body = imported("loadgen.plan.grpc.messages", "messages_of")(call).encode(message)
    except ImportError:
        raise UsageError("user.grpc needs the extra grpc: pip install 'loadgen[grpc]'") from None
    except OSError as error:
        raise UsageError(f"user.grpc: cannot read {file!r}: {error.strerror or error}") from None
    except GrpcError as error:
        raise UsageError(f"user.grpc {method}: {error}") from None
    own = [(str(name), str(value)) for name, value in dict(options.get("headers") or {}).items()]
    own += [("Content-Type", "application/grpc"), ("TE", "trailers")]
    if (deadline := options.get("deadline")) is not None:
        own.append(("grpc-timeout", f"{max(1, round(deadline * 1000))}m"))
    recipe = maker.recipe(journey, "POST", f"/{call.method}", options.get("name") or call.method, _EXPECT)
    if recipe.group.reply_class is Reply:
        recipe.group.reply_class = imported("loadgen.workloads.grpc.calls", "reply_class")(call)
    replaced = {name.lower() for name, _ in own}
    block = headers.without(replaced) + "".join(f"{name}: {value}\r\n" for name, value in own)
    return maker.request(recipe, f"/{call.method}", block, tuple(own), body, None, None)
