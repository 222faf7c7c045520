"""What it costs to look on: the full-screen view, a page with an open tab, OTLP once a second, each beside nothing.

CPU is that of all processes of the command, those of exporters included; the tab and the collector are here.
"""

import re
import sys
import threading
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from loadgen.base.imported import imported
from tests.bench.compare import Goal, interleave
from tests.bench.jobs import Job, Peer
from tests.bench.peers import loadgen
from tests.bench.runs import Bench
from tests.bench.servers import nginx
from tests.bench.table import Section, comparison

AT_MOST = 1.02
"""CPU a request with somebody who looks on, of that without."""

START_S = 30.0
_URL = re.compile(r"http://\S+\?t=[\w-]+")


def views(bench: Bench) -> Section:
    """The main job: GET of 12 bytes from nginx on the other core."""
    compared, goals = [], []
    with nginx(bench.layout.server) as server, imported("tests.support.otlp", "running_collector")() as collector:
        job = Job(f"{server.url}/12", seconds=bench.seconds)
        nothing = _watched("nothing", "--live", "none")
        for watched in (
            _watched("full view", "--live", "full"),
            _with_tab(_watched("page, a tab", "--live", "none", "--web")),
            _watched("OTLP", "--live", "none", "--out", f"otlp={collector.url}"),
        ):
            compared.append(interleave(bench, watched.name, watched, nothing, job, server.count))
            text = f"{watched.name}: CPU a request, of that with nothing"
            goals.append(Goal(text, watched.name, nothing.name, "cpu_us_net", at_most=AT_MOST))
    notes = [goal.verdict(compared) for goal in goals]
    return comparison("views", "Looking on, against nothing, in pairs", compared, notes)


def _watched(name: str, *options: str) -> Peer:
    """loadgen on a terminal, with its progress and what `options` say."""
    plain = loadgen(name, *options)

    def command(job: Job, scratch: Path) -> list[str] | None:
        words = plain.command(job, scratch)
        assert words is not None
        loud = [word for word in words if word != "-q"]
        return [sys.executable, "-m", "tests.bench.on_terminal", *loud]

    return replace(plain, command=command)


def _with_tab(peer: Peer) -> Peer:
    """The same, and a tab that has its page open, from here."""

    def command(job: Job, scratch: Path) -> list[str] | None:
        threading.Thread(target=_open, args=(scratch / "stderr",), daemon=True).start()
        return peer.command(job, scratch)

    return replace(peer, command=command)


def _open(said: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        found = _URL.search(said.read_text("utf-8", "replace")) if said.exists() else None
        if found:
            at = urlsplit(found[0])
            with urllib.request.urlopen(f"http://{at.netloc}/events?{at.query}", timeout=START_S) as reply:
                while reply.read(1 << 16):
                    pass
            return
        time.sleep(0.05)
