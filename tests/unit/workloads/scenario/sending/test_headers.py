"""Credentials among a user's header fields are told, so that no output shows them."""

import pytest

from loadgen.workloads.scenario.sending.headers import UserHeaders


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Authorization", "Bearer abc-123", ["abc-123"]),
        ("x-api-key", "abc-123", ["abc-123"]),
        ("Cookie", "id=abc-123; at=12", ["id=abc-123; at=12", "at=12"]),
        ("Accept", "text/html", []),
    ],
)
def test_credentials_that_a_user_sends_are_told(name: str, value: str, told: list[str]) -> None:
    secrets: list[str] = []
    headers = UserHeaders((), lambda: None, secrets.append)
    headers[name] = value
    assert [secret for secret in secrets if secret] == told
    assert headers.block == f"{name}: {value}\r\n"
