"""The keys of a profile about connections: how each is read, what they come to, and what does not go together."""

import pytest

from loadgen.base.dialing import Dialing, Proxy
from loadgen.base.endpoint import Tls
from loadgen.base.errors import ProfileError
from loadgen.plan.build import make_plan
from loadgen.plan.codec import describe_plan
from loadgen.plan.profiles.document import profile_for_url

URL = "http://example.test:8080/"
ONE = Proxy("http", "p.test", 3128)


def plan_of(flags, url=URL, environment=None):
    return make_plan(profile_for_url(url, flags), cores=2, gil=True, environment=environment or {})


def refusal(flags, url=URL, environment=None):
    with pytest.raises(ProfileError) as caught:
        plan_of(flags, url, environment)
    return str(caught.value)


def test_without_any_connections_go_straight_to_the_target():
    plan = plan_of({}, environment={"http_proxy": "http://p.test", "HTTPS_PROXY": "nonsense"})
    assert plan.dialing == Dialing()
    assert plan.tls == Tls()
    assert describe_plan(plan)["dialing"] == {}


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://p.test:3128", ONE),
        ("p.test:3128", ONE),
        ("http://p.test", Proxy("http", "p.test", 80)),
        ("SOCKS5://[::1]:1081/", Proxy("socks5", "::1", 1081)),
        ("socks5h://me:p%40ss@p.test", Proxy("socks5h", "p.test", 1080, "me", "p@ss")),
        ("http://me@p.test", Proxy("http", "p.test", 80, "me", "")),
    ],
)
def test_a_proxy_is_for_both_schemes(text, proxy):
    assert plan_of({"proxy": text}).dialing == Dialing(http_proxy=proxy, https_proxy=proxy)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("https://me:geheim@p.test", "reached over TLS is not supported"),
        ("socks4://me:geheim@p.test", "expected a proxy of socks5://"),
        ("ftp://me:geheim@p.test", "expected a proxy such as"),
        ("http://me:geheim@p.test:99999", "expected a proxy such as"),
        ("http://me:geheim@p.test/path", "expected a proxy such as"),
        (f"socks5h://me:{'geheim' * 60}@p.test", "1 to 255 bytes"),
        ("", "expected a proxy such as"),
    ],
)
def test_what_is_no_proxy_is_refused_without_its_password(text, part):
    said = refusal({"proxy": text})
    assert "--proxy: " in said
    assert part in said
    assert "geheim" not in said


def test_proxies_of_the_environment_are_used_only_when_asked_for():
    environment = {
        "http_proxy": "p.test:3128", "HTTP_PROXY": "http://other.test", "ALL_PROXY": "socks5h://s.test",
        "no_proxy": "localhost, .inside.test,10.0.0.1",
    }  # fmt: skip
    dialing = plan_of({"proxy": "env"}, environment=environment).dialing
    assert dialing == Dialing(ONE, Proxy("socks5h", "s.test", 1080), ("localhost", ".inside.test", "10.0.0.1"))
    hosts = ("example.test", "localhost", "inside.test", "a.inside.test", "10.0.0.1", "notlocalhost")
    assert [dialing.proxy_for("http", host) for host in hosts] == [ONE, None, None, None, None, ONE]
    assert plan_of({"proxy": "env"}).dialing == Dialing()


def test_a_wrong_proxy_of_the_environment_is_named_by_its_variable():
    said = refusal({"proxy": "env"}, environment={"HTTP_PROXY": "ftp://me:geheim@p.test"})
    assert "HTTP_PROXY of the environment: expected a proxy" in said
    assert "geheim" not in said


def test_the_password_of_a_proxy_is_in_nothing_that_is_shown():
    plan = plan_of({"proxy": "socks5h://me:geheim@p.test"})
    described = describe_plan(plan)
    assert described["dialing"] == dict.fromkeys(("http_proxy", "https_proxy"), "socks5h://p.test:1080")
    assert "geheim" not in f"{described}{plan.dialing!r}"
    assert {"me:geheim", "geheim"} <= set(plan.secrets)


