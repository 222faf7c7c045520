import socket
from pathlib import Path

import pytest

from tests.support.s3_servers import NotStarted, running_moto, running_signing_store, running_swift


def test_a_store_that_is_not_installed_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="moto_server: No such file or directory; pip install"), running_moto(tmp_path):
        pass


def test_a_store_that_ends_at_once_says_why(tmp_path: Path) -> None:
    server = tmp_path / "moto_server"
    server.write_text("#!/bin/sh\necho it is Monday >&2\n")
    server.chmod(0o755)
    with pytest.raises(NotStarted, match=r"no server on port \d+: it is Monday"), running_moto(tmp_path):
        pass


def test_swift_is_not_started_where_it_could_keep_nothing() -> None:
    def refused(path: Path, name: str, value: bytes) -> None:
        raise OSError(95, "Operation not supported")

    with pytest.raises(NotStarted, match=r"extended attributes on .*: Operation not"), running_swift(refused):
        pass


def test_a_store_of_the_environment_is_taken_in_the_place_of_swift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADGEN_TEST_S3_ENDPOINT", "http://store:1")
    monkeypatch.setenv("LOADGEN_TEST_S3_KEY", "key")
    monkeypatch.setenv("LOADGEN_TEST_S3_SECRET", "secret")
    with running_signing_store() as store:
        assert (store.url, store.key, store.secret, store.checks_signatures) == (
            "http://store:1",
            "key",
            "secret",
            True,
        )


@pytest.mark.slow  # starts a server
def test_a_store_is_gone_in_the_end() -> None:
    with running_moto() as store:
        port = int(store.url.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
