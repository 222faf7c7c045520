"""Real S3 stores on loopback: OpenStack Swift with s3api, which checks signatures, and moto, which does not.

`LOADGEN_TEST_S3_ENDPOINT`, `_KEY` and `_SECRET` name a store to be tested in the place of Swift.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.s3_access_log import AccessLog

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0
KINDS = ("object", "container", "account")
BIN = Path(sys.executable).parent

MAKE_RINGS = """
import sys
from swift.common.ring import RingBuilder
folder, *ports = sys.argv[1:]
for kind, port in zip(("object", "container", "account"), ports, strict=True):
    builder = RingBuilder(4, 1, 1)
    place = {"ip": "127.0.0.1", "port": int(port)}
    place |= {"replication_" + name: value for name, value in place.items()}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "", **place})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{kind}.ring.gz")
"""

SWIFT = """
[swift-hash]
swift_hash_path_suffix = loadgen
[storage-policy:0]
name = only
default = yes
"""

COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {root}
devices = {root}/node
mount_check = false
disable_fallocate = true
log_level = WARNING
user = {user}
"""

STORAGE = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
recon_cache_path = {root}/cache
"""

PROXY = """
[pipeline:main]
pipeline = catch_errors proxy-logging cache bulk s3api tempauth slo dlo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:proxy-logging]
use = egg:swift#proxy_logging
access_log_udp_host = 127.0.0.1
access_log_udp_port = {log_port}
access_log_level = INFO
log_msg_template = {{method}} {{path}} {{status_int}}
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
check_bucket_owner = false
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
"""


@dataclass(frozen=True)
class S3Store:
    """A running store; `checks_signatures` says that it refuses a wrong secret. `log` is its own, if it keeps one."""

    name: str
    url: str
    key: str
    secret: str
    checks_signatures: bool = True
    log: AccessLog | None = None


class NotStarted(Exception):  # noqa: N818
    """Why a store could not be started here."""


@contextmanager
def running_signing_store() -> Iterator[S3Store]:
    """The store that the environment names, else Swift."""
    url = os.environ.get("LOADGEN_TEST_S3_ENDPOINT")
    if url:
        yield S3Store("given", url, os.environ["LOADGEN_TEST_S3_KEY"], os.environ["LOADGEN_TEST_S3_SECRET"])
        return
    with running_swift() as store:
        yield store


@contextmanager
def running_swift(set_attribute: Callable[[Path, str, bytes], None] = os.setxattr) -> Iterator[S3Store]:
    """Swift's four servers with files in a folder of their own. Raises NotStarted."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="loadgen-swift-", ignore_cleanup_errors=True)))
        _check_attributes(root, set_attribute)
        ports = dict(zip((*KINDS, "proxy"), _free_ports(4), strict=True))
        log = stack.enter_context(AccessLog())
        _configure(root, ports, log.port)
        servers = {
            kind: stack.enter_context(
                _running([str(BIN / f"swift-{kind}-server"), str(root / f"{kind}.conf")], root / f"{kind}.log")
            )
            for kind in ports
        }
        for kind, process in servers.items():
            _await_port(process, ports[kind], root / f"{kind}.log")
        yield S3Store("swift", f"http://127.0.0.1:{ports['proxy']}", "test:tester", "testing", log=log)


@contextmanager
def running_moto(programs: Path = BIN) -> Iterator[S3Store]:
    """moto's server of the folder `programs`, which takes any key. Raises NotStarted."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="loadgen-moto-")))
        (port,) = _free_ports(1)
        command = [str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
        _await_port(stack.enter_context(_running(command, root / "log")), port, root / "log")
        yield S3Store("moto", f"http://127.0.0.1:{port}", "anyone", "anything", checks_signatures=False)


def _check_attributes(root: Path, set_attribute: Callable[[Path, str, bytes], None]) -> None:
    """Swift keeps what it knows of an object in extended attributes of its file."""
    try:
        set_attribute(root, "user.loadgen", b"1")
    except OSError as error:
        raise NotStarted(f"Swift needs extended attributes on {root}: {error.strerror}") from None


def _configure(root: Path, ports: dict[str, int], log_port: int) -> None:
    for folder in ("cache", "node/d1"):
        (root / folder).mkdir(parents=True)
    (root / "swift.conf").write_text(SWIFT)
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    for kind, port in ports.items():
        part = PROXY.format(log_port=log_port) if kind == "proxy" else STORAGE.format(kind=kind, root=root)
        (root / f"{kind}.conf").write_text(COMMON.format(port=port, root=root, user=user) + part)
    rings = [sys.executable, "-c", MAKE_RINGS, str(root), *(str(ports[kind]) for kind in KINDS)]
    made = subprocess.run(rings, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotStarted(f"Swift's rings could not be made: {made.stderr.strip()[-300:]}")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [sock.getsockname()[1] for sock in sockets]


@contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=_environment(log.parent),
                start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise NotStarted(f"{command[0]}: {error.strerror}; pip install -e '.[dev]'") from None
    try:
        yield process
    finally:
        _end(process)


def _environment(root: Path) -> dict[str, str]:
    """Without proxies, credentials and settings of this machine's."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {name: value for name, value in kept.items() if not name.startswith("AWS_")} | {"SWIFT_ROOT": str(root)}


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)  # a group of its own: see start_new_session
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise NotStarted(f"no server on port {port}: {log.read_text('utf-8', 'replace').strip()[-300:]}")


def started(running: Callable[[], AbstractContextManager[S3Store]]) -> Iterator[S3Store]:
    """For a fixture: the store while it runs; without it its tests are skipped, with the reason."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NotStarted as reason:
            pytest.skip(str(reason))
        yield server
