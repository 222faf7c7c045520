import builtins
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from loadgen.base.errors import UsageError
from loadgen.workloads.sigv4.credentials import Credentials, Provider, find_credentials, read_settings, shortened

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "CANARY-secret"}


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """Files of the shared configuration in place of this machine's; no roles are looked for."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_key_pair_of_the_environment_is_taken_as_it_is():
    found = find_credentials({**KEYS, "AWS_SESSION_TOKEN": "CANARY-token"}).current
    assert (found.access_key, found.secret_key, found.token) == (*KEYS.values(), "CANARY-token")
    assert found.secrets == (*KEYS.values(), "CANARY-token")
    assert find_credentials(KEYS).current.token is None


def test_a_key_pair_of_the_environment_needs_no_botocore():
    code = (
        "import sys; sys.modules['botocore'] = None\n"
        "from loadgen.workloads.sigv4.credentials import find_credentials\n"
        f"assert find_credentials({KEYS!r}).current\n"
        "assert not {'pydantic', 'typer', 'google_crc32c'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("missing", KEYS)
def test_half_a_key_pair_is_a_usage_error(missing):
    there = {name: value for name, value in KEYS.items() if name != missing}
    with pytest.raises(UsageError, match=f"is set, {missing} is not") as caught:
        find_credentials(there)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("value", ["CANARY\r\nX-Evil: 1", "CANARY two", "CANARYä"])
def test_what_cannot_be_sent_in_a_header_is_not_taken(name, value):
    with pytest.raises(UsageError, match=f"{name} holds a character") as caught:
        find_credentials({**KEYS, name: value})
    assert "CANARY" not in str(caught.value)


def test_without_the_extra_the_error_names_variables_and_extra(monkeypatch):
    plain_import = builtins.__import__

    def no_botocore(name, *rest, **more):
        if name.startswith("botocore"):
            raise ImportError(name)
        return plain_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", no_botocore)
    with pytest.raises(UsageError) as caught:
        find_credentials({})
    assert str(caught.value) == (
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
        "a shared profile, SSO or a role needs an extra: pip install 'loadgen[s3]'"
    )
    for environment, profile in (({"AWS_PROFILE": "x"}, None), (KEYS, "x")):
        with pytest.raises(UsageError, match=r"^a profile of the shared AWS configuration needs an extra: pip install"):
            find_credentials(environment, profile)


def test_no_credentials_anywhere_is_said_with_what_to_do(aws):
    with pytest.raises(UsageError, match=r"no AWS credentials: set AWS_ACCESS_KEY_ID and .* or AWS_PROFILE"):
        find_credentials({})


def test_a_profile_is_found_and_wins_over_the_environment_when_asked_for(aws, monkeypatch):
    (aws / "credentials").write_text(
        "[default]\naws_access_key_id = FIRST\naws_secret_access_key = CANARY1\n"
        "[other]\naws_access_key_id = OTHER\naws_secret_access_key = CANARY2\naws_session_token = CANARY3\n"
    )
    assert find_credentials({}).current.access_key == "FIRST"
    assert find_credentials(KEYS).current.access_key == KEYS["AWS_ACCESS_KEY_ID"]
    assert find_credentials(KEYS, "other").current.secrets == ("OTHER", "CANARY2", "CANARY3")
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert find_credentials({}).current.access_key == "OTHER"


@pytest.mark.parametrize(
    ("config", "profile", "problem"),
    [
        ("", "nobody", r"The config profile \(nobody\) could not be found"),
        ("[default]\naws_access_key_id = HALF\n", None, "Partial credentials found"),
        ("not a config", None, "Unable to parse config file"),
        ("[profile s]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
         "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x\n", "s", "Error loading SSO Token"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_shared_configuration_is_said_in_one_line(aws, config, profile, problem):
    (aws / "config").write_text(config)
    with pytest.raises(UsageError, match=problem) as caught:
        find_credentials({}, profile)
    assert "\n" not in str(caught.value)


def test_a_profile_says_where_the_endpoint_is(aws):
    (aws / "config").write_text(
        "[profile p]\nregion = eu-west-1\nca_bundle = /ca.pem\nservices = mine\ns3 =\n  addressing_style = path\n"
        "[services mine]\ns3 =\n  endpoint_url = http://store:9000\n"
        "[profile q]\nendpoint_url = http://all:1\n"
    )
    assert read_settings("p") == {
        "region": "eu-west-1", "endpoint_url": "http://store:9000", "addressing_style": "path", "ca_bundle": "/ca.pem",
    }  # fmt: skip
    assert read_settings("q") == {"endpoint_url": "http://all:1"}


def process_credentials(path, key, seconds):
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    document = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": "CANARY", "SessionToken": f"CANARY-{key}"}
    path.write_text(json.dumps(document | {"Expiration": expires.isoformat()}))


def test_credentials_that_expire_are_replaced_before_they_do(aws, caplog):
    document = aws / "document.json"
    (aws / "config").write_text(f"[default]\ncredential_process = cat {document}\n")
    process_credentials(document, "FIRST", 14 * 60)
    provider = find_credentials({})
    first = provider.current
    assert provider.renew() is None
    assert provider.current is first  # the signer keeps what it made of it

    process_credentials(document, "SECOND", 60)
    provider._renewing._expiry_time = datetime.now(UTC) + timedelta(minutes=14)
    assert provider.renew() is None
    assert (provider.current.access_key, provider.current.token) == ("SECOND", "CANARY-SECOND")

    document.write_text("no longer")
    assert provider.renew() is None  # 60 s are left, and used
    assert provider.current.access_key == "SECOND"
    assert not caplog.records  # botocore would print a traceback


class Source:
    """Credentials of botocore's kind whose end the test decides."""

    def __init__(self):
        self.expired = False
        self.error = None
        self.key = "FIRST"
        self.asked = threading.Semaphore(0)

    def get_frozen_credentials(self):
        self.asked.release()
        if self.error is not None:
            raise self.error
        return SimpleNamespace(access_key=self.key, secret_key="CANARY", token=None)

    def refresh_needed(self, refresh_in):
        assert refresh_in == 0
        return self.expired


