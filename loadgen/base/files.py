"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from loadgen.base.errors import UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Write a UTF-8 file so that readers see the old one or the whole new one, never a part.

    The new one takes its place at the end of the block, unless that raises; of a link, the place of what it points to.
    What is no regular file (a pipe, a device) is written to as it is, and so is /dev/stdout, whatever it stands for.
    Raises UsageError where writing fails.
    """
    try:
        if path.exists() and (_is_stream(path) or not path.is_file()):
            with path.open("a" if path.is_file() else "w", encoding="utf-8") as file:
                yield file
            return
        path = path.resolve()
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                yield file
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)  # noqa: PTH101
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def _is_stream(path: Path) -> bool:
    """Whether it is a name for something that is open already."""
    return path.parent in (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
