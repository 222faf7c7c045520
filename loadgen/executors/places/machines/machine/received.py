"""The files of a plan as a machine has them: in a private folder, as they lie where they came from."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.received_names import PREFIX
from loadgen.base.units import format_bytes
from loadgen.plan.files import with_files
from loadgen.plan.plan import Plan

LOCK = "lock"

MAKING_S = 60.0
"""A folder that is younger may not have its lock yet."""


class Received:
    """Nobody else may read them. They are gone with `close`, and those of a machine that was killed with the next.

    `within`: the folder for temporary files.
    """

    def __init__(self, within: Path | None = None) -> None:
        self._within = within or Path(tempfile.gettempdir())
        self._root: Path | None = None
        self._lock = -1

    def take(self, name: str, at: int, piece: bytes) -> None:
        """A piece of a file, the first or the one behind what is there. Raises UsageError where it finds no room."""
        try:
            path = self._path(name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.truncate(at)
                file.seek(at)
                file.write(piece)
        except OSError as error:
            raise UsageError(f"cannot keep {name}: {error.strerror or error}") from None

    def plan_here(self, plan: Plan) -> Plan:
        """The same plan with the files that were received by the names that they have here."""
        return with_files(plan, self._here)

    def folder(self, name: str) -> str | None:
        """Where processes are to work that would work in the folder of this name; None: anywhere."""
        if self._root is None or not name:
            return None
        path = self._path(name)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(path)

    def close(self) -> None:
        """Remove them all."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            os.close(self._lock)
            self._root = None

    def _here(self, name: str) -> str:
        if self._root is None:
            return name
        path = self._path(name)
        return str(path) if path.is_file() else name

    def _path(self, name: str) -> Path:
        if self._root is None:
            _remove_left(self._within)
            self._root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._within))
            self._lock = os.open(self._root / LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self._root / "files" / name.lstrip("/")


def check_there(there: Sequence[Sequence[Any]], modules: Sequence[Sequence[str]]) -> None:
    """Raise UsageError where a file that does not go along is not there as it was, or what a file imports is not
    installed."""
    for name, size in there:
        path = Path(name)
        if not path.is_file():
            raise UsageError(
                f"{name} is not there: a file of {format_bytes(size)} does not go along; put it there, under this name"
            )
        if (found := path.stat().st_size) != size:
            raise UsageError(
                f"{name} is another file there, of {found:,} bytes and not of {size:,}: put the same there"
            )
    for module, file in modules:
        if find_spec(module) is None:
            raise UsageError(f"{file} imports {module}, which is not installed there: install what it needs there, too")


def _remove_left(within: Path) -> None:
    """What machines have left that were killed: nobody holds its lock any more."""
    for folder in within.glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = folder.lstat()
            if found.st_uid == os.getuid() and time.time() - found.st_mtime > MAKING_S:
                lock = os.open(folder / LOCK, os.O_WRONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
                finally:
                    os.close(lock)
