import socket

import pytest

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.links.addresses import ROLES, check_address, check_free, tls_files
from loadgen.executors.places.machines.links.dask_commands import machine_command, scheduler_command


@pytest.mark.parametrize(
    "address", ["tls://head:8786", "tls://10.0.0.1:1", "tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tcp://localhost:1"]
)
def test_an_address_is_encrypted_or_of_this_host(address):
    check_address(address)


@pytest.mark.parametrize("address", ["tcp://head:8786", "tcp://10.0.0.1:8786", "tcp://127.0.0.1.test:8786"])
def test_beyond_loopback_nothing_is_said_in_the_open(address):
    with pytest.raises(UsageError, match="beyond loopback it is tls://"):
        check_address(address)


@pytest.mark.parametrize("address", ["head:8786", "tls://head", "tls://head:x", "tls://head:99999", "ucx://head:1", ""])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="expected tls://HOST:PORT"):
        check_address(address)


def test_where_nobody_can_listen_it_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tls://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match=r"cannot listen there: Address already in use$"):
            check_free(address)
    check_free(address)
    with pytest.raises(UsageError, match=r"192\.0\.2\.1:1: cannot listen there"):
        check_free("tls://192.0.2.1:1")


def test_each_role_has_a_certificate_of_its_own(tmp_path):
    for name in ("ca", *ROLES):
        (tmp_path / f"{name}.pem").touch()
    files = [tls_files("tls://head:1", str(tmp_path), role) for role in ROLES]
    assert [file[0] for file in files] == [str(tmp_path / "ca.pem")] * 3
    assert len({file[1] for file in files}) == 3
    assert tls_files("tcp://127.0.0.1:1", None, "machine") is None


def test_missing_certificates_are_said_with_how_to_make_them(tmp_path):
    with pytest.raises(UsageError, match="give --certificates DIR"):
        tls_files("tls://head:1", None, "machine")
    with pytest.raises(UsageError, match=r"there is no .*ca\.pem; `loadgen cluster certificates DIR` makes it"):
        tls_files("tls://head:1", str(tmp_path), "machine")


def test_the_commands_of_dask_have_its_settings(tmp_path):
    for name in ("ca", *ROLES):
        (tmp_path / f"{name}.pem").touch()
    words, environment = scheduler_command("tls://10.1.2.3:8786", str(tmp_path))
    assert {"--host", "10.1.2.3", "--port", "8786", str(tmp_path / "scheduler.pem")} <= {*words}
    assert environment["DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH"] == "100"
    assert "-P" in words, "a dask.py that lies in the working folder is not taken for Dask"
    words, environment = machine_command("tls://10.1.2.3:8786", str(tmp_path))
    assert {"tls://10.1.2.3:8786", "--no-nanny", "-P", str(tmp_path / "machine.pem")} <= {*words}
    assert environment["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] == "False"
    assert "--tls-key" not in machine_command("tcp://127.0.0.1:8786", None)[0]
