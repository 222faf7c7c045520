"""Debian's nginx with a configuration of our own: one worker, loopback, every request in an access log."""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.certificates import Certificates

PAGE = b"hello world\n"
STOP_TIMEOUT_S = 10.0
BACKLOG = 4096

# /upload answers when it has read the whole body: the mirror has to read it before the request goes on to the file.
CONFIG = """
{user}
daemon off; worker_processes 1; worker_rlimit_nofile {descriptors}; worker_shutdown_timeout 2s;
pid {root}/nginx.pid; error_log {root}/error.log error;
events {{ worker_connections {descriptors}; multi_accept on; }}
http {{
    log_format counted '$status $bytes_sent $request_length $request';
    access_log {root}/access.log counted buffer=64k;
    keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0; default_type text/plain;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    {certificate}
    server {{
        listen 127.0.0.1:{port} backlog={backlog};
        {listen_tls}
        root {root}/www;
        location = /upload {{ mirror /read-body; error_page 405 =200 /uploaded; }}
        location = /read-body {{ internal; return 204; }}
    }}
}}
"""


class Nginx:
    """A running nginx: `/` is a page of 12 bytes, `/upload` takes any body. `tls_url` is empty without certificates."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path, port: int, tls_port: int | None) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.tls_url = "" if tls_port is None else f"https://127.0.0.1:{tls_port}/"
        self.port = port
        self.pid = process.pid
        self._process = process
        self._root = root

    def stop(self) -> None:
        """End it in order, which writes the log out; connections still busy are cut after two seconds."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End master and worker at once, as a crash would; the log is not complete then."""
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)  # a group of its own: see start_new_session
        self._process.wait()

    def log_lines(self) -> list[str]:
        """`status bytes_sent request_length request` of each request, in order; complete only after `stop`."""
        if self._process.poll() is None:
            raise RuntimeError("nginx still buffers its log: stop it first")
        return (self._root / "access.log").read_text("latin-1").splitlines()

    def errors(self) -> str:
        """What it wrote to its error log."""
        return (self._root / "error.log").read_text("utf-8")


@contextmanager
def running_nginx(certificates: Certificates | None = None) -> Iterator[Nginx]:
    """Start nginx; with `certificates` also on a TLS port. Raises RuntimeError when it does not start.

    It inherits its listening sockets, so that their ports are free for certain and connects work from the first
    moment on.
    """
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="loadgen-nginx-")))
        listeners = [_listener(stack) for _ in range(1 if certificates is None else 2)]
        ports = [listener.getsockname()[1] for listener in listeners]
        tls_port = ports[1] if certificates else None
        _write_files(root, ports[0], tls_port, certificates)
        process = subprocess.Popen(
            ["nginx", "-p", root, "-c", root / "nginx.conf", "-e", root / "error.log"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno() for listener in listeners],
            env={**os.environ, "NGINX": "".join(f"{listener.fileno()};" for listener in listeners)},
            start_new_session=True,
        )
        for listener in listeners:
            listener.close()
        server = Nginx(process, root, ports[0], tls_port)
        stack.callback(server.stop)
        _await_worker(server)
        yield server


def _listener(stack: ExitStack) -> socket.socket:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=BACKLOG))
    listener.setblocking(False)  # nginx takes it as it is
    return listener


def _await_worker(server: Nginx) -> None:
    """Connect and end without a word, which nginx does not log: it closes in turn once its worker runs."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=STOP_TIMEOUT_S) as connection:
        connection.shutdown(socket.SHUT_WR)
        try:
            connection.recv(1)
        except ConnectionResetError:
            raise RuntimeError(f"nginx did not start: {server.errors()}") from None


def _write_files(root: Path, port: int, tls_port: int | None, certificates: Certificates | None) -> None:
    www = root / "www"
    www.mkdir()
    (www / "index.html").write_bytes(PAGE)
    for name in ("upload", "uploaded"):  # the one that a POST must not have, and the one it gets
        (www / name).write_bytes(b"received\n")
    certificate = listen_tls = ""
    if certificates is not None:
        certificate = f"ssl_certificate {certificates.server_cert}; ssl_certificate_key {certificates.server_key};"
        listen_tls = f"listen 127.0.0.1:{tls_port} ssl backlog={BACKLOG};"
    text = CONFIG.format(
        user="user root;" if os.geteuid() == 0 else "",
        descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        root=root,
        port=port,
        backlog=BACKLOG,
        certificate=certificate,
        listen_tls=listen_tls,
    )
    (root / "nginx.conf").write_text(text, "utf-8")
