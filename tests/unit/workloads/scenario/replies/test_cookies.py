import email.message
import urllib.request
from http.cookiejar import CookieJar as StandardJar
from http.cookiejar import DefaultCookiePolicy, http2time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.endpoint import Origin
from loadgen.workloads.scenario.replies.cookies import MOST_COOKIES, CookieJar

SHOP = Origin("https", "shop.example.com", 443)
PLAIN = Origin("http", "shop.example.com", 80)
PARENT = Origin("https", "example.com", 443)
OTHER = Origin("https", "other.org", 443)
NOW = 1_800_000_000


def jar(*values, origin=SHOP, target="/"):
    made = CookieJar()
    made.receive(origin, target, values, NOW)
    return made


def sent(made, origin=SHOP, target="/", now=NOW):
    return made.header(origin, target, now)


def test_an_empty_jar_sends_nothing_and_is_false():
    made = CookieJar()
    assert sent(made) == ""
    assert not made
    assert list(made) == []


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("sid=abc", "sid=abc"),
        ("sid=abc; Path=/; HttpOnly; SameSite=Lax", "sid=abc"),
        (' sid = a b ; path="/x"', "sid=a b"),  # no path
        ('sid="a, b\\"c"; Path=/', 'sid="a, b\\"c"'),  # quotes and commas are part of it
        ("sid=a=b==; x=y", "sid=a=b=="),
        ("sid=", "sid="),
        ("sid=caf\xe9", "sid=caf\xe9"),
        ("sid=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid=1"),  # Max-Age is stronger
        ("sid=1; Max-Age=nonsense", "sid=1"),
        ("sid=1; Max-Age=" + "9" * 900, "sid=1"),
        ("sid=1; Expires=nonsense", "sid=1"),
        ("sid=1; Domain=", "sid=1"),
        ("sid=1; Domain=.example.com", "sid=1"),
        ("sid=1; DOMAIN=Shop.Example.COM", "sid=1"),
        ("sid=1; Path=x", "sid=1"),
        ("sid=1;;; ;=;Secure", "sid=1"),
        ("sid=1; Path=/x; Path=/", "sid=1"),  # the last counts
        ("", ""),
        ("sid", ""),
        ("=abc", ""),
        (";sid=abc", ""),
        ("sid=a\x07b", ""),
        ("sid=" + "x" * 4094, ""),
        ("sid=1; Max-Age=0", ""),
        ("sid=1; Max-Age=-5", ""),
        ("sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("sid=1; Domain=other.org", ""),
        ("sid=1; Domain=com", ""),
        ("sid=1; Domain=hop.example.com", ""),
        ("sid=1; Domain=a.shop.example.com", ""),
        ("sid=1; Path=/x", ""),  # elsewhere
    ],
)
def test_a_set_cookie_field_is_read_as_the_standard_says(value, line):
    assert sent(jar(value)) == line


def test_a_cookie_goes_to_its_host_alone_or_with_a_domain_to_all_below_it():
    made = jar("own=1", "all=2; Domain=example.com")
    assert sent(made) == "own=1; all=2"
    assert sent(made, PARENT) == "all=2"
    assert sent(made, Origin("https", "EXAMPLE.com", 8443)) == "all=2"  # ports and letters make no difference
    assert sent(made, Origin("https", "notexample.com", 443)) == ""
    assert sent(made, OTHER) == ""


def test_an_address_and_a_name_without_dots_are_hosts_of_their_own():
    address = Origin("http", "10.0.0.1", 80)
    assert sent(jar("a=1; Domain=10.0.0.1", origin=address), address) == "a=1"
    assert sent(jar("a=1; Domain=0.0.1", origin=address), address) == ""
    name = Origin("http", "web", 80)
    assert sent(jar("a=1; Domain=web", origin=name), name) == "a=1"
    assert sent(jar("a=1; Domain=web", origin=name), Origin("http", "x.web", 80)) == ""


def test_a_path_covers_what_is_below_it_and_longer_ones_come_first():
    made = jar("root=1; Path=/", "folder=2; Path=/shop/", "shop=3; Path=/shop")
    assert sent(made, target="/") == "root=1"
    assert sent(made, target="/shop") == "shop=3; root=1"
    assert sent(made, target="/shop/cart?x=/") == "folder=2; shop=3; root=1"
    assert sent(made, target="/shopping") == "root=1"
    assert sent(made, target="/?/shop") == "root=1"


@pytest.mark.parametrize(
    ("target", "folder"), [("/", "/"), ("/x", "/"), ("/x/y", "/x"), ("/x/y/?a=/b/", "/x/y"), ("/x?a/b", "/")]
)
def test_without_a_path_it_is_the_folder_of_what_was_asked_for(target, folder):
    made = jar("a=1", target=target)
    assert sent(made, target=folder) == "a=1"
    assert sent(made, target=f"{folder.rstrip('/')}/deeper") == "a=1"
    assert sent(made, target="/elsewhere") == ("a=1" if folder == "/" else "")


def test_secure_cookies_go_over_https_and_to_this_machine():
    made = jar("a=1; Secure")
    assert sent(made) == "a=1"
    assert sent(made, PLAIN) == ""
    for host in ("localhost", "127.0.0.1", "127.8.8.8", "::1"):
        here = Origin("http", host, 8080)
        assert sent(jar("a=1; Secure", origin=here), here) == "a=1"
    trick = Origin("http", "127.evil.com", 80)
    assert sent(jar("a=1; Secure", origin=trick), trick) == ""


