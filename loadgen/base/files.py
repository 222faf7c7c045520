"""Files that are there whole or not at all."""

import errno
import os
import select
import stat
import tempfile
import time
from pathlib import Path

from loadgen.base.errors import UsageError

PATIENCE_S = 4.0
"""Whoever reads a pipe may still be starting, or be busy for a moment; a report that waits longer waits for nobody."""

POLL_S = 0.01
FIXED = (errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS)
"""What a file says that cannot be replaced: a container may have it mounted by itself, or its folder read-only."""


def write_whole(path: Path, text: str, *, patience_s: float = PATIENCE_S) -> None:
    """Write a UTF-8 file so that readers see the old one or the whole new one, never a part.

    Of a link what it points to is written. A file that cannot be replaced is written in place. What is no regular file
    (a pipe, a device) is written to as it is, and so is /dev/stdout, whatever it stands for. Raises UsageError where
    writing fails, also where nobody reads a pipe for `patience_s`.
    """
    data = text.encode("utf-8")
    try:
        if _is_stream(path):
            _write_to_stream(path, data, patience_s)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def check_writable(path: Path) -> bool:
    """Whether it is or will be a regular file of its own. Raises OSError where it could not be written."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if _is_stream(path):
        return False
    target = Path(os.path.realpath(path))
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            return True
    except OSError as error:
        if error.errno in FIXED and target.exists() and os.access(target, os.W_OK):
            return True
        raise


def _is_stream(path: Path) -> bool:
    """Whether it is not a regular file, or a name for something that is open already. Raises OSError for no name."""
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
    return not is_regular or path.parent in (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))


def _replace(path: Path, data: bytes) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    try:
        _put_in_place(path, data, mode)
    except OSError as error:
        if error.errno not in FIXED or not path.exists():
            raise
        path.write_bytes(data)


def _put_in_place(path: Path, data: bytes, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".loadgen-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108
        raise


def _write_to_stream(path: Path, data: bytes, patience_s: float) -> None:
    handle = _open_stream(path, time.monotonic() + patience_s)
    writable = select.poll()
    writable.register(handle, select.POLLOUT)
    try:
        left = memoryview(data)
        while left:
            if not writable.poll(patience_s * 1000):
                raise TimeoutError(errno.ETIMEDOUT, "nobody reads it")
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)


def _open_stream(path: Path, deadline_s: float) -> int:
    """Open without waiting for a reader for ever; where it stands for a file, at its end."""
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK | (os.O_APPEND if path.is_file() else 0))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline_s:
                raise TimeoutError(errno.ETIMEDOUT, "nobody reads it") from None
        time.sleep(POLL_S)
