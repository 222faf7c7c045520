"""Requests to a store: sending them, and reading them as a store would."""

import re
from typing import Any

from loadgen.base.exchange import Request
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.workloads.s3.protocol.documents import S3Expect
from loadgen.workloads.s3.protocol.endpoint import BucketAddress, find_bucket
from loadgen.workloads.s3.protocol.operations import Operations
from loadgen.workloads.sigv4.credentials import Credentials, Provider
from tests.support.clients import Got, User, endpoint_to
from tests.support.s3_servers import S3Store


def unchunked(sent: bytes) -> tuple[bytes, bytes]:
    """The data of an aws-chunked body, and its trailer."""
    data, left = b"", sent
    while True:
        head, _, left = left.partition(b"\r\n")
        match = re.fullmatch(rb"([0-9a-f]+)(;chunk-signature=[0-9a-f]{64})?", head)
        assert match is not None, head
        length = int(match[1], 16)
        if not length:
            assert left.endswith(b"\r\n")
            return data, left[:-2]
        data += left[:length]
        assert left[length : length + 2] == b"\r\n"
        left = left[length + 2 :]


class Store:
    """A user of one bucket of a store: makes requests and sends them over one connection."""

    def __init__(self, server: S3Store, bucket: str = "photos", kind: str = "blocking") -> None:
        self.server = server
        self.bucket = bucket
        self.address = find_bucket(bucket, endpoint=server.url, environment={})
        self._user = User(kind, endpoint_to(self.address.origin.port), None)

    def operations(self, secret: str | None = None, address: BucketAddress | None = None, **options: Any) -> Operations:
        """Its operations, as they are or with another secret or address; `options` are those of Operations."""
        provider = Provider(Credentials(self.server.key, self.server.secret if secret is None else secret))
        return Operations(address or self.address, provider, dict.fromkeys(Operation, 0), **options)

    def ask(self, request: Request) -> Got:
        """Send a request."""
        return self._user.exchange(request)

    def good(self, request: Request) -> bytes:
        """Send a request whose reply must be good; what was kept of its body."""
        got = self.ask(request)
        assert got.status is not None, got.error
        verdict = request.expect.verdict(got.status, got.length, got.kept)
        assert verdict is None, (verdict, got.status, got.length, got.kept[:200])
        return got.kept

    def code(self, request: Request) -> str:
        """Send a request whose reply must be bad; its S3 error code."""
        got = self.ask(request)
        assert got.status is not None, got.error
        assert isinstance(request.expect, S3Expect)
        assert request.expect.verdict(got.status, got.length, got.kept) is not None, got
        return request.expect.code(got.kept) or f"status {got.status}"

    def close(self) -> None:
        self._user.close()