def test_cookies_end():
    made = jar("a=1; Max-Age=10", "b=2", "c=3; Expires=Fri, 15-Jan-27 08:00:30 GMT")  # NOW + 30 s
    assert sent(made, now=NOW + 9) == "a=1; b=2; c=3"
    assert sent(made, now=NOW + 10) == "b=2; c=3"
    assert sent(made, now=NOW + 29) == "b=2; c=3"
    assert sent(made, now=NOW + 30) == "b=2"
    assert sent(made, now=NOW) == "b=2"  # gone for good
    made.receive(SHOP, "/", ["b=; Max-Age=0"], NOW)
    assert sent(made) == ""
    assert not made


def test_a_cookie_is_replaced_in_its_place():
    made = jar("a=1", "b=2")
    assert sent(made) == "a=1; b=2"
    made.receive(SHOP, "/", ["a=3"], NOW)
    assert sent(made) == "a=3; b=2"


def test_the_oldest_of_too_many_goes():
    made = jar(*(f"n{number}={number}" for number in range(MOST_COOKIES + 5)))
    line = sent(made)
    assert line.startswith("n5=5; ")
    assert line.count("=") == MOST_COOKIES


def test_a_script_reads_sets_and_deletes_cookies_by_name():
    made = jar("sid=abc", "x=1; Path=/x", "x=2; Path=/y")
    assert made["sid"] == "abc"
    assert made.get("nothing") is None
    assert "sid" in made
    assert made["x"] == "2"
    assert dict(made) == {"sid": "abc", "x": "2"}
    assert len(made) == 2
    del made["x"]
    with pytest.raises(KeyError):
        del made["x"]
    made["own"] = "3"
    made.set("deep", "4", path="/deep")
    assert sent(made) == "sid=abc; own=3"
    assert sent(made, OTHER, "/deep") == "deep=4; own=3"  # no host: every host
    assert "abc" not in repr(made)
    made.clear()
    assert sent(made) == ""
    at_home = CookieJar("shop.example.com")
    at_home["own"] = "5"
    assert sent(at_home) == "own=5"
    assert sent(at_home, OTHER) == ""


@pytest.mark.parametrize(("name", "value"), [("a", "1;2"), ("a", "1\r\nX: y"), ("", "1"), ("a=b", "1"), ("a", "中")])
def test_what_cannot_be_sent_is_refused(name, value):
    with pytest.raises(ValueError, match="cookie"):
        CookieJar()[name] = value


class StandardReply:
    def __init__(self, value):
        self._message = email.message.Message()
        self._message["Set-Cookie"] = value

    def info(self):
        return self._message


HOST_ONLY = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
HOSTS = ["example.com", "a.example.com", "b.example.com", "x.a.example.com", "other.org"]
PATHS = ["/", "/x", "/x/", "/x/y", "/xy"]
attribute = st.sampled_from(
    ["Secure", "HttpOnly", "Max-Age=1000000", "Expires=Thu, 01-Jan-2099 00:00:00 GMT"]
    + [f"Domain={host}" for host in HOSTS]
    + [f"Domain=.{host}" for host in HOSTS]
    + [f"Path={path}" for path in PATHS]
)
cookie = st.builds(
    lambda name, value, attributes: "; ".join([f"{name}={value}", *attributes]),
    st.sampled_from("ab"),
    st.sampled_from(["1", "2", '"q"', "a,b", "x=y"]),
    st.lists(attribute, max_size=3, unique_by=lambda item: item.partition("=")[0]),
)
url = st.tuples(st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(PATHS))


@given(st.lists(st.tuples(url, cookie), max_size=8), url)
def test_what_is_sent_is_what_the_standard_library_sends(replies, asked):
    """But for cookies that end: there any host can end those of another."""
    ours, standard = CookieJar(), StandardJar(HOST_ONLY)
    for (scheme, host, path), value in replies:
        ours.receive(Origin(scheme, host, 443), path, [value], NOW)
        standard.extract_cookies(StandardReply(value), urllib.request.Request(f"{scheme}://{host}{path}"))
    scheme, host, path = asked
    request = urllib.request.Request(f"{scheme}://{host}{path}")
    standard.add_cookie_header(request)
    expected = sorted((request.get_header("Cookie") or "").split("; "))
    assert sorted(ours.header(Origin(scheme, host, 443), path, NOW).split("; ")) == expected


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "Wednesday, 21-Oct-26 07:28:00 GMT",
        "Wed Oct 21 07:28:00 2026",
        "21 oct 2026 7:28:0",
    ],
)
def test_dates_are_read_in_all_their_forms(date):
    until = http2time("Wed, 21 Oct 2026 07:28:00 GMT")
    made = CookieJar()
    made.receive(SHOP, "/", [f"a=1; Expires={date}"], until - 1)
    assert made.header(SHOP, "/", until - 1) == "a=1"
    assert made.header(SHOP, "/", until) == ""


@pytest.mark.parametrize(
    "date", ["32 Oct 2026 07:28:00", "0 Oct 2026 07:28:00", "21 Oct 2026 24:00:00", "21 Oct 2026", "1 Jan 1600 0:0:0"]
)
def test_what_is_no_date_makes_a_cookie_of_the_session(date):
    assert sent(jar(f"a=1; Expires={date}"), now=1 << 50) == "a=1"


@given(st.text(), st.text())
def test_any_text_is_a_cookie_or_is_ignored(value, target):
    made = jar(value, origin=SHOP, target=f"/{target}")
    assert "\n" not in sent(made, target=f"/{target}")
