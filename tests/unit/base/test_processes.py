import subprocess
import sys

import pytest

from loadgen.base.processes import python_module

FILL = "from loadgen.base.processes import fill_standard_descriptors as f; f(); import os; "


@pytest.mark.slow  # a process of its own
def test_nothing_of_the_working_folder_is_imported(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('json.py of the working folder')")
    done = subprocess.run(python_module("json.tool", "--help"), cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow  # a process of its own
def test_descriptors_that_are_closed_are_filled_and_no_others_are_left_open():
    look = (
        FILL + "os._exit(sum(1 for fd in range(3) if os.get_inheritable(fd)) * 10 + len(os.listdir('/proc/self/fd')))"
    )
    argv = ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", look]
    assert subprocess.run(argv, check=False).returncode == 30 + 4, "the fourth reads the folder"


@pytest.mark.slow  # a process of its own
def test_a_workers_stacks_are_shown_by_its_main_thread_whichever_gets_the_signal():
    """It holds the interpreter's lock: the stacks of threads that run cannot be read."""
    show = (
        "from loadgen.base.processes import begin_as_worker; begin_as_worker()\n"
        "import signal, threading as t\n"
        "other = t.Thread(target=lambda: signal.pthread_kill(t.get_ident(), signal.SIGQUIT))\n"
        "other.start(); other.join(); print(f'{t.get_ident():#018x}')"
    )
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, text=True)
    assert f"Current thread {done.stdout.strip()} (most recent call first)" in done.stderr
