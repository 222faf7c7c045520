"""What is read without pydantic is what pydantic makes of it, key by key."""

from typing import Any

import pytest

from loadgen.plan.jobs.http import Variable
from loadgen.plan.profiles.flat import read_flat, reader_of
from loadgen.plan.profiles.profile import Profile
from loadgen.plan.profiles.values import Raw

TARGET = {"target": Raw("http://127.0.0.1:8080/a?b=c")}
NESTED = {"headers", "requests", "locust", "scenarios", "feeds", "per_user", "s3"}
VALUES: dict[str, Any] = {
    "name": Raw("shop"), "description": Raw("what it is"), "variables": (Variable("id", "random", (1, 9)),),
    "connections": Raw("1k"), "total_requests": Raw("70"), "duration": Raw("1m30"), "think": Raw("1s..3s"),
    "ramp_up": Raw("2"), "warmup": 3, "cool_down": Raw("1s"), "until_steady": Raw("5%"),
    "rate": Raw("300/m"), "stages": [Raw("30s:100")],
    "arrival": Raw("poisson"), "max_connections": 9, "when_busy": Raw("drop"), "precise": Raw("yes"),
    "open_ahead": True, "mode": Raw("threads"), "processes": Raw("2"), "workers": Raw("3"), "client": Raw("httpx"),
    "http": 2, "streams": Raw("10"), "timeout": 4, "connect_timeout": Raw("1s"), "dns_ttl": Raw("1m"),
    "wait": Raw("5"), "grace": 0, "keepalive": False, "insecure": Raw("1"), "cacert": Raw("ca.pem"),
    "cert": Raw("c.pem"), "key": Raw("k.pem"), "sni": Raw("www.test"), "tls_min": 1.2, "tls_max": Raw("TLSv1.3"),
    "ciphers": Raw("HIGH"), "tls_resume": True, "proxy": Raw("proxy:3128"), "unix_socket": Raw("/run/s"),
    "connect_to": [Raw("a:1:b:2"), Raw("c:3:d:4")], "resolve": Raw("a:80:127.0.0.1"), "ipv4": True, "ipv6": Raw("off"),
    "local_address": [Raw("127.0.0.2")], "requests_per_connection": Raw("5"), "compressed": True,
    "redirects": Raw("3"), "aws_sigv4": Raw("eu-central-1:s3"), "basic_auth": Raw("a:b"), "fail_fast": True,
    "max_errors": Raw("5"), "abort_if": [Raw("error_rate > 5% over 10s min 200")],
    "thresholds": [Raw("p99 < 1s"), Raw("error_rate < 1%")], "strict": Raw("true"), "phases": True, "seed": Raw("0"),
    "targets": Raw("urls.txt"),
    "scenario": Raw("shop.py"), "journeys_per_user": Raw("4"), "finish": True, "only": [Raw("buy")],
}  # fmt: skip


def told(profile: Profile) -> tuple[str, set[str]]:
    """All that it holds, with the types of its values, and which keys were given."""
    return repr(profile), profile.model_fields_set


@pytest.mark.parametrize("key", VALUES)
def test_a_value_is_read_as_pydantic_reads_it(key: str) -> None:
    values = {**TARGET, key: VALUES[key]}
    read = read_flat(Profile, values)
    assert read is not None
    assert told(Profile.model_construct(**read)) == told(Profile.model_validate(values))
    assert type(read[key]) is type(getattr(Profile.model_validate(values), key))


def test_every_key_is_tried_or_has_keys_of_its_own() -> None:
    assert {key for key in Profile.model_fields if reader_of(Profile, key) is None} == NESTED
    assert {*VALUES, *TARGET} == Profile.model_fields.keys() - NESTED


@pytest.mark.parametrize(
    "values", [{"connections": Raw("many")}, {"conections": Raw("5")}, {"requests": [{}]}, {"duration": None}]
)
def test_what_is_wrong_or_nested_is_left_to_pydantic(values: dict[str, Any]) -> None:
    assert read_flat(Profile, {**TARGET, **values}) is None


def test_without_anything_given_both_have_the_same_defaults() -> None:
    assert told(Profile.model_construct(**(read_flat(Profile, TARGET) or {}))) == told(Profile.model_validate(TARGET))
