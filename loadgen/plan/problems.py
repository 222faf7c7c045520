"""Problems with what a person wrote, each with its place, and how they become one ProfileError."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import ProfileError
from loadgen.base.redact import Redactor

Where = tuple[str | int, ...]
"""A place in the document: keys and list indexes, from the outside in."""

_FLAG_NAMES = {
    "total_requests": "requests",
    "headers": "header",
    "only": "scenario",
    "keepalive": "no-keepalive",
    "stages": "stage",
    "thresholds": "threshold",
}
"""The flags of `loadgen run` that are not named like the profile's key which they set."""
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place. `line` is given where the place alone does not tell it (a syntax error).

    `has_value` is false where the text holds names alone, and so no secret.
    """

    where: Where
    text: str
    line: int | None = None
    has_value: bool = True


@dataclass(frozen=True, slots=True)
class Places:
    """Where each value came from: the file, its lines, and the keys that flags of the command line have set."""

    source: str = "command line"
    folder: Path | None = None
    lines: Mapping[Where, int] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()

    def error(self, problems: Iterable[Problem], redactor: Redactor) -> ProfileError:
        """All problems as one error, in the order of the file's lines, without secrets.

        Secrets are taken out of what was found; the names of the place are the profile's own words.
        """
        ordered = sorted(problems, key=lambda problem: self.line(problem) or 0)
        shown = [replace(item, text=redactor.text(item.text)) if item.has_value else item for item in ordered]
        lines = [self.described(problem) for problem in shown]
        return ProfileError(self.source, [_shortened(line) for line in dict.fromkeys(lines)])

    def described(self, problem: Problem) -> str:
        """ "line 12: requests[1].weight: expected a number > 0, got 'x'", or by flag: "--connections: ..."."""
        if self.is_flag(problem.where):
            key = str(problem.where[len(problem.where) > 1 and problem.where[0] == "s3"])
            return f"--{_FLAG_NAMES.get(key, key).replace('_', '-')}: {problem.text}"
        line = self.line(problem)
        place = Redactor().text(where_text(problem.where))  # a key that is a whole header line holds a credential
        parts = [f"line {line}" if line else "", place, problem.text]
        return ": ".join(part for part in parts if part)

    def line(self, problem: Problem) -> int | None:
        """The line of the place, or of the nearest thing around it that has one; None for flags."""
        if problem.line is not None or self.is_flag(problem.where):
            return problem.line
        around = (problem.where[:length] for length in range(len(problem.where), 0, -1))
        return next((self.lines[where] for where in around if where in self.lines), None)

    def is_flag(self, where: Where) -> bool:
        """Whether the value there was given on the command line."""
        return bool(where) and where[0] in self.flags

    def file(self, key: Where, name: str) -> Path:
        """A file named in a profile is looked for beside the profile, one named by a flag in the working folder."""
        path = Path(name).expanduser()
        return path if self.folder is None or self.is_flag(key) else self.folder / path


def where_text(where: Where) -> str:
    """("requests", 1, "weight") -> "requests[1].weight"."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)
    return text.removeprefix(".")


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
