"""`${...}` that stays in a request of a journey until it is sent: what stands there is found out while it runs.

A place names a variable or a column of a feed, `${account.user}`. `:json` makes its value one of JSON, with quotes
where it is a text; after `:-` comes what stands there without a value, written for the place already.
"""

from collections.abc import Iterator

from loadgen.base.dataclass import dataclass
from loadgen.base.pattern import pattern

NAME_TEXT = r"[A-Za-z_][A-Za-z0-9_]*"
COLUMN = r"[^{}:\"\\]+"
PLACE = pattern(rf"\$\{{({NAME_TEXT})(?:\.({COLUMN}))?(:json)?(?::-([^}}]*))?\}}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a text. `column`: `name` is a feed."""

    name: str
    column: str | None = None
    is_json: bool = False
    default: str | None = None

    @property
    def whole_name(self) -> str:
        """With its column, where it has one."""
        return self.name if self.column is None else f"{self.name}.{self.column}"

    def __str__(self) -> str:
        return f"${{{self.whole_name}}}"


def places_in(text: str) -> Iterator[Place]:
    """Every place of a text, in order."""
    for match in PLACE.finditer(text):
        yield Place(match[1], match[2], bool(match[3]), match[4])


def without_details(text: str) -> str:
    """The text with each place by its name alone, as it is shown to a person."""
    return PLACE.sub(lambda match: str(Place(match[1], match[2])), text)
