import ssl
from pathlib import Path

import pytest

from loadgen.base.endpoint import Tls
from loadgen.base.errors import UsageError
from loadgen.base.tls import make_context
from tests.support.certificates import Certificates


def test_certificates_and_names_are_verified_unless_told_otherwise() -> None:
    context = make_context(Tls())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_insecure_accepts_every_certificate() -> None:
    context = make_context(Tls(verify=False))
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


def test_a_ca_file_takes_the_place_of_the_systems_authorities(certificates: Certificates) -> None:
    trusted = make_context(Tls(ca_file=str(certificates.ca))).get_ca_certs(binary_form=True)
    assert trusted == [ssl.PEM_cert_to_DER_cert(certificates.ca.read_text())]


def test_http_1_is_offered_and_nothing_else(certificates: Certificates) -> None:
    client = make_context(Tls(ca_file=str(certificates.ca)))
    server = certificates.server_context()
    server.set_alpn_protocols(["h2", "http/1.1"])
    assert negotiated(client, server) == "http/1.1"


def test_a_client_certificate_is_shown(certificates: Certificates) -> None:
    tls = Tls(
        ca_file=str(certificates.ca), cert_file=str(certificates.client_cert), key_file=str(certificates.client_key)
    )
    negotiated(make_context(tls), certificates.server_context(client_must_show_certificate=True))


def test_a_key_may_be_in_the_certificates_file(certificates: Certificates, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text(certificates.client_key.read_text() + certificates.client_cert.read_text())
    make_context(Tls(cert_file=str(both)))


@pytest.mark.parametrize(
    "content", [None, "", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=r"--cacert: cannot use '.*ca\.pem': ") as caught:
        make_context(Tls(ca_file=str(path)))
    assert "key" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_certificate_without_its_key_is_refused(certificates: Certificates) -> None:
    tls = Tls(cert_file=str(certificates.client_cert))
    with pytest.raises(UsageError, match=r"--cert/--key: cannot use .*: expected PEM"):
        make_context(tls)


def test_a_key_without_its_certificate_is_refused(certificates: Certificates) -> None:
    with pytest.raises(UsageError, match="add --cert FILE"):
        make_context(Tls(key_file=str(certificates.client_key)))


def test_a_key_of_another_certificate_is_refused(certificates: Certificates) -> None:
    tls = Tls(cert_file=str(certificates.client_cert), key_file=str(certificates.server_key))
    with pytest.raises(UsageError, match="with a certificate and its own key"):
        make_context(tls)


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pem.*No such file"):
        make_context(Tls(cert_file=str(tmp_path / "none.pem")))


def test_an_encrypted_key_is_refused_without_asking(certificates: Certificates, tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(encrypted(certificates.client_key.read_bytes()))
    tls = Tls(cert_file=str(certificates.client_cert), key_file=str(path))
    with pytest.raises(UsageError, match="the key is encrypted"):
        make_context(tls)


def encrypted(key: bytes) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )


def negotiated(client: ssl.SSLContext, server: ssl.SSLContext) -> str | None:
    """Shake hands in memory; the protocol agreed on."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    pending = [ours, theirs]
    while pending:
        side = pending.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pending.append(side)
    return ours.selected_alpn_protocol()


def test_where_nothing_is_verified_the_authorities_of_this_machine_are_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    context = make_context(Tls(verify=False))
    assert (context.verify_mode, context.check_hostname, context.cert_store_stats()["x509"]) == (
        ssl.CERT_NONE,
        False,
        0,
    )
    assert context.keylog_filename == ssl.create_default_context().keylog_filename == str(tmp_path / "keys")
