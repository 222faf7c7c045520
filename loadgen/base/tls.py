"""The TLS context that all clients of a process share: making one costs about 30 ms."""

import ssl

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Tls


def make_context(tls: Tls, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """A client's context; verification is on by default. Raises UsageError for files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except OSError as error:
        raise UsageError(f"--cacert: cannot use {tls.ca_file!r}: {_reason(error)}") from None
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(alpn))
    if tls.cert_file is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
        except OSError as error:
            raise UsageError(
                f"--cert/--key: cannot use {tls.cert_file!r} with {tls.key_file or tls.cert_file!r}: {_reason(error)}"
            ) from None
    return context


def _no_password() -> str:
    """An encrypted key must not ask at the terminal in the middle of a run."""
    raise OSError("the key is encrypted; decrypt it first, for instance with `openssl pkey`")


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "expected PEM with a certificate and its own key"
    return error.strerror or str(error)
