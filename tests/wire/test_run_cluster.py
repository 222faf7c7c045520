"""A run over Dask itself: a scheduler, a machine, and TLS between all of them."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command import loadgen, stats_of

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow  # four processes import Dask


@contextmanager
def running(*argv: object) -> Iterator[None]:
    command = [sys.executable, "-m", "loadgen", "cluster", *map(str, argv)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_run_on_a_cluster_is_that_of_one_machine(url: str, tmp_path: Path) -> None:
    folder, address = tmp_path / "certificates", f"tls://127.0.0.1:{free_port()}"
    assert loadgen("cluster", "certificates", folder).code == 0
    with running("scheduler", address, "--certificates", folder), running("machine", address, "--certificates", folder):
        cluster = ("--cluster", address, "--certificates", folder, "--machines", "1", "--processes", "1")
        command = [sys.executable, "-m", "loadgen", "run", url, "-c", "3", "-n", "301", *cluster, "--format", "json"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"ok": 301' in done.stdout
    assert stats_of(url)["requests"] == 301
