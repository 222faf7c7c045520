"""The operations of S3, and what all requests of one have in common."""

from enum import StrEnum

from loadgen.base.exchange import Fields, Request
from loadgen.workloads.s3.expect import ERROR_BYTES, S3Expect

PAGE_BYTES = 8 << 20
_AFTER_BLANKS_BYTES = 65536
_ANY = S3Expect()
_PERHAPS_ERROR = S3Expect(maybe_error=True)


class Operation(StrEnum):
    """Every kind of request; the value is its name in a report."""

    PUT = "put"
    GET = "get"
    GET_RANGE = "get-range"
    STAT = "stat"
    LIST = "list"
    DELETE = "delete"
    DELETE_MANY = "delete-many"
    COPY = "copy"
    CREATE_MULTIPART = "create-multipart"
    PUT_PART = "put-part"
    LIST_PARTS = "list-parts"
    COMPLETE_MULTIPART = "complete-multipart"
    ABORT_MULTIPART = "abort-multipart"
    CREATE_BUCKET = "create-bucket"
    STAT_BUCKET = "stat-bucket"
    LIST_UPLOADS = "list-uploads"


_SHAPES = {
    Operation.PUT: ("PUT", ERROR_BYTES, _ANY),
    Operation.GET: ("GET", ERROR_BYTES, _ANY),
    Operation.GET_RANGE: ("GET", ERROR_BYTES, _ANY),
    Operation.STAT: ("HEAD", ERROR_BYTES, _ANY),
    Operation.LIST: ("GET", PAGE_BYTES, _ANY),
    Operation.DELETE: ("DELETE", ERROR_BYTES, _ANY),
    Operation.DELETE_MANY: ("POST", PAGE_BYTES, _PERHAPS_ERROR),
    Operation.COPY: ("PUT", _AFTER_BLANKS_BYTES, _PERHAPS_ERROR),
    Operation.CREATE_MULTIPART: ("POST", _AFTER_BLANKS_BYTES, _ANY),
    Operation.PUT_PART: ("PUT", ERROR_BYTES, _ANY),
    Operation.LIST_PARTS: ("GET", PAGE_BYTES, _ANY),
    Operation.COMPLETE_MULTIPART: ("POST", _AFTER_BLANKS_BYTES, _PERHAPS_ERROR),
    Operation.ABORT_MULTIPART: ("DELETE", ERROR_BYTES, _ANY),
    Operation.CREATE_BUCKET: ("PUT", ERROR_BYTES, _ANY),
    Operation.STAT_BUCKET: ("HEAD", ERROR_BYTES, _ANY),
    Operation.LIST_UPLOADS: ("GET", PAGE_BYTES, _ANY),
}
"""Method, how much of the reply is kept, and what is a good one."""


def make_model(operation: Operation, name_id: int) -> Request:
    """What all requests of an operation have in common. Their replies may differ in length, so none is remembered."""
    method, keep, expect = _SHAPES[operation]
    return Request(name_id, method, "/", Fields(()), expect=expect, keep=keep)
