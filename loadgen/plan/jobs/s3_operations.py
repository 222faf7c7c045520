"""The operations of S3, a row each. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html"""

from enum import StrEnum

ERROR_BYTES = 2048
"""What is kept of a reply: an error document with its message and its ids fits."""
AFTER_BLANKS_BYTES = 65536
"""The same where a store sends blanks to keep the connection alive before the document that says how it ended."""
PAGE_BYTES = 8 << 20
"""A page of 1000 keys, each of 1024 bytes that are all percent-encoded, with 1 KiB about each, takes 4 MiB."""


class Operation(StrEnum):
    """Every kind of request: the value is its name in a report.

    `keep` is how much of the reply's body is kept; `maybe_error` says that a reply with status 200 may hold an error.
    """

    method: str
    keep: int
    maybe_error: bool

    def __new__(cls, name: str, method: str = "", keep: int = ERROR_BYTES, maybe_error: bool = False) -> "Operation":
        operation = str.__new__(cls, name)
        operation._value_ = name
        operation.method, operation.keep, operation.maybe_error = method, keep, maybe_error
        return operation

    PUT = "put", "PUT"
    APPEND = "append", "PUT"
    GET = "get", "GET"
    GET_RANGE = "get-range", "GET"
    STAT = "stat", "HEAD"
    GET_TAGS = "get-tags", "GET", AFTER_BLANKS_BYTES
    GET_ACL = "get-acl", "GET", AFTER_BLANKS_BYTES
    LIST = "list", "GET", PAGE_BYTES
    DELETE = "delete", "DELETE"
    DELETE_MANY = "delete-many", "POST", PAGE_BYTES, True
    COPY = "copy", "PUT", AFTER_BLANKS_BYTES, True
    CREATE_MULTIPART = "create-multipart", "POST", AFTER_BLANKS_BYTES
    PUT_PART = "put-part", "PUT"
    COMPLETE_MULTIPART = "complete-multipart", "POST", AFTER_BLANKS_BYTES, True
    ABORT_MULTIPART = "abort-multipart", "DELETE"
    CREATE_BUCKET = "create-bucket", "PUT"
    LIST_UPLOADS = "list-uploads", "GET", PAGE_BYTES
    GET_VERSIONING = "get-versioning", "GET"
    LIST_VERSIONS = "list-versions", "GET", PAGE_BYTES