def test_credentials_are_lost_only_when_they_have_expired_and_there_are_no_others():
    source = Source()
    provider = Provider(Credentials("FIRST", "CANARY"), source)
    source.error = RuntimeError("the role's server says\nno; token=CANARY")
    assert provider.renew() is None
    source.expired = True
    assert provider.renew() == "AWS credentials could not be renewed: the role's server says no; token=[redacted]"
    source.error = None
    assert provider.renew() == "AWS credentials could not be renewed: they have expired"


def test_the_thread_renews_until_it_is_closed_and_says_once_when_credentials_are_lost():
    source, lost, said = Source(), [], threading.Event()
    provider = Provider(Credentials("FIRST", "CANARY"), source)
    source.key = "SECOND"

    def on_lost(problem):
        lost.append(problem)
        said.set()

    provider.watch(on_lost, every_s=0.001)
    for _ in range(2):  # when it asks again, it has taken the answer
        assert source.asked.acquire(timeout=10)
    assert provider.current.access_key == "SECOND"
    assert not lost
    source.expired = True
    assert said.wait(10)
    assert lost == ["AWS credentials could not be renewed: they have expired"]


def test_keys_that_do_not_expire_need_no_thread():
    before = threading.active_count()
    provider = Provider(Credentials("FIRST", "CANARY"))
    provider.watch(lambda problem: None)
    assert threading.active_count() == before
    assert provider.renew() is None


def test_credentials_show_a_shortened_access_key_only():
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "CANARY-secret", "CANARY-token")
    assert repr(credentials) == str(credentials) == f"{credentials}" == "Credentials(AKIA…PLE)"
    assert shortened("test:tester") == "te…"
