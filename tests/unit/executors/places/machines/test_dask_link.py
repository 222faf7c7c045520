"""A link over Dask, with a client that keeps what it is given."""

import queue
import re
from io import BytesIO

import pytest

pytest.importorskip("distributed")

from loadgen.executors.places.machines.dask_link import DaskLink, unreached
from loadgen.executors.places.machines.messages import Message, encode_message, read_message


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
    link.wait()
    pieces = []
    while not client.taken.empty():
        pieces.append(client.taken.get())
    assert pieces[-1] == b""
    stream = BytesIO(b"".join(pieces))
    assert [read_message(stream) for _ in sent] == sent
    assert client.arguments == tuple(client.handlers)  # the topic's name alone


def test_what_the_machine_says_comes_to_who_listens_until_its_end():
    client, heard = FakeClient(), []
    link = DaskLink(client, "tcp://127.0.0.1:9")
    client.tell(encode_message(Message("begun")))
    client.tell(b"")
    link.listen(heard.append)
    assert heard == [Message("begun"), None]
    link.close()
    link.wait()


def test_a_worker_that_is_gone_is_the_end_of_the_link():
    heard = queue.SimpleQueue()
    link = DaskLink(FakeClient(fails=OSError("gone")), "tcp://127.0.0.1:9")
    link.listen(heard.put)
    link.send(Message("lease"))
    assert heard.get(timeout=20) is None
    link.wait()


@pytest.mark.parametrize(
    ("address", "error", "text"),
    [
        ("tls://h:1", OSError("TLS certificate does not match. Check"), "of another authority: copy the folder"),
        (
            "tcp://h:1",
            OSError("in <TCP>: ConnectionResetError: [Errno 104] Connection reset by peer"),
            "is that.*tls://?",
        ),
        ("tls://h:1", ValueError("no such scheme\nand more"), "^no such scheme$"),
        (
            "tls://h:1",
            OSError("Timed out trying to connect"),
            "nothing answers; is `loadgen cluster scheduler tls://h:1` running there",
        ),
        ("tls://h:1", OSError(), "^OSError$"),
    ],
)
def test_a_scheduler_that_cannot_be_talked_to_is_said_in_words(address, error, text):
    assert re.search(text, unreached(address, error))
