import json
import subprocess
import sys

import pytest

from loadgen.base.exchange import Endpoint, Expect, Origin, Tls
from loadgen.executors import processes
from loadgen.executors.child import _endpoint, encode_task
from loadgen.executors.processes import run_child
from loadgen.guard.shared_state import SharedState, Slot, State
from loadgen.measure.recording import Frame, Recording, Tally
from loadgen.measure.wire import write_frame
from loadgen.plan.codec import plan_from_json
from loadgen.plan.plan import RequestSpec
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
def child(monkeypatch, tmp_path):
    """A stand-in for a child: writes these frames, and ends as a shell script says."""

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

        monkeypatch.setattr(processes, "_spawn", spawn)

    return stand_in


def run(control, shards=range(2)):
    delivered = []
    lost = run_child(PLAN, ENDPOINT, shards, control, delivered.append)
    return lost, delivered


def test_the_frames_of_a_child_are_delivered_to_the_end(child, control):
    child("exit 0")
    assert run(control) == (None, FRAMES)


@pytest.mark.parametrize(
    ("ending", "how"), [("kill -9 $$", "was killed by signal 9"), ("exit 70", "failed with exit code 70")]
)
def test_a_lost_child_is_said_and_what_it_told_is_kept(child, control, ending, how):
    child(ending)
    lost, delivered = run(control)
    assert lost.startswith("worker process ")
    assert lost.endswith(how)
    assert delivered == FRAMES


def test_half_a_frame_of_a_killed_child_is_left_out(child, control):
    child("kill -9 $$", cut=3)
    assert run(control)[1] == FRAMES[:1]


def test_nobody_waits_for_the_workers_of_a_child_that_is_gone(child, control):
    child("exit 1")
    run(control, range(2, 4))
    assert [control.get(worker, Slot.STATE) for worker in range(4)] == [0, 0, State.FINISHED, State.FINISHED]


def test_a_child_that_dies_before_it_reads_its_task_is_lost_and_not_a_crash(monkeypatch, control):
    def spawn(_control):
        child = subprocess.Popen(["/bin/false"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.wait()
        return child

    monkeypatch.setattr(processes, "_spawn", spawn)
    assert run(control)[0].endswith("failed with exit code 1")


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
    line = encode_task(PLAN, endpoint, range(2, 4), control)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    task = json.loads(line)
    assert plan_from_json(task["plan"]) == PLAN
    assert _endpoint(task["endpoint"]) == endpoint
    assert (task["shards"], task["control"]) == ([2, 4], control.descriptor)


@pytest.mark.slow  # starts an interpreter
def test_a_worker_process_imports_neither_the_command_line_nor_the_validation():
    code = (
        "import sys, loadgen.executors.child; "
        "sys.exit(' '.join(name for name in ('typer', 'pydantic', 'rich', 'yaml') if name in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr.strip() == ""
    )
