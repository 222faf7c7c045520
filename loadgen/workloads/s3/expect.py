"""What is a good reply of S3, and what a bad one says."""

from dataclasses import dataclass

from loadgen.base.exchange import ErrorClass, Expect
from loadgen.workloads.s3.documents import S3Error, find_error


@dataclass(frozen=True, slots=True)
class S3Expect(Expect):
    """An Expect that knows S3's errors; `maybe_error` says that a reply with status 200 may hold one.

    S3 answers copies and completions with 200 before it knows how they end, and deletes of many objects with the
    errors of some.
    """

    statuses: tuple[tuple[int, int], ...] = ((200, 299),)
    maybe_error: bool = False

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """None for a good reply, else what is wrong with it."""
        problem = Expect.verdict(self, status, body_length, kept)
        if problem is None and self.maybe_error and find_error(kept) is not None:
            return ErrorClass.UNEXPECTED_BODY
        return problem

    @property
    def reads_body(self) -> bool:
        """Whether it takes more than its status and its length to call a reply good."""
        return self.maybe_error or self.body_contains is not None

    def code(self, kept: bytes) -> str:
        """The S3 error code of a bad reply, empty where it has none (a HEAD, a proxy)."""
        found = find_error(kept)
        return found.code if found else ""

    def error(self, status: int, kept: bytes) -> S3Error:
        """What a bad reply says: its S3 error code, or its status where it has none (a HEAD, a proxy)."""
        found = find_error(kept)
        return found if found and found.code else S3Error(f"status {status}", found.message if found else "")
