"""What every driver does with a complete reply: judge it, and report it where it is bad."""

from typing import Protocol, TypeVar

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request, RequestGroup
from loadgen.base.reply import Reply
from loadgen.guard.breaker import Breaker


class Samples(Protocol):
    """Where the replies of one name, status and verdict go."""

    samples: list[int]
    error: ErrorClass | None


R_co = TypeVar("R_co", bound=Samples, covariant=True)


class Notes(Protocol[R_co]):
    """Where a driver writes: the worker's recorder, or the buffer of one of its users."""

    def replies(self, name_id: int, status: int, error: ErrorClass | None, group: RequestGroup | None) -> R_co:
        """Where replies of this kind go."""

    def note_code(self, name_id: int, code: str) -> None:
        """Count an error code of the application."""

    def note_example(self, name_id: int, error: ErrorClass, detail: str, head: bytes) -> None:
        """Keep the first example of a bad reply."""

    def note_parts(self, name_id: int, first_ns: int, gaps_ns: list[int]) -> None:
        """Keep the times to the first part of a good reply, and between its parts."""

    def note_redirect(self, name_id: int, head: bytes) -> None:
        """Keep the first Location of a good reply."""

    def note_first(self, name_id: int, reply: Reply) -> None:
        """Keep what the first reply is like."""


def judge(request: Request, reply: Reply, notes: Notes[R_co], breaker: Breaker, now: int, took_ns: int) -> R_co:
    """Where a reply goes, with its `error`; the caller adds the sample. What explains it is noted before the first."""
    expect, name_id = request.expect, request.name_id
    error = expect.judge(reply, took_ns)
    replies = notes.replies(name_id, reply.status, error, request.group)
    if error is not None:
        code = expect.code_of(reply)
        if code:
            notes.note_code(name_id, code)
        if not replies.samples:
            detail = expect.explain(reply, error, code, took_ns) + expect.details(code, reply.kept)
            notes.note_example(name_id, error, detail, reply.head)
        breaker.failed(now)
    elif request.sink is not None and (times := _times_of(request)) is not None:
        notes.note_parts(name_id, *times)
    elif reply.status // 100 == 3 and not replies.samples:
        notes.note_redirect(name_id, reply.head)
    if not replies.samples:
        notes.note_first(name_id, reply)
    return replies


def _times_of(request: Request) -> tuple[int, list[int]] | None:
    """Of the parts of a reply, where its request's sink times them."""
    first_ns: int | None = getattr(request.sink, "first_ns", None)
    return None if first_ns is None else (first_ns, request.sink.gaps_ns)  # type: ignore[union-attr]


GIVEN_UP = "given up by the scenario's own timeout"
"""The detail of what has failed so."""


def class_of(error: ErrorClass, request: Request, detail: str) -> ErrorClass:
    """A failure's class: a stream that had begun is not late, it stalls, if nobody gave it up."""
    if error is ErrorClass.TIMEOUT and detail != GIVEN_UP and getattr(request.sink, "first_ns", None) is not None:
        return ErrorClass.STREAM_STALLED
    return error
