import pytest

from loadgen.base.address import host_and_port, is_loopback


def test_an_address_has_a_host_and_a_port() -> None:
    assert host_and_port("h:1") == ("h", 1)
    assert host_and_port(":0") == ("127.0.0.1", 0)
    assert host_and_port("[::1]:2") == ("::1", 2)


@pytest.mark.parametrize("text", ["9464", "host", "h:99999", "http://h:1/", "u@h:1", "h:1?x"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="such as 127"):
        host_and_port(text)


def test_a_machine_calls_itself_by_few_names() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example")))
