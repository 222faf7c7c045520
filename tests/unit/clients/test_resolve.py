import asyncio
import socket
import threading

import pytest

from loadgen.base.errors import UsageError
from loadgen.base.exchange import Origin
from loadgen.clients.resolve import Renewal, resolve

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
