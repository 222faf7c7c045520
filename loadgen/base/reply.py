"""A reply of the target, and what makes it a good one."""

from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.error_class import ErrorClass
from loadgen.base.units import counted

_SHOWN_BYTES = 60


@dataclass(slots=True)
class Reply:
    """A complete reply. `wire_length` counts every byte from the status line on; `head` are the first of them
    but for those of interim replies, up to 4096. That of replies which say the same in other words has the `head` of
    one of them, and nothing `kept`.
    """

    status: int
    body_length: int
    wire_length: int
    kept: bytes = b""
    head: bytes = b""
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """What else a reply is to have: a value of JSON at the path `where`, a header of that name, a match of a regular
    expression in its body, or a body of that SHA-256. `wanted` is the value, for `json` as JSON; None: any is good.
    With `regex` a header is to match it.
    """

    kind: Literal["json", "header", "regex", "sha256"]
    where: str = ""
    wanted: str | None = None
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """What is a good reply. Statuses are inclusive ranges; `body_contains` is looked for in the first MiB.

    With `decoded`, body and length are what the Content-Encoding hides, of the first MiB that comes of that. `checks`
    and `within_s`, the time that it may take, are looked at by a kind of its own, in the workloads.
    """

    statuses: tuple[tuple[int, int], ...] = ((200, 399),)
    body_contains: bytes | None = None
    length: int | None = None
    decoded: bool = False
    checks: tuple[Check, ...] = ()
    within_s: float | None = None

    def judge(self, reply: Reply, took_ns: int = 0) -> ErrorClass | None:
        """None for a good reply, which took so long, else what is wrong with it."""
        del took_ns
        body_length, kept = reply.body_length, reply.kept
        if self.decoded and b"encoding:" in reply.head.lower():
            from loadgen.base.decoding import DecodingError, decoded_body

            try:
                kept = decoded_body(reply.head, kept)
            except DecodingError:
                return ErrorClass.UNDECODABLE
            if kept is not reply.kept:
                body_length = len(kept)
        return self.verdict(reply.status, body_length, kept)

    def explain(self, reply: Reply, error: ErrorClass, code: str, took_ns: int = 0) -> str:
        """What is wrong with a bad reply, and what was found instead, on one line."""
        del took_ns
        if error is ErrorClass.UNEXPECTED_LENGTH and self.length is not None and not code and not self.decoded:
            return f"a body of {counted(reply.body_length, 'byte')}, expected {self.length}"
        if error is ErrorClass.UNEXPECTED_BODY and self.body_contains is not None and not code:
            encoded = b"content-encoding:" in reply.head.lower()
            begins = "" if encoded else f": it begins {reply.kept[:_SHOWN_BYTES].decode('utf-8', 'replace')!r}"
            there = begins if reply.body_length else ": it is empty"
            return f"the body lacks {self.body_contains[:_SHOWN_BYTES].decode('utf-8', 'replace')!r}{there}"
        return error.text if error is ErrorClass.UNDECODABLE else self.describe(reply.status, code)

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """The same of its parts. `kept` are the first bytes of the body."""
        for low, high in self.statuses:
            if low <= status <= high:
                break
        else:
            return ErrorClass.UNEXPECTED_STATUS
        if self.length is not None and body_length != self.length:
            return ErrorClass.UNEXPECTED_LENGTH
        if self.body_contains is not None and self.body_contains not in kept:
            return ErrorClass.UNEXPECTED_BODY
        return None

    @property
    def reads_body(self) -> bool:
        """Whether it takes more than its status and its length to call a reply good."""
        return self.searches or self.within_s is not None

    @property
    def searches(self) -> bool:
        """Whether the body itself is to be kept for it."""
        return self.body_contains is not None or bool(self.checks) or (self.decoded and self.length is not None)

    def code(self, kept: bytes) -> str:
        """The application's own name for what is wrong with a bad reply, where its protocol has one."""
        del kept
        return ""

    def code_of(self, reply: Reply) -> str:
        """The same, also of its head."""
        return self.code(reply.kept)

    def describe(self, status: int, code: str) -> str:
        """What is wrong with a bad reply, on one line."""
        return f"status {status}, {code}" if code else f"status {status}"

    def details(self, code: str, kept: bytes) -> str:
        """What else a bad reply with this code says, to be put behind that."""
        del code, kept
        return ""
