import asyncio
import socket
import threading

import pytest

from loadgen.base.dialing import Dialing, Proxy
from loadgen.base.endpoint import Origin
from loadgen.base.errors import UsageError
from loadgen.clients.resolve import Renewal, look_up, look_up_asked, needs_look_up, resolve, resolve_asked

STREAM = socket.SOCK_STREAM


def resolved(host, found=None, error=None, port=80):
    """What `resolve` makes of a resolver's answer; without one, nobody may ask it."""

    async def main():
        async def getaddrinfo(asked, asked_port, **kinds):
            assert (asked, asked_port, kinds) == (host, port, {"type": STREAM})
            if error is not None:
                raise error
            assert found is not None, "an address needs no resolver"
            return found

        asyncio.get_running_loop().getaddrinfo = getaddrinfo
        return await resolve(Origin("http", host, port))

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("fe80::1%lo", socket.AF_INET6)]
)
def test_an_address_is_taken_as_it_is(host, family):
    assert resolved(host, port=8080) == ((family, (host, 8080)),)


def test_all_addresses_are_kept_once_in_the_resolver_s_order():
    six = (socket.AF_INET6, STREAM, 6, "", ("::1", 80, 0, 0))
    four = (socket.AF_INET, STREAM, 6, "", ("127.0.0.1", 80))
    assert resolved("localhost", [six, four, four, six]) == (
        (socket.AF_INET6, ("::1", 80)),
        (socket.AF_INET, ("127.0.0.1", 80)),
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (UnicodeError("label too long"), "label too long"),
        (OSError("odd"), "odd"),
    ],
)
def test_a_name_that_does_not_resolve_is_one_line_with_a_remedy(error, reason):
    with pytest.raises(UsageError) as caught:
        resolved("nowhere.invalid", error=error)
    assert str(caught.value) == f"cannot resolve 'nowhere.invalid': {reason}; check the target's spelling"


def test_a_name_is_looked_up_again_and_a_look_up_that_fails_changes_nothing():
    asked, taken = [], []
    made, done = threading.Event(), threading.Event()

    def look_up(host, port, **kinds):
        asked.append((host, port, kinds))
        if len(asked) == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return [(socket.AF_INET, STREAM, 6, "", ("127.0.0.2", port))]

    def found(addresses):
        taken.append(addresses)
        assert made.wait(10)
        renewal.close()
        done.set()

    renewal = Renewal(Origin("http", "name", 80), 0.001, found, look_up)
    made.set()
    assert done.wait(10)
    assert asked == [("name", 80, {"type": STREAM})] * 2
    assert taken == [((socket.AF_INET, ("127.0.0.2", 80)),)]


# Where it goes elsewhere.

FOUR, SIX = socket.AF_INET, socket.AF_INET6
TARGET = Origin("https", "example.test", 443)


def addresses_of(dialing, origin=TARGET, found=None, monkeypatch=None):
    asked = []

    def getaddrinfo(host, port, **kinds):
        asked.append((host, port, kinds.get("family")))
        return [(family, STREAM, 6, "", (address, port)) for family, address in found]

    if found is not None:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return look_up(origin, dialing), asked


def test_a_proxy_is_looked_up_and_not_the_target(monkeypatch):
    dialing = Dialing(https_proxy=Proxy("http", "p.test", 3128))
    assert needs_look_up(TARGET, dialing)
    found, asked = addresses_of(dialing, found=[(FOUR, "10.0.0.1")], monkeypatch=monkeypatch)
    assert (found, asked) == (((FOUR, ("10.0.0.1", 3128)),), [("p.test", 3128, None)])
    assert look_up_asked(TARGET, dialing) == ""


def test_a_proxy_of_socks5_is_asked_for_an_address_that_is_looked_up_here(monkeypatch):
    dialing = Dialing(https_proxy=Proxy("socks5", "127.0.0.1", 1080), local_addresses=("127.0.0.2",))
    assert needs_look_up(TARGET, dialing)
    assert not needs_look_up(TARGET, Dialing(https_proxy=Proxy("socks5h", "127.0.0.1", 1080)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(SIX, STREAM, 6, "", ("::9", port, 0, 0))])
    assert look_up_asked(TARGET, dialing) == "::9"
    assert asyncio.run(resolve_asked(Origin("https", "10.0.0.9", 443), dialing)) == "10.0.0.9"


def test_what_is_known_is_looked_up_by_nobody():
    fixed = Dialing(resolve=(("example.test", 443, ("10.0.0.1", "::1")),))
    assert addresses_of(fixed)[0] == ((FOUR, ("10.0.0.1", 443)), (SIX, ("::1", 443)))
    assert addresses_of(Dialing(connect_to=(("", 0, "127.0.0.1", 9),)))[0] == ((FOUR, ("127.0.0.1", 9)),)
    assert addresses_of(Dialing(unix_socket="/run/s"))[0] == ((socket.AF_UNIX, ("/run/s", 0)),)
    assert not any(needs_look_up(TARGET, one) for one in (fixed, Dialing(unix_socket="/run/s")))


def test_only_addresses_of_the_family_that_is_asked_for_are_taken(monkeypatch):
    both = [(FOUR, "10.0.0.1"), (SIX, "::1")]
    found, asked = addresses_of(Dialing(family=6), found=both, monkeypatch=monkeypatch)
    assert (found, asked) == (((SIX, ("::1", 443)),), [("example.test", 443, SIX)])
    found, _ = addresses_of(Dialing(local_addresses=("127.0.0.2",)), found=both, monkeypatch=monkeypatch)
    assert found == ((FOUR, ("10.0.0.1", 443)),)
    with pytest.raises(OSError, match=r"'127.0.0.1' has no address of the family that is asked for \(IPv6\)"):
        look_up(Origin("http", "127.0.0.1", 80), Dialing(family=6))
    with pytest.raises(UsageError, match="that of --local-address"):
        asyncio.run(resolve(Origin("http", "127.0.0.1", 80), Dialing(local_addresses=("::1",))))
