"""The results of a folder: each run that ended is saved there, and shown with those that were there before."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.files import write_whole
from loadgen.results.documents import from_json, to_json
from loadgen.results.result import Result

MOST = 200
"""Rows, the newest ones; files beyond stay where they are."""

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}(-[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved run: its name, and without what a row does not show."""

    name: str
    result: Result


class History:
    """What is added gets the `labels`. Raises UsageError where the folder cannot be made or read."""

    def __init__(self, folder: Path, labels: Mapping[str, str]) -> None:
        self._folder = folder
        self._labels = dict(labels)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = (path for path in folder.glob("*.json") if _NAME.fullmatch(path.stem))
            files = sorted(found, key=lambda path: (path.stem[:15], len(path.stem), path.stem))
        except OSError as error:
            raise UsageError(f"--save: cannot use {str(folder)!r}: {error.strerror}") from None
        self.kept = [*self._read(files[-MOST:])]

    def add(self, result: Result) -> str:
        """Save one; its name. Raises UsageError where that cannot be: it is in the list all the same."""
        result = replace(result, labels=self._labels)
        stem = re.sub(r"[^0-9]", "", result.started_at[:19])
        stem = f"{stem[:8]}-{stem[8:14]}"
        name, number = stem, 1
        while any(kept.name == name for kept in self.kept) or (self._folder / f"{name}.json").exists():
            number += 1
            name = f"{stem}-{number}"
        self.kept = [*self.kept, Kept(name, result)][-MOST:]
        write_whole(self._folder / f"{name}.json", to_json(result))
        return name

    def find(self, name: str) -> Result | None:
        """The run of this name."""
        return next((kept.result for kept in self.kept if kept.name == name), None)

    def _read(self, files: list[Path]) -> Iterator[Kept]:
        """Those that are results; a damaged file is no reason to begin without the others."""
        for path in files:
            try:
                yield Kept(path.stem, from_json(path.read_text("utf-8"), str(path)))
            except (OSError, ValueError, UsageError):
                continue
