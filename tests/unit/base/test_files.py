import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.files import check_writable, write_whole


def refusing(number, monkeypatch):
    """No file can take the place of another."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)


def test_a_file_is_replaced_and_not_written_over(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    with path.open() as opened:
        write_whole(path, "new")
        assert opened.read() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_survives_where_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.write_text("old")
    refusing(errno.ENOSPC, monkeypatch)
    with pytest.raises(UsageError, match=r"cannot write .*out: No space left on device"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_is_written_in_place(tmp_path, monkeypatch):
    """As one that is mounted into a container by itself."""
    path = tmp_path / "out"
    path.write_text("older and longer")
    refusing(errno.EBUSY, monkeypatch)
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="Device or resource busy"):
        write_whole(tmp_path / "other", "new")


def test_an_old_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "out"
    path.touch(0o600)
    write_whole(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path):
    path = tmp_path / ("a" * 255)
    assert check_writable(path)
    write_whole(path, "new")
    assert path.read_text() == "new"
    with pytest.raises(OSError, match="File name too long"):
        check_writable(tmp_path / ("a" * 256))


def test_links_in_a_circle_are_no_file(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        check_writable(tmp_path / "a")
    with pytest.raises(UsageError, match="Too many levels of symbolic links"):
        write_whole(tmp_path / "a", "new")


def test_a_pipe_that_nobody_reads_is_given_up(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="pipe: nobody reads it"):
        write_whole(pipe, "new", patience_s=0.0)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(UsageError, match="pipe: nobody reads it"):
        write_whole(pipe, "more than it holds" * 100_000, patience_s=0.0)
    os.close(reader)


def test_a_pipe_takes_all_that_is_read_from_it(tmp_path):
    pipe, text, read = tmp_path / "pipe", "more than it holds" * 100_000, []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, text)
    reader.join()
    assert read == [text]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "out", "ünïcode")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
    assert (tmp_path / "out").read_text("utf-8") == "ünïcode"


def test_a_device_is_written_to_as_it_is(tmp_path):
    path = tmp_path / "null"
    path.symlink_to("/dev/null")
    write_whole(path, "x")
    assert path.is_symlink()


@pytest.mark.parametrize(("path", "reason"), [("/dev/full", "No space left"), ("/nosuch/out", "No such file")])
def test_what_cannot_be_written_is_one_line(tmp_path, path, reason):
    with pytest.raises(UsageError, match=f"^cannot write {path}: {reason}"):
        write_whole(tmp_path / path, "x")


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    path, link = tmp_path / "out", tmp_path / "latest"
    path.write_text("old")
    link.symlink_to("out")
    write_whole(link, "new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")


def test_a_name_of_an_open_file_adds_to_that_file(tmp_path):
    """As /dev/stdout is where the output of a command goes to a file."""
    with (tmp_path / "out").open("w") as output:
        output.write("before\n")
        output.flush()
        write_whole(Path(f"/proc/self/fd/{output.fileno()}"), "new\n")
    assert (tmp_path / "out").read_text() == "before\nnew\n"
