"""HTTP/2 beside h2load and httpx, against nghttpd on the other core, which does not count requests."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.compare import Goal
from tests.bench.machine import Cores
from tests.bench.peers import RIVALS
from tests.bench.runs import Bench
from tests.bench.servers import free_port, running, write_certificate
from tests.bench.slopes import Counted, slopes
from tests.bench.table import Section, comparison

STEADY = "cpu_us_net"
SHAPES = ((10, 100, 0.8, 150_000), (10, 10, 1.1, 80_000), (1, 1, 1.2, 12_000), (100, 1, 1.2, 30_000))
"""Connections, streams on each, the most of h2load's CPU a request, and roughly how many are done in a second."""

HTTPX, HTTPX_AT_MOST, HTTPX_A_SECOND = "httpx with HTTP/2, 10 x 10", 1 / 50, 400


def nghttpd(bench: Bench) -> Section:
    """GET of 12 bytes, h2c and TLS."""
    compared, goals = [], []
    with _server(bench.layout.server) as (h2c_url, tls_url):
        for name, url in (("h2c", h2c_url), ("TLS", tls_url)):
            for connections, streams, at_most, a_second in SHAPES:
                label = f"{name}, {connections} x {streams}"
                ours = loadgen(url, connections, streams, a_second)
                compared.append(slopes(bench, label, ours, _h2load(url, connections, streams, a_second)))
                goals.append(Goal(f"{label}: ratio to h2load", label, "h2load", STEADY, at_most=at_most))
        compared.append(slopes(bench, HTTPX, loadgen(h2c_url, 10, 10, 80_000), _httpx(h2c_url, 10, 10)))
        goals.append(Goal(f"{HTTPX}: ratio", HTTPX, "httpx", STEADY, at_most=HTTPX_AT_MOST))
    notes = [goal.verdict(compared) for goal in goals]
    return comparison("http2-nghttpd", "HTTP/2 on nghttpd, GET of 12 bytes, connections x streams", compared, notes)


def loadgen(url: str, connections: int, streams: int, a_second: int) -> Counted:
    """A user is a stream: as many as h2load has."""

    def command(count: int, _scratch: Path) -> list[str]:
        return [
            *(sys.executable, "-m", "loadgen", "run", url, "--http", "2", "--streams", str(streams), "-k", "-q"),
            *("-c", str(connections * streams), "-n", str(count), "--processes", "1", "--workers", "1"),
        ]

    return Counted("loadgen", command, a_second)


def _h2load(url: str, connections: int, streams: int, a_second: int) -> Counted:
    def command(count: int, _scratch: Path) -> list[str]:
        return ["h2load", "-t1", "-n", str(count), "-c", str(connections), "-m", str(streams), url]

    return Counted("h2load", command, a_second)


def _httpx(url: str, connections: int, streams: int) -> Counted:
    def command(count: int, _scratch: Path) -> list[str]:
        return [sys.executable, str(RIVALS / "httpx_http2.py"), url, str(connections), str(streams), str(count)]

    return Counted("httpx", command, HTTPX_A_SECOND)


@contextmanager
def _server(cores: Cores) -> Iterator[tuple[str, str]]:
    """URLs of a file of 12 bytes, without TLS and with."""
    plain, secure = free_port(), free_port()
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        root = Path(folder)
        (root / "12").write_bytes(b"hello world!")
        write_certificate(root)
        common = ["nghttpd", "-d", folder, "-n", "1", "-a", "127.0.0.1"]
        with (
            running([*common, "--no-tls", str(plain)], plain, cores),
            running([*common, str(secure), str(root / "server.key"), str(root / "server.pem")], secure, cores),
        ):
            yield f"http://127.0.0.1:{plain}/12", f"https://127.0.0.1:{secure}/12"
