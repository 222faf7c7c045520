"""The certificates of a cluster, in handshakes: each role is believed by the others, and nobody else is."""

import ssl
import stat

import pytest

from loadgen.base.errors import UsageError

pytest.importorskip("cryptography")

from loadgen.executors.places.machines.links.addresses import ROLES, check_files
from loadgen.executors.places.machines.links.certificates import make_certificates


def context(folder, role, authority, side):
    made = ssl.SSLContext(side)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.load_verify_locations(authority / "ca.pem")
    made.load_cert_chain(folder / f"{role}.pem")
    return made


def shake_hands(server, client):
    """Both to the end, in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [server.wrap_bio(up, down, server_side=True), client.wrap_bio(down, up)]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
                side.read(1)  # where TLS 1.3 tells the client that it is refused
            except ssl.SSLWantReadError:
                pass
    return sides[0].getpeercert()


@pytest.mark.parametrize("server", ROLES)
@pytest.mark.parametrize("client", ROLES)
def test_roles_of_one_cluster_believe_each_other(tmp_path, server, client):
    make_certificates(tmp_path / "a")
    folder = tmp_path / "a"
    peer = shake_hands(
        context(folder, server, folder, ssl.PROTOCOL_TLS_SERVER),
        context(folder, client, folder, ssl.PROTOCOL_TLS_CLIENT),
    )
    assert peer["subject"] == ((("commonName", f"loadgen {client}"),),)


def test_what_is_no_certificate_is_said_by_its_name(tmp_path):
    make_certificates(tmp_path)
    files = str(tmp_path / "ca.pem"), str(tmp_path / "machine.pem")
    check_files(files)
    check_files(None)
    (tmp_path / "machine.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    with pytest.raises(UsageError, match=r"machine\.pem is no certificate with its key; copy"):
        check_files(files)
    (tmp_path / "ca.pem").write_text("half a co")
    with pytest.raises(UsageError, match=r"ca\.pem is no certificate; copy"):
        check_files(files)


def test_a_certificate_of_another_cluster_is_refused(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    make_certificates(a)
    make_certificates(b)
    with pytest.raises(ssl.SSLError):
        shake_hands(
            context(a, "scheduler", a, ssl.PROTOCOL_TLS_SERVER), context(b, "machine", a, ssl.PROTOCOL_TLS_CLIENT)
        )


def test_nobody_else_may_read_them_and_none_is_written_over(tmp_path):
    folder = tmp_path / "a"
    written = make_certificates(folder)
    assert sorted(written) == sorted(folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    with pytest.raises(UsageError, match=r"ca\.pem is there already"):
        make_certificates(folder)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"is there already|cannot write"):
        make_certificates(tmp_path / "file")
