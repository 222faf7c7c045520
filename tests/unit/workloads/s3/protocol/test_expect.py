import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.workloads.s3.protocol.documents import S3Expect

ERROR = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"


@pytest.mark.parametrize(
    ("expect", "reply", "verdict"),
    [
        (S3Expect(), (200, 0, b""), None),
        (S3Expect(), (204, 0, b""), None),
        (S3Expect(), (301, 0, b""), ErrorClass.UNEXPECTED_STATUS),
        (S3Expect(), (404, 9, ERROR), ErrorClass.UNEXPECTED_STATUS),
        (S3Expect(), (200, 9, ERROR), None),  # an object may hold what looks like one
        (S3Expect(length=5), (200, 5, b"x"), None),
        (S3Expect(length=5), (200, 4, b"x"), ErrorClass.UNEXPECTED_LENGTH),
        (S3Expect(((206, 206),), length=5), (200, 5, b"x"), ErrorClass.UNEXPECTED_STATUS),
        (S3Expect(maybe_error=True), (200, 9, b"<CopyObjectResult/>"), None),
        (S3Expect(maybe_error=True), (200, 9, b"  \n" + ERROR), ErrorClass.UNEXPECTED_BODY),
        (S3Expect(maybe_error=True), (503, 9, ERROR), ErrorClass.UNEXPECTED_STATUS),
    ],
)
def test_what_is_a_good_reply(expect, reply, verdict):
    assert expect.verdict(*reply) is verdict


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (500, ERROR, "status 500, InternalError"),
        (400, b"<Error><Message>no code</Message></Error>", "status 400"),
        (404, b"", "status 404"),
        (502, b"<html>Bad Gateway</html>", "status 502"),
    ],
)
def test_what_a_bad_reply_says(status, body, text):
    assert S3Expect().describe(status, S3Expect().code(body)) == text