def test_the_other_keys_come_to_what_they_say(tmp_path):
    plan = plan_of(
        {
            "connect_to": ["example.test:8080:127.0.0.1:9", "::[::1]:"], "resolve": ["*:443:127.0.0.1,[::1]"],
            "ipv6": "true", "local_address": ["127.0.0.2", "127.0.0.3"], "requests_per_connection": "1k",
        }
    )  # fmt: skip
    assert plan.dialing == Dialing(
        connect_to=(("example.test", 8080, "127.0.0.1", 9), ("", 0, "::1", 0)),
        resolve=(("*", 443, ("127.0.0.1", "::1")),),
        family=6,
        local_addresses=("127.0.0.2", "127.0.0.3"),
        requests_each=1000,
    )
    assert plan.dialing.redirected("example.test", 8080) == ("127.0.0.1", 9)
    assert plan.dialing.redirected("other.test", 1) == ("::1", 1)
    assert (plan.dialing.fixed("any", 443), plan.dialing.fixed("any", 80)) == (("127.0.0.1", "::1"), ())
    assert plan_of({"unix_socket": "/run/s"}).dialing == Dialing(unix_socket="/run/s")


def test_tls_is_asked_for_as_it_is_said():
    flags = {"sni": "name.test", "tls_min": "1.2", "tls_max": "TLSv1.3", "ciphers": "HIGH", "tls_resume": True}
    tls = plan_of(flags, "https://example.test").tls
    assert tls == Tls(server_name="name.test", min_version="1.2", max_version="1.3", ciphers="HIGH", resume=True)


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        ({"proxy": "p", "unix_socket": "/s"}, "unix-socket: cannot be combined with proxy"),
        ({"proxy": "p", "connect_to": ["a:1:b:2"]}, "connect-to: cannot be combined with proxy"),
        ({"unix_socket": "/s", "dns_ttl": "1s"}, "dns-ttl: cannot be combined with unix_socket"),
        ({"unix_socket": "/s", "local_address": ["127.0.0.1"]}, "local-address: cannot be combined"),
        ({"ipv4": True, "ipv6": True}, "ipv6: cannot be combined with ipv4"),
        ({"requests_per_connection": "2", "keepalive": False}, "requests-per-connection: cannot be combined"),
        ({"requests_per_connection": "2", "http": "2"}, "requests-per-connection: needs http: 1.1"),
        ({"proxy": "p", "http": "2"}, "proxy: expected one of socks5h://"),
        ({"sni": "a.test"}, "sni: needs a target of https://"),
        ({"tls_resume": True}, "tls-resume: needs a target of https://"),
        ({"tls_min": "1.4"}, "tls-min: expected a version of TLS, 1.0, 1.1, 1.2 or 1.3, got '1.4'"),
        ({"tls_min": "1.3", "tls_max": "1.2"}, "tls-max: expected at least tls_min, which is 1.3"),
        ({"connect_to": ["example.test:80"]}, "expected HOST:PORT:HOST:PORT"),
        ({"resolve": ["example.test:80:name"]}, "expected an IP address such as 127.0.0.2, got 'name'"),
        ({"resolve": [":80:127.0.0.1"]}, "expected HOST:PORT:ADDRESS"),
        ({"connect_to": ["a:99999:b:1"]}, "expected a port from 1 to 65535, got '99999'"),
        ({"local_address": ["name"]}, "expected an IP address such as 127.0.0.2, got 'name'"),
        ({"basic_auth": "geheim"}, "basic-auth: expected USER:PASSWORD on one line"),
    ],
)
def test_what_cannot_be_is_said(flags, part):
    said = refusal(flags)
    assert part in said
    assert "geheim" not in said


@pytest.mark.parametrize(("given", "version"), [(2, "2"), (1.1, "1.1"), ("2", "2")])
def test_a_version_of_http_may_be_a_number(given, version):
    assert profile_for_url(URL, {"http": given}).http == version


def test_user_and_password_are_a_header_of_all_requests_unless_they_have_one():
    plan = plan_of({"basic_auth": "me:geheim"})
    assert ("Authorization", "Basic bWU6Z2VoZWlt") in plan.job.requests[0].headers
    assert {"me:geheim", "geheim"} <= set(plan.secrets)
    assert "bWU6Z2VoZWlt" not in str(describe_plan(plan))
    own = plan_of({"basic_auth": "me:geheim", "headers": ["authorization: mine"]}).job.requests[0].headers
    assert [value for name, value in own if name.lower() == "authorization"] == ["mine"]
    with_url = plan_of({"basic_auth": "me:geheim"}, "http://you:other@example.test/").job.requests[0].headers
    assert [value for name, value in with_url if name == "Authorization"] == ["Basic bWU6Z2VoZWlt"]
