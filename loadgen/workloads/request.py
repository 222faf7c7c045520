"""A request of a job, or what makes one where each is another."""

from collections.abc import Callable
from functools import partial

from loadgen.base.exchange import BodySource, Fields, Request, RequestGroup
from loadgen.base.imported import imported
from loadgen.base.reply import Expect
from loadgen.plan.encodings import in_body, in_url
from loadgen.plan.jobs.http import RequestSpec
from loadgen.workloads.file_body import FileBody
from loadgen.workloads.template import Sources, Template


def make_request(
    name_id: int, spec: RequestSpec, sources: Sources, group: RequestGroup | None = None
) -> Request | Callable[[], Request]:
    """The request, of `group` where others are of it too; or what makes one, where a variable changes each."""
    path = Template(spec.path, sources.at, in_url)
    block = Template("".join(f"{name}: {value}\r\n" for name, value in spec.headers), sources.at)
    body: bytes | BodySource = FileBody(spec.body_file) if spec.body_file else spec.body
    places = spec.body if b"${" in spec.body else b""  # a large body without any is not copied
    text = Template(places.decode("utf-8", "surrogateescape"), sources.at, partial(in_body, spec.body_kind))
    fields = Fields(spec.headers)
    expect = _expected(spec)
    group = group or RequestGroup(repeats=expect.within_s is None)
    model = Request(name_id, spec.method, path.text, fields, body=body, expect=expect, group=group)
    if path.constant and block.constant and text.constant:
        return model

    encode: Callable[[bytes], bytes] = bytes
    if spec.grpc is not None:
        encode = imported("loadgen.plan.grpc.messages", "messages_of")(spec.grpc).encode_json

    def request() -> Request:
        return model.varied(
            path.render(),
            fields if block.constant else fields.with_block(block.render().encode("latin-1")),
            body if text.constant else encode(text.render().encode("utf-8", "surrogateescape")),
        )

    return request


def _expected(spec: RequestSpec) -> Expect:
    """What few plans need is imported for them alone."""
    expect = spec.expect
    if spec.grpc is not None:
        expect = imported("loadgen.plan.jobs.grpc", "GrpcExpect")(expect.statuses)
    elif expect.checks or expect.within_s is not None:
        expect = imported("loadgen.workloads.scenario.replies.expecting", "checked")(expect)
    return expect
