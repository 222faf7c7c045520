import os
import stat
from pathlib import Path

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.files import whole_file


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")
    with whole_file(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_raises_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "out"
    path.write_text("old")

    def interrupted():
        with whole_file(path) as file:
            file.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_survives_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UsageError, match=r"cannot write .*out: No space left on device"), whole_file(path) as file:
        file.write("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "out") as file:
            file.write("ünïcode")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
    assert (tmp_path / "out").read_text("utf-8") == "ünïcode"


def test_a_device_is_written_to_as_it_is(tmp_path):
    path = tmp_path / "null"
    path.symlink_to("/dev/null")
    with whole_file(path) as file:
        file.write("x")
    assert path.is_symlink()


@pytest.mark.parametrize(("path", "reason"), [("/dev/full", "No space left"), ("/nosuch/out", "No such file")])
def test_what_cannot_be_written_is_one_line(tmp_path, path, reason):
    with pytest.raises(UsageError, match=f"^cannot write {path}: {reason}"), whole_file(tmp_path / path) as file:
        file.write("x")


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    path, link = tmp_path / "out", tmp_path / "latest"
    path.write_text("old")
    link.symlink_to("out")
    with whole_file(link) as file:
        file.write("new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")


def test_a_name_of_an_open_file_adds_to_that_file(tmp_path):
    """As /dev/stdout is where the output of a command goes to a file."""
    with (tmp_path / "out").open("w") as output:
        output.write("before\n")
        output.flush()
        with whole_file(Path(f"/proc/self/fd/{output.fileno()}")) as file:
            file.write("new\n")
    assert (tmp_path / "out").read_text() == "before\nnew\n"
