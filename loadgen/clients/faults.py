"""From what the operating system says to the classes of a Result; the same for every client."""

import errno
import ssl

from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.dialing import Proxy
from loadgen.base.error_class import ErrorClass
from loadgen.clients.tls_faults import explain_tls, server_certificate

LONG_IDLE_NS = 250 * NS_PER_MS
"""Nobody closes a connection that was idle for less because of that: idle limits are seconds."""

_BY_ERRNO = {
    errno.ECONNREFUSED: ErrorClass.CONNECTION_REFUSED,
    errno.ECONNRESET: ErrorClass.CONNECTION_RESET,
    errno.EPIPE: ErrorClass.CONNECTION_RESET,
    errno.ECONNABORTED: ErrorClass.CONNECTION_RESET,
    errno.ETIMEDOUT: ErrorClass.CONNECT_TIMEOUT,
    errno.EHOSTUNREACH: ErrorClass.UNREACHABLE,
    errno.ENETUNREACH: ErrorClass.UNREACHABLE,
    errno.EHOSTDOWN: ErrorClass.UNREACHABLE,
    errno.EMFILE: ErrorClass.NO_DESCRIPTORS,
    errno.ENFILE: ErrorClass.NO_DESCRIPTORS,
    errno.EADDRNOTAVAIL: ErrorClass.NO_PORTS,
}


_OURS = (ErrorClass.NO_DESCRIPTORS, ErrorClass.NO_PORTS)


class ProxyError(OSError):
    """What a proxy had to say in place of a connection; `kind` is whose fault that is."""

    def __init__(self, kind: ErrorClass, text: str) -> None:
        self.kind = kind
        super().__init__(0, text)


def blamed(error: OSError, proxy: Proxy | None) -> OSError:
    """What a connect failed of: where it went to a proxy, it tells nothing of the target."""
    if proxy is None or isinstance(error, ProxyError) or classify(error) in _OURS:
        return error
    if isinstance(error, TimeoutError):
        return ProxyError(ErrorClass.PROXY, f"the proxy {proxy} opened no way to the target in time")
    return ProxyError(ErrorClass.PROXY, f"the proxy {proxy}: {explain(error)}")


def no_such_socket() -> OSError:
    """Nobody has made the unix socket that a connection is to go to."""
    return ConnectionRefusedError(errno.ECONNREFUSED, "there is no such unix socket")


def classify(error: Exception) -> ErrorClass:
    """The class of an OSError (an SSLError among them); anything unforeseen is the generator's fault.

    Writing to a connection that has ended is the same with and without TLS.
    """
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ErrorClass.CONNECTION_RESET
    if isinstance(error, ssl.SSLError):
        return ErrorClass.TLS
    if isinstance(error, ProxyError):
        return error.kind
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno, ErrorClass.GENERATOR)
    return ErrorClass.GENERATOR


def why_no_reply(error: Exception | None, *, reused: bool, begun: bool, idle_ns: int = 0) -> tuple[ErrorClass, str]:
    """What it was that ended an open connection before a whole reply had come, and in words: an error, or its close.

    A connection that had carried another request, `idle_ns` before, and no byte in reply to this one, was stale.
    """
    kind = ErrorClass.EARLY_CLOSE if error is None else classify(error)
    if reused and not begun and kind in (ErrorClass.EARLY_CLOSE, ErrorClass.CONNECTION_RESET):
        return ErrorClass.STALE_CONNECTION, _stale(idle_ns) if idle_ns >= LONG_IDLE_NS else ""
    if error is None:
        return kind, "" if begun else "the server closed the connection without a reply"
    return kind, explain(error)


def _stale(idle_ns: int) -> str:
    return (
        f"the server had already closed the reused connection, {idle_ns / NS_PER_S:.1f} s after its last request: "
        "stay below its idle limit (--think), or reuse none (--no-keepalive)"
    )


def connect_error(error: OSError) -> ErrorClass:
    """The class of what ended an opening."""
    return ErrorClass.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else classify(error)


def handshake_error(error: OSError, sock: ssl.SSLSocket | ssl.SSLObject) -> OSError:
    """The error as one of TLS that says why, whatever ended the handshake, unless it was our own deadline.

    To be asked before the socket is closed.
    """
    if isinstance(error, TimeoutError):
        return error
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        text = "the server closed the connection during the TLS handshake"
    elif isinstance(error, ssl.SSLError):
        text = explain_tls(error, sock.server_hostname or "", server_certificate(sock))
    else:
        text = f"{error.strerror or error} during the TLS handshake"
    return ssl.SSLError(error.errno or 0, text)


def explain(error: Exception) -> str:
    """One short line for the report."""
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
