"""The files of a plan on their way to a machine, and there."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from loadgen.base.endpoint import Tls
from loadgen.base.errors import UsageError
from loadgen.base.received_names import PREFIX, original_names
from loadgen.executors.places.machines.links.messages import Message
from loadgen.executors.places.machines.machine.machine import Machine
from loadgen.executors.places.machines.machine.received import MAKING_S, Received, check_there
from loadgen.executors.places.machines.sending import LARGEST_ALL, LARGEST_FILE, PIECE_BYTES, files_for, send_ahead
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import FeedSpec, Journey, ScenarioJob
from tests.support.fakes import make_plan
from tests.support.machines import Wire


def uploading(*files):
    return make_plan(tuple(RequestSpec(str(file), "PUT", "/", body_file=str(file)) for file in files))


def sparse(path, size):
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_plan_goes_with_its_files_and_what_these_import(tmp_path):
    for name, text in {"shop.py": "import helper, pytest", "helper.py": "", "users.csv": "a\n1", "ca.pem": ""}.items():
        (tmp_path / name).write_text(text)
    job = ScenarioJob(
        (Journey("buy"),), file=str(tmp_path / "shop.py"), feeds=(FeedSpec("u", str(tmp_path / "users.csv")),)
    )
    files = files_for(make_plan(job=job, tls=Tls(ca_file=str(tmp_path / "ca.pem"))), tmp_path)
    assert set(files.sent) == {str(tmp_path / name) for name in ("shop.py", "helper.py", "users.csv", "ca.pem")}
    assert (files.modules, files.there, files.folder) == ((("pytest", "shop.py"),), (), str(tmp_path))


def test_a_plan_without_files_takes_nothing_along(tmp_path):
    files = files_for(make_plan(), tmp_path)
    assert (files.sent, files.head) == ((), {"there": (), "modules": (), "folder": ""})


def test_what_is_too_large_must_be_there_and_too_much_is_refused(tmp_path):
    large = sparse(tmp_path / "large", LARGEST_FILE + 1)
    files = files_for(uploading(large), tmp_path)
    assert (files.sent, files.there) == ((), ((str(large), LARGEST_FILE + 1),))
    many = [sparse(tmp_path / str(number), LARGEST_FILE) for number in range(LARGEST_ALL // LARGEST_FILE + 1)]
    with pytest.raises(UsageError, match=r"320 MiB, of which 256 MiB at most go along"):
        files_for(uploading(*many), tmp_path)
    with pytest.raises(UsageError, match="gone: cannot be read: No such file"):
        files_for(uploading(tmp_path / "gone"), tmp_path)


def test_a_machine_has_them_as_they_lie_here_for_itself_alone(tmp_path):
    received = Received(tmp_path)
    plan = uploading("/data/up.bin", "/data/large")
    assert received.plan_here(plan) == plan
    assert received.folder("/data") is None
    for at, piece in ((0, b"old and long"), (0, b"abc"), (3, b"def")):  # of the run before, and of this one
        received.take("/data/up.bin", at, piece)
    moved, large = (request.body_file for request in received.plan_here(plan).job.requests)
    assert (Path(moved).read_bytes(), large) == (b"abcdef", "/data/large")
    assert received.folder("/data") == str(Path(moved).parent)
    assert original_names(f"'{moved}': no {moved}:3") == "'/data/up.bin': no /data/up.bin:3"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (*tmp_path.iterdir(), Path(moved))}
    assert modes == {0o700, 0o600}
    received.close()
    assert list(tmp_path.iterdir()) == []
    received.close()


def test_what_a_killed_machine_left_goes_with_the_next_and_no_other_does(tmp_path):
    alive, left = Received(tmp_path), tmp_path / f"{PREFIX}left"
    alive.take("/a", 0, b"")
    left.mkdir()
    (left / "lock").touch()
    for folder in tmp_path.iterdir():
        os.utime(folder, (0, tmp_path.stat().st_mtime - 2 * MAKING_S))
    new = tmp_path / f"{PREFIX}new"  # whose lock is not held yet
    new.mkdir()
    (new / "lock").touch()
    Received(tmp_path).take("/b", 0, b"")
    assert not left.exists()
    assert new.exists()
    assert Path(alive.plan_here(uploading("/a")).job.requests[0].body_file).exists()


def test_what_must_be_there_is_missed_in_words(tmp_path):
    here = sparse(tmp_path / "here", 10)
    check_there([[str(here), 10]], [["json", "shop.py"]])
    with pytest.raises(UsageError, match=r"gone is not there: a file of 5 B does not go along; put it there"):
        check_there([[str(tmp_path / "gone"), 5]], [])
    with pytest.raises(UsageError, match=r"here is another file there, of 10 bytes and not of 11"):
        check_there([[str(here), 11]], [])
    with pytest.raises(UsageError, match=r"shop.py imports no_such, which is not installed there"):
        check_there([], [["no_such", "shop.py"]])


def send(names, *, refuses=""):
    """To a machine; what it has of them then."""
    had: dict[str, bytes] = {}

    class Kept(Received):
        def take(self, name, at, piece):
            if refuses:
                raise UsageError(refuses)
            had[name] = had.get(name, b"")[:at] + piece

    async def sent():
        wire = Wire("host1")
        machine = Machine(wire.tell, received=Kept())
        serving = asyncio.create_task(machine.serve(wire.inbox))
        try:
            await send_ahead(b"", names, [("machine 1", wire)])
        finally:
            wire.inbox.put_nowait(None)
            await serving

    asyncio.run(sent())
    return had


def test_files_come_in_pieces_and_whole(tmp_path):
    contents = {"empty": b"", "exact": bytes(PIECE_BYTES), "more": b"x" * (2 * PIECE_BYTES) + b"end"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert send([str(tmp_path / name) for name in contents]) == {
        str(tmp_path / name): content for name, content in contents.items()
    }


def test_a_machine_that_cannot_keep_them_says_why(tmp_path):
    with pytest.raises(UsageError, match="machine 1: cannot keep it: No space left"):
        send([str(sparse(tmp_path / "a", 3))], refuses="cannot keep it: No space left")


def test_a_machine_that_is_lost_meanwhile_is_named():
    class Gone(Wire):
        def send(self, message: Message) -> None:
            self.end()

    async def sent():
        await send_ahead(b"plan", (), [("machine 1", Gone("host1"))])

    with pytest.raises(UsageError, match="machine 1 was lost while it was sent"):
        asyncio.run(sent())
