"""The TLS context that all clients of a process share: to read whom this machine trusts costs about 30 ms."""

import os
import ssl
import warnings

from loadgen.base.endpoint import Tls
from loadgen.base.errors import UsageError

_LEAST = "1.2"  # of Python's own context
_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def make_context(tls: Tls, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """A client's context; verification is on by default. Raises UsageError for files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=tls.ca_file) if tls.verify or tls.ca_file else _trusting_nobody()
    except OSError as error:
        raise UsageError(f"--cacert: cannot use {tls.ca_file!r}: {_reason(error, 'certificates')}") from None
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _limit(context, tls)
    context.set_alpn_protocols(list(alpn))
    if tls.key_file is not None and tls.cert_file is None:
        raise UsageError(f"--key: {tls.key_file!r} needs its certificate; add --cert FILE")
    if tls.cert_file is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
        except OSError as error:
            files = f"{tls.cert_file!r} with {tls.key_file or tls.cert_file!r}"
            reason = _reason(error, "a certificate and its own key")
            raise UsageError(f"--cert/--key: cannot use {files}: {reason}") from None
    return context


def _trusting_nobody() -> ssl.SSLContext:
    """As Python's own, without the authorities of this machine, which nobody asks where nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if keys := os.environ.get("SSLKEYLOGFILE"):
        context.keylog_filename = keys
    return context


def _limit(context: ssl.SSLContext, tls: Tls) -> None:
    """Versions and ciphers, of those that this machine's OpenSSL has."""
    least = tls.min_version or min(tls.max_version or _LEAST, _LEAST)
    if tls.min_version is not None or tls.max_version is not None:
        with warnings.catch_warnings():  # whoever asks for old ones knows that they are
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _VERSIONS[least]
            if tls.max_version is not None:
                context.maximum_version = _VERSIONS[tls.max_version]
    if least < _LEAST and tls.ciphers is None:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 has the old ones at this level alone
    if tls.ciphers is not None:
        try:
            context.set_ciphers(tls.ciphers)
        except ssl.SSLError:
            raise UsageError(
                f"--ciphers: this machine's OpenSSL has none of {tls.ciphers!r}; `openssl ciphers` lists them"
            ) from None


def _no_password() -> str:
    """An encrypted key must not ask at the terminal in the middle of a run."""
    raise OSError("the key is encrypted; decrypt it first, for instance with `openssl pkey`")


def _reason(error: OSError, expected: str) -> str:
    if isinstance(error, ssl.SSLError):
        return f"expected PEM with {expected}"
    return error.strerror or str(error)
