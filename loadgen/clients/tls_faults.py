"""Why TLS failed: one sentence and one remedy for each cause, from what OpenSSL and the server's certificate say."""

import ssl
from collections.abc import Mapping
from typing import Any

_MOST_NAMES = 5
_SKIP = "or skip the check with --insecure"

_UNTRUSTED = (2, 18, 19, 20, 21, 27)
_NOT_YET_VALID, _EXPIRED, _REVOKED, _PURPOSE = 9, 10, 23, 26
_OTHER_NAME = (62, 63, 64)
_WEAK = (66, 67, 68)
"""X509_V_ERR_... of OpenSSL's x509_vfy.h."""

_CIPHERS = "the server refused every cipher that was offered: look at --ciphers, or update the server"
_BY_REASON = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port: use http://, or the port of its https://",
    "HTTP_REQUEST": "the server does not speak TLS on this port: use http://, or the port of its https://",
    "UNSUPPORTED_PROTOCOL": "the server speaks only versions of TLS that are not offered: lower --tls-min or update it",
    "TLSV1_ALERT_PROTOCOL_VERSION": (
        "the server speaks no version of TLS that is offered: look at --tls-min and --tls-max, or update it"
    ),
    "NO_PROTOCOLS_AVAILABLE": (
        "this machine's OpenSSL allows no version of TLS: look at its openssl.cnf, --tls-min and --tls-max"
    ),
    "TLSV1_ALERT_INTERNAL_ERROR": "the server gave the handshake up for an error of its own: look at its log",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _CIPHERS,
    "NO_SHARED_CIPHER": _CIPHERS,
    "TLSV1_UNRECOGNIZED_NAME": "the server knows no host of that name: use a name that it serves in the URL",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server wants a certificate of its clients: give --cert and --key",
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the certificate of --cert: use one that it does",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server wants another certificate of its clients: look at --cert and --key",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the certificate of --cert has expired: renew it",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the server does not accept the certificate of --cert: look at what it asks for",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "the server does not offer this HTTP (ALPN): use another --http",
    "DH_KEY_TOO_SMALL": "the server's Diffie-Hellman key is too weak for this machine's OpenSSL: give it a longer one",
    "EE_KEY_TOO_SMALL": "the server's key is too weak for this machine's OpenSSL: give it a longer one",
    "CA_MD_TOO_WEAK": "the server's certificate has a signature too weak for this machine's OpenSSL: renew it",
}


def explain_tls(error: ssl.SSLError, host: str = "", certificate: Mapping[str, Any] | None = None) -> str:
    """The sentence. `host` is what was asked for, `certificate` the server's, as ssl.SSLSocket.getpeercert has it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverified(error, host, certificate or {})
    reason: str = getattr(error, "reason", None) or ""  # one that was not made by OpenSSL has none
    if reason in _BY_REASON:
        asked = f" (asked for {host})" if host and reason == "TLSV1_UNRECOGNIZED_NAME" else ""
        return _BY_REASON[reason].replace(" of that name", f" of that name{asked}")
    return error.strerror or reason or str(error)


def server_certificate(sock: object) -> Mapping[str, Any] | None:
    """What the server showed in a handshake, perhaps not verified; None where it is not known."""
    try:
        chain = sock._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # public from Python 3.13 on
        info: Mapping[str, Any] = chain[0].get_info()
    except (AttributeError, TypeError, IndexError, ValueError):
        return None
    return info


def _unverified(error: ssl.SSLCertVerificationError, host: str, certificate: Mapping[str, Any]) -> str:
    code, names = error.verify_code, _names(certificate)
    whose = f"the certificate of {host or 'the server'}{f' (for {names})' if names else ''}"
    if code in _OTHER_NAME:
        other = f", but for {names}" if names else ""
        return f"the certificate is not for {host or 'that name'}{other}: use such a name in the URL, {_SKIP}"
    if code == _EXPIRED:
        until = f" (valid until {certificate['notAfter']})" if "notAfter" in certificate else ""
        return f"{whose}, or one that it rests on, has expired{until}: renew it on the server, {_SKIP}"
    if code == _NOT_YET_VALID:
        since = f" before {certificate['notBefore']}" if "notBefore" in certificate else ""
        return f"{whose} is not valid yet{since}: set this machine's clock, or the server's certificate, right, {_SKIP}"
    if code in _UNTRUSTED:
        issuer = _issuer(certificate)
        return f"{whose} is signed by {issuer}, which is not trusted here: trust it with --cacert FILE, {_SKIP}"
    if code == _PURPOSE:
        return f"{whose} is not meant for servers: get one for TLS server authentication, {_SKIP}"
    if code in _WEAK:
        return (
            f"{whose}, or one that it rests on, has too weak a key or signature: renew it with a stronger one, {_SKIP}"
        )
    if code == _REVOKED:
        return f"{whose} has been revoked: renew it on the server, {_SKIP}"
    return f"{whose} was not accepted, {error.verify_message}: put it right on the server, {_SKIP}"


def _names(certificate: Mapping[str, Any]) -> str:
    """The hosts that a certificate is for."""
    names = [str(name) for kind, name in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    names = names or [value for key, value in _parts(certificate, "subject") if key == "commonName"]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _issuer(certificate: Mapping[str, Any]) -> str:
    if certificate and certificate.get("issuer") == certificate.get("subject"):
        return "itself"
    parts = dict(_parts(certificate, "issuer"))
    name = parts.get("commonName") or parts.get("organizationName") or ""
    return f"{name!r}" if name else "an authority"


_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}


def name_in(certificate: Mapping[str, Any], key: str) -> str:
    """The `subject` or `issuer` of a certificate on one line; of one without, the hosts that it is for."""
    parts = [f"{_SHORT.get(name, name)}={value}" for name, value in reversed(_parts(certificate, key))]
    return ", ".join(parts) or _names(certificate)


def _parts(certificate: Mapping[str, Any], key: str) -> list[tuple[str, str]]:
    return [pair for part in certificate.get(key, ()) for pair in part]
