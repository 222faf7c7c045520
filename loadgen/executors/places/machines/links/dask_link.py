"""Links over a Dask cluster (the extra `cluster`): one worker of it is a machine, and carries its messages."""

import asyncio
import logging
import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import distributed

from loadgen.base.errors import UsageError
from loadgen.base.units import counted
from loadgen.executors.places.machines.links.addresses import check_files, tls_files
from loadgen.executors.places.machines.links.dask_relay import Relay
from loadgen.executors.places.machines.links.mailbox import Listen, Mailbox
from loadgen.executors.places.machines.links.messages import Message, MessageReader, encode_message

WAIT_S = 30.0
"""To connect, with TLS, on any network, and for machines that were just started; where they are pods it may be more."""

FIRST_S = 10.0
"""For any machine, where it is not said how many are to be there, nor how long to wait."""

LEAST_S = 1.0
"""To be told of machines that are there, however long it took to connect."""

START_S = 30.0
"""Until a worker has imported loadgen, on a machine that is busy."""

LEAVE_S = 1.0

OWN_THREADS = 2
"""Of a worker that `loadgen cluster machine` started: one for what Dask asks, one to spare."""


def unreached(address: str, error: Exception) -> str:
    """Why a scheduler cannot be talked to, and what to do."""
    if "expired" in str(error.__cause__):
        return "its certificates are too old: make a new folder with `loadgen cluster certificates DIR`, and copy that"
    if "TLS certificate does not match" in str(error):
        return "its certificates are of another authority: copy the folder that the scheduler was given"
    if isinstance(error.__cause__ or error, ConnectionResetError) or "reset by peer" in str(error):
        asked = "over TLS" if address.startswith("tls://") else "without TLS"
        return f"it closes what is asked {asked}: is that address {'tcp' if asked == 'over TLS' else 'tls'}://?"
    if isinstance(error, MemoryError) or "wrong version number" in str(error.__cause__).lower():
        return "what answers there is no Dask scheduler, or not in this way: is that its address, and tls:// or tcp://?"
    if isinstance(error, TimeoutError) or "Timed out" in str(error):
        if not is_known(str(urlsplit(address).hostname)):
            return "its name is not known here"
        return f"nothing answers; is `loadgen cluster scheduler {address}` running there?"
    return (str(error) or type(error).__name__).splitlines()[0]


def is_known(host: str) -> bool:
    """Whether a name has an address."""
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def check_reached(address: str, certificates: str | None, wait_s: float) -> None:
    """Raise UsageError where a machine of these certificates could not talk to the scheduler within `wait_s`.

    Dask's worker would try for ever, and say no reason.
    """
    client = _client(address, certificates, "machine", wait_s)
    with suppress(Exception):  # of one that has just gone
        client.close(timeout=LEAVE_S)


def _client(address: str, certificates: str | None, role: str, wait_s: float) -> Any:
    """Dask's, connected. Raises UsageError."""
    files = tls_files(address, certificates, role)
    check_files(files)
    dask: Any = distributed  # whose types are not whole
    security = files and dask.Security(
        tls_ca_file=files[0], tls_client_cert=files[1], tls_client_key=files[1], require_encryption=True
    )
    for name in list(logging.root.manager.loggerDict):  # some have a level of their own; a loss is ours to tell
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return dask.Client(address, security=security, timeout=wait_s)
    except (OSError, ValueError, TypeError, MemoryError) as error:
        raise UsageError(f"cannot reach {address}: {unreached(address, error)}") from None


class Cluster:
    """The workers of a Dask cluster. Raises UsageError where it cannot be reached within `wait_s`, or has too few."""

    def __init__(
        self,
        address: str,
        machines: int | None = None,
        certificates: str | None = None,
        wait_s: float | None = None,
    ) -> None:
        until_s = time.monotonic() + (wait_s or 0.0)
        # The default one of this process: an actor finds its client so.
        self._client = _client(address, certificates, "coordinator", wait_s or WAIT_S)
        try:
            left_s = until_s - time.monotonic() if wait_s else WAIT_S if machines else FIRST_S
            self.workers = self._found(address, machines, max(LEAST_S, left_s))
        except BaseException:
            self.close()
            raise

    @property
    def warnings(self) -> list[str]:
        """In words: what of the workers is not as `loadgen cluster machine` starts them."""
        known = self._client.scheduler_info(n_workers=-1)["workers"]
        mine = [known[worker] for worker in self.workers if worker in known]
        texts = []
        if any(worker.get("nanny") for worker in mine):
            texts.append("a Dask worker has a nanny, which starts it again when it is lost: use --no-nanny")
        if any(worker.get("nthreads", 0) > OWN_THREADS for worker in mine):
            texts.append("a Dask worker has more threads than it needs here: --nthreads 2 leaves the cores to the load")
        return texts

    def links(self) -> list["DaskLink"]:
        """One to each worker."""
        return [DaskLink(self._client, worker) for worker in self.workers]

    def close(self) -> None:
        """Let go of it."""
        with suppress(Exception):  # of a scheduler that is gone; there is nothing left to lose
            self._client.close(timeout=LEAVE_S)

    def _found(self, address: str, machines: int | None, within_s: float) -> list[str]:
        with suppress(TimeoutError):
            self._client.wait_for_workers(machines or 1, timeout=within_s)
        workers = sorted(self._client.scheduler_info(n_workers=-1)["workers"])
        if len(workers) < (machines or 1):
            needed = f"{machines} are" if machines and machines > 1 else "1 is"
            tls = " --certificates DIR" if address.startswith("tls://") else ""
            raise UsageError(
                f"{address} has {counted(len(workers), 'machine')}, and {needed} needed; start "
                f"more with `loadgen cluster machine {address}{tls}`"
            )
        return workers[:machines]


class DaskLink:
    """A Link. Messages go down by calls of the actor, one at a time, so they come in their order."""

    def __init__(self, client: Any, worker: str) -> None:
        self.name = worker.partition("://")[2]
        self._client = client
        self._topic = f"loadgen-{uuid4().hex}"
        self._mailbox = Mailbox()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._out: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        client.subscribe_topic(self._topic, self._on_event)
        # Only the topic's name goes with the task: its arguments stay in the scheduler, and on its dashboard.
        self._future = client.submit(
            Relay, self._topic, actor=True, workers=[worker], allow_other_workers=False, pure=False, retries=0
        )
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def send(self, message: Message) -> None:
        self._out.put(encode_message(message))

    def listen(self, to: Listen | None) -> None:
        with self._lock:
            self._loop = None if to is None else asyncio.get_running_loop()
            self._mailbox.listen(to)

    def close(self) -> None:
        self._out.put(b"")

    def wait(self, within_s: float) -> None:
        self._writer.join(within_s)

    def _on_event(self, event: tuple[float, Any]) -> None:
        data = event[1]
        for message in MessageReader().feed(data) if data else [None]:
            self._came(message)

    def _came(self, message: Message | None) -> None:
        """On a thread of Dask's, or of ours."""
        with self._lock:
            if self._loop is None:
                self._mailbox.take(message)
            else:
                self._loop.call_soon_threadsafe(self._mailbox.take, message)

    def _write(self) -> None:
        try:
            relay: Any = self._future.result(timeout=START_S)
            is_open = True
            while is_open:
                pieces = [self._out.get()]
                while not self._out.empty():
                    pieces.append(self._out.get())
                is_open = all(pieces)
                if data := b"".join(pieces):
                    relay.take(data).result()
            relay.take(b"").result(timeout=LEAVE_S)
        except Exception:  # of any kind: the worker is gone, or the scheduler, or it could not start
            self._came(None)
