"""Addresses of a Dask cluster, and the certificates without which nothing is said beyond loopback."""

import os
import socket
import ssl
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from loadgen.base.address import is_loopback
from loadgen.base.errors import UsageError

ROLES = ("scheduler", "machine", "coordinator")
AUTHORITY = "ca.pem"


def check_extra() -> None:
    """Raise UsageError where what a cluster needs is not installed."""
    if find_spec("distributed") is None:
        raise UsageError("a cluster needs Dask: pip install 'loadgen[cluster]'")


def check_address(address: str) -> None:
    """Raise UsageError for what is no address of a cluster, or would let anybody run code there."""
    parts = urlsplit(address)
    try:
        whole = bool(parts.hostname and parts.port)
    except ValueError:
        whole = False
    if not whole or parts.scheme not in ("tcp", "tls"):
        raise UsageError(f"ADDRESS: expected tls://HOST:PORT, got {address!r}")
    if parts.scheme != "tls" and not is_loopback(parts.hostname or ""):
        raise UsageError(
            f"{address}: whoever reaches a Dask port runs code there, so beyond loopback it is tls:// with "
            "certificates of your own; see `loadgen cluster certificates`"
        )


def check_free(address: str) -> None:
    """Raise UsageError where nobody can listen at it: another does, or it is not of this host."""
    parts = urlsplit(address)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        with socket.create_server(found[0][4][:2], family=found[0][0]):
            pass
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
        raise UsageError(f"{address}: cannot listen there: {why}") from None


def tls_files(address: str, folder: str | None, role: str) -> tuple[str, str] | None:
    """The CA's certificate, and a role's with its key; None without TLS. Raises UsageError where they are not there."""
    check_address(address)
    if not address.startswith("tls://"):
        return None
    if folder is None:
        raise UsageError(f"{address}: give --certificates DIR, as `loadgen cluster certificates DIR` made it")
    files = (Path(folder) / AUTHORITY, Path(folder) / f"{role}.pem")
    for file in files:
        if not file.is_file():
            raise UsageError(f"--certificates: there is no {file}; `loadgen cluster certificates DIR` makes it")
    return str(files[0]), str(files[1])


def check_files(files: tuple[str, str] | None) -> None:
    """Raise UsageError where one of `tls_files` is not what its name says, as after half a copy."""
    for number, name in enumerate(files or ()):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            if number:
                context.load_cert_chain(name)
            else:
                context.load_verify_locations(name)
        except OSError as error:  # which those of ssl are
            what = "certificate with its key" if number else "certificate"
            why = f": {error.strerror}" if not isinstance(error, ssl.SSLError) else ""
            raise UsageError(f"--certificates: {name} is no {what}{why}; copy the folder again") from None
