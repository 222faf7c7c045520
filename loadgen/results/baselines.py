"""Named baselines: plain files of results in a folder, each with its origin.

A baseline is a `loadgen.series/1` file with one more field that readers of results do not know:
`origin{saved_at, sources[], commit}`. So any command that reads results reads it too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.files import write_whole
from loadgen.base.restore import build
from loadgen.results.documents import json_text, to_document
from loadgen.results.result import Result
from loadgen.results.rounds import ROUNDS_SCHEMA

FOLDER = Path(".loadgen") / "baselines"
COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT")
"""Where GitHub Actions, GitLab CI and Jenkins say which commit they build."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a baseline is from. `commit` is empty where no CI server said it."""

    saved_at: str = ""
    sources: tuple[str, ...] = ()
    commit: str = ""


def origin_of(sources: Sequence[str], environment: Mapping[str, str]) -> Origin:
    """The origin of a baseline that is made now."""
    commit = next((environment[name] for name in COMMITS if environment.get(name)), "")
    return Origin(datetime.now(UTC).isoformat(timespec="seconds"), tuple(sources), commit)


class Baselines:
    """The baselines of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """The file of a name. Raises UsageError for a name that is none."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"expected a baseline's name of letters, digits and . _ - such as main, got {name!r}")
        return self._folder / f"{name}.json"

    def names(self) -> list[str]:
        """All that there are, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem))

    def find(self, name: str) -> Path:
        """The file of a name. Raises UsageError where there is none."""
        if _NAME.fullmatch(name) and (found := self.path(name)).is_file():
            return found
        known = ", ".join(self.names()) or "none"
        raise UsageError(
            f"{name!r} is neither a file nor a baseline in {self._folder} (there: {known}); "
            "`loadgen baseline save NAME RESULT` makes one"
        )

    def save(self, name: str, results: Sequence[Result], origin: Origin, *, replace: bool) -> Path:
        """Write a baseline. Raises UsageError where it is there and may not be replaced, or the other way round."""
        path = self.path(name)
        if path.exists() and not replace:
            raise UsageError(
                f"there is a baseline {name!r} already; `loadgen baseline update {name} RESULT` replaces it"
            )
        if replace and not path.exists():
            raise UsageError(
                f"there is no baseline {name!r} to update; `loadgen baseline save {name} RESULT` makes one"
            )
        rounds = [to_document(result) for result in results]
        document = {"schema": ROUNDS_SCHEMA, "results": rounds, "origin": asdict(origin)}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
        write_whole(path, json_text(document))
        return path


def read_origin(text: str) -> Origin:
    """The origin in the text of a file; an empty one where it is no baseline."""
    try:
        origin: Origin = build(Origin, json.loads(text)["origin"])
    except (TypeError, KeyError):
        return Origin()
    return origin
