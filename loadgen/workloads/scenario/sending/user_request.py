"""A user's request as the journey's driver is given it, and what it has in common with others of its kind."""

from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.exchange import Request
from loadgen.base.reply import Expect
from loadgen.workloads.scenario.replies.answers import AnsweredGroup
from loadgen.workloads.scenario.sending.paths import PathTemplate


@dataclass(slots=True)
class Recipe:
    """A kind of request of one journey: what its requests have in common. `start` and `middle` stand around the target;
    `keeps`: the next one can be made of the last.
    """

    name_id: int
    method: str
    path: PathTemplate
    group: AnsweredGroup
    expect: Expect
    start: str
    middle: str
    keeps: bool


class UserRequest(Request):
    """A user's requests of one kind, one after the other: the same object with another wire form. `own` are the fields
    that are none of the user's; `end` is what ended the head of the last one. `given` are the headers that were asked
    for last, and what they came to beside the user's fields in `given_end`. `rest` is the head from the target on that
    fields of its own, `rest_own`, and the user's, `rest_end`, came to.
    """

    __slots__ = (
        "end", "given", "given_block", "given_end", "given_own", "own", "recipe", "rest", "rest_end", "rest_own",
    )  # fmt: skip

    group: AnsweredGroup | None
    recipe: Recipe
    given: dict[str, Any] | None
    given_end: str
    given_own: tuple[tuple[str, str], ...]
    given_block: str
    own: tuple[tuple[str, str], ...]
    end: str
    rest: bytes
    rest_own: str
    rest_end: str

    def lay_out(self, own: str, end: str) -> bytes:
        """The head from the target on, laid out anew only where the fields are others than last time."""
        if end is not self.rest_end or own != self.rest_own:
            self.rest_own, self.rest_end = own, end
            self.rest = f"{self.recipe.middle}{own}{end}".encode("latin-1")
        return self.rest
