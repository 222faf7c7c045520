"""What a journey is given of a request: one Reply for all that are equal byte for byte."""

from loadgen.base import reply as base
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request, RequestGroup
from loadgen.base.reply import Expect
from loadgen.workloads.scenario.replies.reply import PartedReply, Reply


class AnsweredGroup(RequestGroup):
    """`answer` is that to the last reply, which was `answered`. `example` is one to a reply like `exemplary`. All are
    of the `reply_class`."""

    answer: Reply | None = None
    answered: bytes | None = None
    example: Reply | None = None
    exemplary: base.Reply | None = None
    reply_class: type[Reply] = Reply

    def twin(self, place: int) -> "AnsweredGroup":
        twin = super().twin(place)
        assert isinstance(twin, AnsweredGroup)
        twin.reply_class = self.reply_class
        return twin


def group(expect: Expect | None = None) -> AnsweredGroup:
    """A group whose replies a journey looks at: each of them where it is expected in some time."""
    return AnsweredGroup(repeats=expect is None or expect.within_s is None, keeps_body=True)


def answer_alike(group: AnsweredGroup) -> Reply:
    """The answer to a good reply whose bytes the group has."""
    reply = group.reply
    assert reply is not None
    group.answered = data = group.data
    example = group.example
    if group.exemplary is reply and example is not None:
        answer = example.another(data, group.body_at)
    else:
        answer = group.example = group.reply_class(reply.status, None, data, group.body_at)
        group.exemplary = reply
    group.answer = answer
    return answer


def answer_to(
    request: Request, reply: base.Reply | None, error: ErrorClass | None, detail: str = "", head: bytes = b""
) -> Reply:
    """The answer to a reply that was read, or to what went wrong."""
    group = request.group
    if reply is None or not isinstance(group, AnsweredGroup):
        kind = group.reply_class if isinstance(group, AnsweredGroup) else Reply
        return kind(0, error, b"", 0, head, detail or (error.text if error else ""))
    if error is None:
        group.reply = group.reply or reply
        detail = ""
    else:
        detail = request.expect.explain(reply, error, request.expect.code_of(reply))
    group.answered = group.data
    group.answer = answer = group.reply_class(reply.status, error, group.data, group.body_at, b"", detail)
    if isinstance(answer, PartedReply):
        answer.parts = tuple(getattr(request.sink, "texts", ()))
    return answer


def answer_of(request: Request, outcome: Outcome) -> Reply:
    """The same for an outcome of a client that is awaited."""
    group = request.group
    if (
        outcome.error is None
        and isinstance(group, AnsweredGroup)
        and group.answer is not None
        and group.answered is group.data
        and group.answer.error is None
    ):
        return group.answer
    return answer_to(request, outcome.reply, outcome.error, outcome.detail, outcome.head)
