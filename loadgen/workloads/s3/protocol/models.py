"""What all requests of an operation have in common, and what a good reply to each tells."""

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Fields, Request
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.s3.protocol.about_objects import tells_tags
from loadgen.workloads.s3.protocol.documents import S3Expect, TellingExpect, read_upload_id

_TELLING = {
    Operation.GET_TAGS: TellingExpect(tells=tells_tags, what="tags"),
    Operation.CREATE_MULTIPART: TellingExpect(tells=read_upload_id, what="upload id"),
    Operation.COMPLETE_MULTIPART: TellingExpect(maybe_error=True, what="object that was put together"),
    Operation.COPY: TellingExpect(maybe_error=True, what="copy that was made"),
}
"""S3 says what came of them in the document alone."""


_WAITING = Fields((("Expect", "100-continue"),))
"""Not signed: whoever stands between may take it off."""


def make_model(operation: Operation, name_id: int, origin: Origin | None, *, waits: bool = False) -> Request:
    """What all requests of an operation have in common. Their replies may differ in length, so none is remembered.

    `waits`: bodies of objects and parts go out when the store asks for them.
    """
    fields = _WAITING if waits and operation in (Operation.PUT, Operation.PUT_PART, Operation.APPEND) else Fields(())
    expect = _TELLING.get(operation) or S3Expect(maybe_error=operation.maybe_error)
    return Request(name_id, operation.method, "/", fields, expect=expect, keep=operation.keep, origin=origin)
