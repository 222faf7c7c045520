"""Calls whose types the server is asked for (gRPC server reflection), before a run."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from loadgen.base.clock import NS_PER_S
from loadgen.base.endpoint import Endpoint
from loadgen.base.errors import UsageError
from loadgen.base.exchange import ConnectionCounts, Fields, Request
from loadgen.base.tls import make_context
from loadgen.clients.endpoint import endpoint_of
from loadgen.clients.http2.blocking import BlockingHttp2Client
from loadgen.plan.grpc.messages import PREFIX_BYTES, messages_of
from loadgen.plan.grpc.reflection import PATHS, reflected
from loadgen.plan.jobs.grpc import GrpcExpect
from loadgen.plan.jobs.grpc_call import GrpcError, GrpcSpec
from loadgen.plan.jobs.http import HttpJob, RequestSpec
from loadgen.plan.jobs.scenario import ScenarioJob, Step
from loadgen.plan.plan import Job, Plan

KEEP_BYTES = 16 << 20
"""Of an answer: descriptors of large services are some hundred kilobytes."""

ASK_S = 10
"""A server that lists its services at once does so within a moment."""


async def with_types(plan: Plan) -> Plan:
    """The same plan with the types of its calls as the server tells them. Raises UsageError."""
    endpoint = await endpoint_of(plan)
    loop = asyncio.get_running_loop()
    job = await loop.run_in_executor(None, lambda: _known(plan.job, _Server(endpoint).known))
    return replace(plan, job=job)


def _known(job: Job, known: Callable[[RequestSpec], RequestSpec]) -> Job:
    def step(one: Step) -> Step:
        request = None if one.request is None else known(one.request)
        return replace(one, request=request, steps=tuple(map(step, one.steps)))

    if isinstance(job, HttpJob):
        return replace(job, requests=tuple(map(known, job.requests)))
    assert isinstance(job, ScenarioJob)
    journeys = tuple(replace(journey, steps=tuple(map(step, journey.steps))) for journey in job.journeys)
    return replace(
        job, journeys=journeys, user_start=tuple(map(step, job.user_start)), user_end=tuple(map(step, job.user_end))
    )


class _Server:
    """Asks on a connection of its own, with the fields of the request that it is asked for."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._found: dict[str, GrpcSpec] = {}

    def known(self, spec: RequestSpec) -> RequestSpec:
        if spec.grpc is None or spec.grpc.types:
            return spec
        try:
            call = self._found.get(spec.grpc.method) or self._asked(spec)
            self._found[spec.grpc.method] = call
            body = spec.body if b"${" in spec.body else messages_of(call).encode_json(spec.body)
        except GrpcError as error:
            raise UsageError(f"grpc {spec.grpc.method}: {error}") from None
        return replace(spec, grpc=call, path=f"/{call.method}", body=body)

    def _asked(self, spec: RequestSpec) -> GrpcSpec:
        assert spec.grpc is not None
        endpoint = self._endpoint
        context = make_context(endpoint.tls, ("h2",)) if endpoint.origin.scheme == "https" else None
        client = BlockingHttp2Client(endpoint, context, ConnectionCounts())
        problem = ""
        try:
            for path in PATHS:
                try:
                    return reflected(partial(_answer, client, spec, path), spec.grpc.method)
                except _UnknownServiceError as error:
                    problem = str(error)
            raise GrpcError(f"the server has no reflection ({problem}): give file: a .proto or descriptor set")
        finally:
            client.drop()


class _UnknownServiceError(Exception):
    """The server does not have reflection under this name."""


def _answer(client: BlockingHttp2Client, spec: RequestSpec, path: str, data: bytes) -> bytes:
    body = b"\0" + len(data).to_bytes(4, "big") + data
    expect = GrpcExpect(((200, 200),))
    request = Request(
        0, "POST", path, Fields(spec.headers), body=body, keep=KEEP_BYTES, expect=expect, timeout_ns=ASK_S * NS_PER_S
    )
    exchange = client.exchange(request)
    try:
        exchange.send(None)
    except StopIteration as done:
        outcome = done.value
    reply = outcome.reply
    if reply is None:
        raise GrpcError(outcome.detail or outcome.error.text)
    if expect.judge(reply) is not None:
        said = expect.describe(reply.status, expect.code_of(reply))
        if reply.status == 404 or expect.code_of(reply) == "UNIMPLEMENTED":
            raise _UnknownServiceError(said)
        raise GrpcError(f"reflection: {said}")
    answer: bytes = reply.kept[PREFIX_BYTES:]
    return answer
