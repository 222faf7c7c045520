"""A link over Dask, with a client that keeps what it is given."""

import asyncio
import logging
import queue
import re
from threading import Thread

import pytest

pytest.importorskip("distributed")

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.links.dask_link import Cluster, DaskLink, unreached
from loadgen.executors.places.machines.links.messages import Message, MessageReader, encode_message


class Done:
    def __init__(self, value=None):
        self.value = value

    def result(self, timeout=None):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class FakeClient:
    """Its actor hands over what it takes, and may fail."""

    def __init__(self, fails=None):
        self.taken = queue.SimpleQueue()
        self.arguments = ()
        self.handlers = {}
        self.fails = fails

    def subscribe_topic(self, topic, handler):
        self.handlers[topic] = handler

    def submit(self, _actor, *arguments, **_options):
        self.arguments = arguments
        return Done(self)

    def take(self, data):
        self.taken.put(data)
        return Done(self.fails)

    def tell(self, data):
        (topic,) = self.handlers
        self.handlers[topic]((0.0, data))


def test_messages_go_down_in_their_order_and_nothing_of_them_with_the_task():
    client = FakeClient()
    link = DaskLink(client, "tls://10.0.0.1:9")
    assert link.name == "10.0.0.1:9"
    sent = [Message("begin", {"shards": [0, 1]}, b"secret"), Message("gate", {"at": 1}), Message("over")]
    for message in sent:
        link.send(message)
    link.close()
    link.wait(20)
    pieces = []
    while not client.taken.empty():
        pieces.append(client.taken.get())
    assert pieces[-1] == b""
    assert MessageReader().feed(b"".join(pieces)) == sent
    assert client.arguments == tuple(client.handlers)  # the topic's name alone


async def said_by(link, *, then=None):
    """What comes to who listens, until the end of all; `then` happens meanwhile, on another thread."""
    heard = asyncio.Queue()
    link.listen(heard.put_nowait)
    thread = Thread(target=then or (lambda: None))
    thread.start()
    async with asyncio.timeout(20):
        said = [await heard.get()]
        while said[-1] is not None:
            said.append(await heard.get())
    link.listen(None)
    thread.join()
    return said


def test_what_the_machine_says_comes_to_who_listens_until_its_end():
    client = FakeClient()
    link = DaskLink(client, "tcp://127.0.0.1:9")

    def go_on():
        client.tell(encode_message(Message("slots")))
        client.tell(b"")

    client.tell(encode_message(Message("begun")))
    assert asyncio.run(said_by(link, then=go_on)) == [Message("begun"), Message("slots"), None]
    link.close()
    link.wait(20)


def test_a_worker_that_is_gone_is_the_end_of_the_link():
    link = DaskLink(FakeClient(fails=OSError("gone")), "tcp://127.0.0.1:9")
    link.send(Message("lease"))
    assert asyncio.run(said_by(link)) == [None]
    link.wait(20)


def caused_by(cause):
    error = OSError()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("address", "error", "text"),
    [
        ("tls://h:1", OSError("TLS certificate does not match. Check"), "of another authority: copy the folder"),
        ("tls://h:1", caused_by(OSError("certificate has expired")), "too old: make a new folder"),
        (
            "tcp://h:1",
            OSError("in <TCP>: ConnectionResetError: [Errno 104] Connection reset by peer"),
            "is that.*tls://?",
        ),
        ("tls://h:1", ValueError("no such scheme\nand more"), "^no such scheme$"),
        (
            "tls://127.0.0.1:1",
            OSError("Timed out trying to connect"),
            "nothing answers; is `loadgen cluster scheduler tls://127.0.0.1:1` running there",
        ),
        ("tls://nonesuch.invalid:1", OSError("Timed out trying to connect"), "^its name is not known here$"),
        ("tcp://h:1", MemoryError(), "is no Dask scheduler"),
        ("tls://h:1", caused_by(OSError("[SSL: WRONG_VERSION_NUMBER] wrong version number")), "is no Dask scheduler"),
        ("tls://h:1", OSError(), "^OSError$"),
    ],
)
def test_a_scheduler_that_cannot_be_talked_to_is_said_in_words(address, error, text):
    assert re.search(text, unreached(address, error))


def test_no_logger_of_dask_says_what_is_ours_to_tell():
    with pytest.raises(UsageError, match="cannot reach"):
        Cluster("tcp://127.0.0.1:1", wait_s=0.01)
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    assert not [name for name in names if logging.getLogger(name).isEnabledFor(logging.ERROR)]
