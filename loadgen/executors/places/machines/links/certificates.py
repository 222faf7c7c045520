"""A private certificate authority for one cluster, and a certificate for each role in it.

Dask asks for a certificate of this authority from either side of a connection, and for no host name: so a folder that
is copied to the machines is all there is to do, and whoever has a file of it may run code on all of them.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.links.addresses import AUTHORITY, ROLES

DAYS = 365
SKEW = timedelta(hours=1)
"""Of a machine whose clock is behind: to it a certificate would not be valid yet."""


def make_certificates(folder: Path) -> list[Path]:
    """Write them all; the authority's key is kept nowhere. Raises UsageError where some are there, or no room is."""
    now = datetime.now(UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"loadgen cluster {now:%Y-%m-%d}")])
    authority = (
        _builder(name, name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    written = [folder / AUTHORITY]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / AUTHORITY, authority.public_bytes(Encoding.PEM))
        for role in ROLES:
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"loadgen {role}")])
            certificate = (
                _builder(subject, name, key.public_key(), now)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(_usage(signs=False), critical=True)
                .add_extension(of_authority, critical=False)
                .sign(authority_key, hashes.SHA256())
            )
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            written.append(folder / f"{role}.pem")
            _write(written[-1], certificate.public_bytes(Encoding.PEM) + private)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} is there already; take another folder, or remove it") from None
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None
    return written


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Without it a strict reader, as Python 3.13 is, takes none of them."""
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, data: bytes) -> None:
    """A new file that nobody else may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
