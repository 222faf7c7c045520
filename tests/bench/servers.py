"""The servers under load: nginx with a configuration of its own, and loadgen's embedded target. Loopback only."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.parse import urlsplit

import trustme

from tests.bench.machine import Cores, pinned

SIZES = {"12": 12, "1k": 1 << 10, "10k": 10 << 10, "1m": 1 << 20}
START_TIMEOUT_S = 10.0

# /post answers after it has read the whole body: the mirror has to read it before it goes on to the file.
CONFIG = """
daemon off; master_process on; worker_processes {workers}; worker_cpu_affinity {affinity};
worker_rlimit_nofile {descriptors}; pid {root}/nginx.pid; error_log {root}/error.log crit;
events {{ worker_connections {descriptors}; {events} }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; root {root}/www;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi; client_body_buffer_size 64k;
    open_file_cache max=100; open_file_cache_valid 600s;
    ssl_certificate {root}/server.pem; ssl_certificate_key {root}/server.key;
    server {{
        listen 127.0.0.1:{port} backlog={backlog}; listen 127.0.0.1:{tls_port} ssl backlog={backlog};
        listen 127.0.0.1:{h2c_port} http2; listen 127.0.0.1:{h2_port} ssl http2;
        location = /post {{ mirror /read-body; error_page 405 =200 /12; }}
        location = /read-body {{ internal; return 204; }}
        location = /1m {{ sendfile on; tcp_nopush on; }}
        location = /s3 {{ default_type application/xml; return 200 "<ListBucketResult></ListBucketResult>"; }}
        location /s3/ {{
            add_header x-amz-request-id $request_id; error_page 418 = @put;
            client_max_body_size 0; if ($request_method = PUT) {{ return 418; }}
            location /s3/64MiB/ {{
                error_page 418 = @put; client_max_body_size 0; if ($request_method = PUT) {{ return 418; }}
                try_files /s3/large =404;
            }}
            location /s3/1MiB/ {{
                error_page 418 = @put; client_max_body_size 0; if ($request_method = PUT) {{ return 418; }}
                try_files /1m =404;
            }}
            try_files $uri /1k =404;
        }}
        location @put {{
            add_header x-amz-request-id $request_id; add_header ETag '"$request_id"';
            client_max_body_size 0; return 200;
        }}
        location = /login {{ default_type application/json; return 200 '{{"token":"$request_id"}}'; }}
        location /item/ {{ default_type application/json; return 200 '{{"path":"$uri","at":"$msec"}}'; }}
        location = /nginx-status {{ stub_status; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Count:
    """What nginx itself has counted: requests since it started, and connections open now."""

    requests: int
    connections: int


class Nginx:
    """A running nginx. `url`, `tls_url`, and over HTTP/2 `h2c_url` and `h2_url`, end without a slash; paths are /12,
    /10k, /1m and /post; /s3 stands for a bucket of any objects. `root`/www holds the files."""

    def __init__(self, port: int, tls_port: int, h2c_port: int, h2_port: int, root: Path) -> None:
        self.root = root
        self.url = f"http://127.0.0.1:{port}"
        self.tls_url = f"https://127.0.0.1:{tls_port}"
        self.h2c_url = f"http://127.0.0.1:{h2c_port}"
        self.h2_url = f"https://127.0.0.1:{h2_port}"
        self._status = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def count(self) -> Count:
        """Ask nginx over a connection of our own; neither it nor earlier questions are left out."""
        self._status.request("GET", "/nginx-status")
        words = self._status.getresponse().read().decode("ascii").split()
        return Count(requests=int(words[9]), connections=int(words[2]))

    def close(self) -> None:
        """Close our own connection."""
        self._status.close()


@contextmanager
def nginx(cores: Cores, *, backlog: int = 4096, multi_accept: bool = True) -> Iterator[Nginx]:
    """One nginx worker for each of `cores`, pinned to it."""
    port, tls_port, h2c_port, h2_port = free_port(), free_port(), free_port(), free_port()
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        _write_files(root)
        (root / "nginx.conf").write_text(
            CONFIG.format(
                root=root,
                port=port,
                tls_port=tls_port,
                h2c_port=h2c_port,
                h2_port=h2_port,
                workers=len(cores),
                affinity=" ".join(f"{1 << core:b}" for core in sorted(cores)),
                descriptors=descriptor_limit(),
                backlog=backlog,
                events="multi_accept on;" if multi_accept else "",
            ),
            "utf-8",
        )
        command = ["nginx", "-p", folder, "-c", str(root / "nginx.conf"), "-e", str(root / "error.log")]
        with running(command, port, cores):
            server = Nginx(port, tls_port, h2c_port, h2_port, root)
            try:
                yield server
            finally:
                server.close()


@contextmanager
def embedded_target(cores: Cores) -> Iterator[str]:
    """The URL of `loadgen target`, pinned to `cores`."""
    port = free_port()
    with running([sys.executable, "-m", "loadgen", "target", "--port", str(port)], port, cores):
        yield f"http://127.0.0.1:{port}/"


def end_as_an_exception() -> None:
    """Have SIGTERM and SIGHUP unwind what is under way, as Ctrl-C does, so that it stops what it started; once."""

    def end(number: int, _frame: object) -> None:
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:  # under nohup it is ignored, and stays so
            signal.signal(each, end)


@contextmanager
def running(command: list[str], port: int, cores: Cores) -> Iterator[None]:
    """Start a server, wait until it accepts on `port`, and stop it in the end. Raises RuntimeError if it does not."""
    with TemporaryFile("w+") as errors:  # a pipe that nobody reads would stop the server
        with pinned(cores):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            if not _listens(process, port):
                errors.seek(0)
                raise RuntimeError(f"{command[0]} does not listen on port {port}: {errors.read().strip()}")
            yield
        finally:
            process.terminate()
            process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _write_files(root: Path) -> None:
    www = root / "www"
    www.mkdir()
    for name, size in SIZES.items():
        (www / name).write_bytes((b"hello world!" * (size // 12 + 1))[:size])
    (www / "post").write_bytes(b"hello world!")
    write_certificate(root)
    for path in [www, *www.iterdir()]:
        path.chmod(0o755)


def write_certificate(root: Path) -> None:
    """`server.pem` and `server.key` for 127.0.0.1."""
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(root / "server.key")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(root / "server.pem", append=True)


def descriptor_limit() -> int:
    """Open files a process may have, as far as nginx cares."""
    return min(os.sysconf("SC_OPEN_MAX"), 65536)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def address(url: str) -> tuple[str, int]:
    """Host and port of one of our URLs."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None:
        raise ValueError(f"expected a URL with a host and a port, got {url!r}")
    return parts.hostname, parts.port
