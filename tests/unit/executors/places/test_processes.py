import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from loadgen.base.endpoint import Endpoint, Origin, Tls
from loadgen.base.errors import UsageError
from loadgen.base.processes import ORPHAN_EXIT
from loadgen.base.reply import Expect
from loadgen.base.restore import build
from loadgen.executors.places.base import WorkersLostError
from loadgen.executors.places.processes import Processes, spawn_child
from loadgen.executors.places.task import encode_task
from loadgen.guard.shared_state import SharedState, Slot, State
from loadgen.measure.recording import Frame, Recording, Tally, Usage
from loadgen.measure.wire import write_frame
from loadgen.plan.codec import plan_to_pieces
from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.plan import make_shards
from tests.support.fakes import ENDPOINT, make_plan

PLAN = make_plan(
    users=4, processes=2, workers=2, requests=(RequestSpec("a", "POST", "/", body=b"\xff", expect=Expect(length=3)),)
)
FRAMES = [Frame(0, 0, 1, Recording({0: Tally(ok=1)})), Frame(1, 0, 1, Recording({0: Tally(failed=2)}), "drain")]


@pytest.fixture
def control():
    control = SharedState.create(4)
    yield control
    control.close()


@pytest.fixture
def child(tmp_path):
    """What starts a stand-in for a child: it writes these frames, and ends as a shell script says."""

    def stand_in(ending, frames=FRAMES, cut=0):
        path = tmp_path / "frames"
        with path.open("wb") as file:
            for frame in frames:
                write_frame(file, frame)
        if cut:
            path.write_bytes(path.read_bytes()[:-cut])

        def spawn(_control):
            return subprocess.Popen(
                ["/bin/sh", "-c", f'cat "$0"; {ending}', str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )

        return spawn

    return stand_in


def run(control, spawn, shards=slice(2)):
    """What came out of the future of each child, and the frames."""
    delivered = []

    async def main():
        plan = replace(PLAN, processes=1) if shards != slice(None) else PLAN
        futures = Processes(plan, ENDPOINT, control, spawn).start(make_shards(PLAN)[shards], delivered.append)
        return await asyncio.gather(*futures, return_exceptions=True)

    return asyncio.run(main()), delivered


def test_the_frames_of_a_child_are_delivered_to_the_end(child, control):
    assert run(control, child("exit 0")) == ([None], FRAMES)


@pytest.mark.parametrize(
    ("ending", "how"), [("kill -9 $$", "was killed by signal 9"), ("exit 70", "failed with exit code 70")]
)
def test_a_lost_child_is_said_and_what_it_told_is_kept(child, control, ending, how):
    (lost,), delivered = run(control, child(ending))
    assert isinstance(lost, WorkersLostError)
    assert str(lost).startswith("worker process ")
    assert str(lost).endswith(how)
    assert delivered == FRAMES


def test_a_child_that_does_not_end_is_killed_when_it_is_abandoned(child, control):
    async def main():
        place = Processes(replace(PLAN, processes=1), ENDPOINT, control, child("exec sleep 600", FRAMES[:1]))
        delivered = asyncio.Event()
        loop = asyncio.get_running_loop()
        (lost,) = place.start(make_shards(PLAN)[:2], lambda _: loop.call_soon_threadsafe(delivered.set))
        await delivered.wait()
        place.abandon()
        return await asyncio.gather(lost, return_exceptions=True)

    (error,) = asyncio.run(main())
    assert isinstance(error, WorkersLostError)
    assert str(error).endswith("did not end after the cut, and was killed")


def test_a_child_that_cannot_do_what_was_asked_says_why(child, control):
    refused = Frame(0, 0, 0, Recording(), refused="shop.py:3: no such module")
    ends, delivered = run(control, child("exit 0", [refused]))
    assert isinstance(ends[0], UsageError)
    assert (str(ends[0]), delivered) == ("shop.py:3: no such module", [])


def test_half_a_frame_of_a_killed_child_is_left_out(child, control):
    assert run(control, child("kill -9 $$", cut=3))[1] == FRAMES[:1]


def test_nobody_waits_for_the_workers_of_a_child_that_is_gone(child, control):
    run(control, child("exit 1"), slice(2, 4))
    assert [control.get(worker, Slot.STATE) for worker in range(4)] == [0, 0, State.FINISHED, State.FINISHED]


def test_a_child_that_dies_before_it_reads_its_task_is_lost_and_not_a_crash(control):
    def spawn(_control):
        child = subprocess.Popen(["/bin/false"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.wait()
        return child

    assert str(run(control, spawn)[0][0]).endswith("failed with exit code 1")


def test_workers_of_one_child_are_of_one_process_and_none_of_them_of_this_one(child, control):
    """Each of the two stand-ins says the same of itself; the place tells them apart."""
    last = [replace(frame, usage=Usage(1, 2, 3, 4)) for frame in FRAMES]
    ends, delivered = run(control, child("exit 0", last), slice(None))
    assert ends == [None, None]
    assert sorted(frame.usage.process for frame in delivered) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "endpoint",
    [
        ENDPOINT,
        Endpoint(
            Origin("https", "::1", 443),
            ((10, ("::1", 443)), (2, ("127.0.0.1", 443))),
            Tls(False, "ca", "cert", "key"),
            1.5,
            0.5,
            False,
        ),
    ],
)
def test_a_task_reaches_the_child_whole_in_one_line(control, endpoint):
    line = encode_task(endpoint, range(2, 4), control)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    task = json.loads(line)
    assert build(Endpoint, task["endpoint"]) == endpoint
    assert (task["shards"], task["control"]) == ([2, 4], control.descriptor)


@pytest.mark.slow  # starts an interpreter
def test_a_child_whose_parent_has_gone_leaves_without_a_word(control, capfd):
    child = spawn_child(control)
    plan = replace(PLAN, duration_s=0.01)
    child.stdin.writelines([encode_task(ENDPOINT, range(2), control), *plan_to_pieces(plan)])
    child.stdin.flush()
    child.stdout.close()
    control.open_gate(1)
    with child.stdin:
        assert child.wait() == ORPHAN_EXIT
    assert capfd.readouterr().err == ""


@pytest.mark.slow  # starts an interpreter
def test_a_worker_process_imports_neither_the_command_line_nor_the_validation():
    code = (
        "import sys, loadgen.executors.places.child; "
        "sys.exit(' '.join(name for name in ('typer', 'pydantic', 'rich', 'yaml') if name in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr.strip() == ""
    )
