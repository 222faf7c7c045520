"""gRPC calls, WebSocket messages and server-sent events beside the libraries that people send them with."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from tests.bench.compare import Goal
from tests.bench.machine import Cores
from tests.bench.peers import RIVALS
from tests.bench.runs import Bench, Run
from tests.bench.servers import embedded_target, free_port, running
from tests.bench.slopes import Counted, slopes
from tests.bench.table import Section, comparison

STEADY = "cpu_us_net"
GRPC, AT_ONCE, CALLS_A_SECOND = "gRPC unary echo, 32 streams", 32, 2_000
WEBSOCKET, SOCKETS, MESSAGES_A_SECOND = "WebSocket echo, 64 connections", 64, 6_400
WEBSOCKET_AT_MOST = {"picows": 1.0, "websockets": 0.3}
SSE, STREAMS, EVENTS_A_SECOND, EVENT_AT_MOST_US = "SSE, 100 streams of 50 events/s", 100, 5_000, 10

PROTO = """\
syntax = "proto3";
package demo;
message Ask { string text = 1; }
service Echo { rpc Say(Ask) returns (Ask); }
"""
CALLS = """\
target: {url}
requests:
  - {{name: say, grpc: {{file: echo.proto, method: Say, message: {{text: hello}}}}}}
"""
CHAT = """\
from loadgen.scenario import scenario

@scenario
async def chat(user):
    async with user.websocket("/", name="echo") as socket:
        for _ in range({messages}):
            await socket.request("hello world!", timeout=10)
"""
EVENTS = """\
target: {url}
requests:
  - {{path: "/stream?parts={parts}&ms=20&first=20", stream: {{kind: sse, until: {{match: "[DONE]"}}}}}}
"""


def protocols(bench: Bench) -> Section:
    """CPU of a call and of a message, as a ratio; and of an event."""
    compared, goals = [], []
    with _rival_server("grpc_server", bench.layout.server) as port:
        theirs = _rival("grpcio", "grpc_futures", port, AT_ONCE, CALLS_A_SECOND)
        compared.append(slopes(bench, GRPC, _calls(port), theirs))
        goals.append(Goal(f"{GRPC}: ratio to grpcio", GRPC, "grpcio", STEADY, at_most=0.4))
    with _rival_server("websocket_server", bench.layout.server) as port:
        for library, at_most in WEBSOCKET_AT_MOST.items():
            if find_spec(library) is not None:
                theirs = _rival(library, f"{library}_echo", port, SOCKETS, MESSAGES_A_SECOND)
                compared.append(slopes(bench, WEBSOCKET, _messages(port), theirs))
            goals.append(Goal(f"{WEBSOCKET}: ratio to {library}", WEBSOCKET, library, STEADY, at_most=at_most))
    with embedded_target(bench.layout.server) as url:
        events = [_events(url).measured(bench) for _ in range(bench.pairs)]
    notes = [*(goal.verdict(compared) for goal in goals), _of_events(events)]
    return comparison("protocols", "CPU of one more call, round trip or event", compared, notes)


def _of_events(runs: Sequence[Run]) -> str:
    costs = [run.cpu_us_net for run in runs if run.cpu_us_net is not None]
    if not costs:
        return f"{SSE}: {runs[0].problem}"
    met = "met" if median(costs) <= EVENT_AT_MOST_US else "NOT met"
    spread = f"{median(costs):.1f} ({min(costs):.1f}-{max(costs):.1f})"
    return f"{SSE}: us of CPU an event <= {EVENT_AT_MOST_US}: {spread}: {met}"


def _calls(port: int) -> Counted:
    def command(count: int, scratch: Path) -> list[str]:
        (scratch / "echo.proto").write_text(PROTO, "utf-8")
        profile = _written(scratch / "calls.yaml", CALLS.format(url=f"http://127.0.0.1:{port}"))
        return [*_loadgen(profile), "-c", str(AT_ONCE), "--streams", str(AT_ONCE), "-n", str(count)]

    return Counted("loadgen", command, CALLS_A_SECOND)


def _messages(port: int) -> Counted:
    def command(count: int, scratch: Path) -> list[str]:
        file = _written(scratch / "chat.py", CHAT.format(messages=count // SOCKETS))
        target = ["--target", f"http://127.0.0.1:{port}", "--timeout", "60s"]
        return [*_loadgen(file), *target, "-c", str(SOCKETS), "-n", str(SOCKETS)]

    return Counted("loadgen", command, MESSAGES_A_SECOND)


def _events(url: str) -> Counted:
    def command(count: int, scratch: Path) -> list[str]:
        profile = _written(scratch / "events.yaml", EVENTS.format(url=url.rstrip("/"), parts=count // STREAMS))
        return [*_loadgen(profile), "-c", str(STREAMS), "-n", str(STREAMS)]

    return Counted("loadgen", command, EVENTS_A_SECOND)


def _loadgen(what: Path) -> list[str]:
    return [sys.executable, "-m", "loadgen", "run", str(what), "-q", "--processes", "1", "--workers", "1"]


def _rival(name: str, script: str, port: int, at_once: int, a_second: int) -> Counted:
    def command(count: int, _scratch: Path) -> list[str]:
        return [sys.executable, str(RIVALS / f"{script}.py"), str(port), str(at_once), str(count)]

    return Counted(name, command, a_second)


@contextmanager
def _rival_server(script: str, cores: Cores) -> Iterator[int]:
    port = free_port()
    with running([sys.executable, str(RIVALS / f"{script}.py"), str(port)], port, cores):
        yield port


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
