"""What is ignored here is not ignored in what is started from here."""

import signal
import subprocess

from tests.support.ignored import hear_what_is_ignored


def test_under_nohup_a_hangup_stops_a_command_as_usual() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        hear_what_is_ignored()
        hung_up = subprocess.run(["sh", "-c", "kill -HUP $$"], check=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert hung_up.returncode == -signal.SIGHUP
