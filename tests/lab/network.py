"""Machines of a lab: network namespaces on a bridge, each with a clock of its own; or this host alone without root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

SERIAL = count()
SUBNET = "10.231.77"
HOST = f"{SUBNET}.1"


@dataclass(frozen=True)
class Lab:
    """`host` is where the target and the coordinator are; `within` stands before a command to run it on a machine."""

    host: str
    within: tuple[tuple[str, ...], ...]
    names: tuple[str, ...] = ()

    @property
    def is_apart(self) -> bool:
        return self.host == HOST

    def unplug(self, machine: int) -> None:
        _ip("link", "set", self.names[machine], "down")


@contextmanager
def lab(machines: int, *, loopback: bool = False) -> Iterator[Lab]:
    """Namespaces where root and the kernel allow it."""
    if loopback or os.geteuid() or not _can():
        yield Lab("127.0.0.1", ((),) * machines)
        return
    names = [f"lg{os.getpid() % 100_000}x{next(SERIAL)}" for _ in range(machines)]
    try:
        _ip("link", "add", "lglab", "type", "bridge")
        _ip("addr", "add", f"{HOST}/24", "dev", "lglab")
        _ip("link", "set", "lglab", "up")
        for number, space in enumerate(names):
            outside = space
            _ip("netns", "add", space)
            _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", outside, "master", "lglab", "up")
            _ip("-n", space, "addr", "add", f"{SUBNET}.{11 + number}/24", "dev", "eth0")
            _ip("-n", space, "link", "set", "eth0", "up")
            _ip("-n", space, "link", "set", "lo", "up")
        within = [
            ("ip", "netns", "exec", name, "unshare", "-T", "--monotonic", str(500 * number))
            for number, name in enumerate(names, 1)
        ]
        yield Lab(HOST, tuple(within), tuple(names))
    finally:
        for name in names:
            _ip("netns", "del", name, check=False)
        _ip("link", "del", "lglab", check=False)


def _can() -> bool:
    tried = subprocess.run(["unshare", "-T", "-n", "--monotonic", "1", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)
