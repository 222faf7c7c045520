"""What each cause of a failed handshake is said to be, in handshakes from memory to memory."""

import datetime
import ssl
from contextlib import suppress

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from loadgen.base.error_class import ErrorClass
from loadgen.clients.faults import classify, explain, handshake_error

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
AUTHORITY = trustme.CA()


def failure(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> str:
    """What is said of a handshake between the two that fails at the client."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        try:
            ours.do_handshake()
            ours.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            failed = handshake_error(error, ours)
            assert classify(failed) is ErrorClass.TLS
            return explain(failed)
        with suppress(ssl.SSLError):
            theirs.do_handshake()
    raise AssertionError("the handshake did not fail")


def client(*, trusting: trustme.CA | None = AUTHORITY) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trusting is not None:
        trusting.configure_trust(context)
    return context


def server(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or AUTHORITY.issue_cert("localhost")).configure_cert(context)
    return context


def server_with(tmp_path, *, bits: int = 2048, purpose=ExtendedKeyUsageOID.SERVER_AUTH) -> ssl.SSLContext:
    """A server whose certificate signs itself; what trusts it is in `own.pem`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "own.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(file)
    return context


def test_another_name_shows_what_was_asked_for_and_the_names_that_there_are():
    many = AUTHORITY.issue_cert(*[f"{letter}.example" for letter in "abcdefg"], "127.0.0.1")
    said = failure(server(many), client(), "other.example")
    assert said == (
        "the certificate is not for other.example, but for a.example, b.example, c.example, d.example, e.example and 3 "
        "more: use such a name in the URL, or skip the check with --insecure"
    )


def test_an_expired_certificate_is_to_be_renewed_and_not_to_be_trusted():
    said = failure(server(AUTHORITY.issue_cert("localhost", not_after=NOW - DAY)), client())
    assert said.startswith(
        "the certificate of localhost (for localhost), or one that it rests on, has expired (valid until "
    )
    assert said.endswith(" GMT): renew it on the server, or skip the check with --insecure")


def test_a_certificate_that_is_not_valid_yet_names_the_clocks():
    said = failure(server(AUTHORITY.issue_cert("localhost", not_before=NOW + DAY)), client())
    assert " is not valid yet before " in said
    assert "set this machine's clock" in said


def test_an_unknown_authority_is_to_be_trusted(tmp_path):
    assert failure(server(), client(trusting=None)).startswith(
        "the certificate of localhost (for localhost) is signed by 'trustme v"
    )
    assert "is signed by itself, which is not trusted here: trust" in failure(server_with(tmp_path), client())


def test_a_certificate_for_clients_is_not_one_for_servers(tmp_path):
    context, own = server_with(tmp_path, purpose=ExtendedKeyUsageOID.CLIENT_AUTH), client()
    own.load_verify_locations(tmp_path / "own.pem")
    assert "is not meant for servers: get one for TLS server authentication" in failure(context, own)


def test_a_weak_key_is_said_to_be_one(tmp_path):
    context, own = server_with(tmp_path, bits=1024), client()
    own.load_verify_locations(tmp_path / "own.pem")
    own.set_ciphers("DEFAULT:@SECLEVEL=2")
    assert "too weak" in failure(context, own)


def test_a_server_of_older_versions_is_said_to_be_one():
    context, own = server(), client()
    own.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert failure(context, own) == (
        "the server speaks no version of TLS that is offered: look at --tls-min and --tls-max, or update it"
    )


def test_a_server_that_wants_a_certificate_says_so():
    context = server()
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    assert failure(context, client()) == "the server wants a certificate of its clients: give --cert and --key"


def test_a_server_that_does_not_speak_tls_is_said_not_to():
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client().wrap_bio(to_client, to_server, server_hostname="localhost")
    to_client.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ssl.SSLError) as caught:
        ours.do_handshake()
    said = explain(handshake_error(caught.value, ours))
    assert said.startswith("the server does not speak TLS on this port: use http://")


def test_what_is_not_in_the_list_is_said_in_the_words_of_openssl():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = 1, "path length constraint exceeded"
    assert explain(error) == (
        "the certificate of the server was not accepted, path length constraint exceeded: put it right on the server, "
        "or skip the check with --insecure"
    )
    assert explain(ssl.SSLError(1, "bad record")) == "bad record"
