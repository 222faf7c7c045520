"""The link over a command's standard input and output, with small programs in the place of a machine."""

import asyncio
import sys

import pytest

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.fleet import Where
from loadgen.executors.places.machines.link import CommandLink
from loadgen.executors.places.machines.mailbox import Mailbox
from loadgen.executors.places.machines.messages import Message

OWN = f"{sys.executable} -m loadgen cluster machine -"


def test_what_came_while_nobody_listened_comes_first():
    mailbox, heard = Mailbox(), []
    mailbox.take(Message("a"))
    mailbox.listen(heard.append)
    mailbox.take(Message("b"))
    mailbox.listen(None)
    mailbox.take(None)
    assert [message.kind for message in heard] == ["a", "b"]
    mailbox.listen(heard.append)
    assert heard[2:] == [None]


def test_a_machine_answers_and_ends_with_its_input():
    link = CommandLink(OWN)

    async def talk():
        heard = asyncio.Queue()
        link.listen(heard.put_nowait)
        async with asyncio.timeout(30):
            link.send(Message("describe"))
            described = await heard.get()
            link.close()
            return described, await heard.get()

    described, end = asyncio.run(talk())
    assert (described.kind, described.head["cores"] >= 1, end) == ("described", True, None)
    assert link.how_it_ended == "ended with exit code 0"
    link.wait()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("false", r"machine 1 \(false\) ended with exit code 1 before it said that it is a machine"),
        ("sh -c 'echo welcome; kill -9 $$'", "was killed by signal 9 before"),
        ("/nonesuch/ssh host", "--machine: cannot run '/nonesuch/ssh': No such file or directory"),
        ("", "--machine: expected a command"),
        ("ssh 'host", r"--machine: a quotation is not closed in \"ssh 'host\""),
        ("sh -c 'exit 127'", r"ended with exit code 127 before .*: give loadgen's path there"),
        ("sh -c 'exit 255'", r"ended with exit code 255 before .*; ssh says so"),
    ],
)
def test_what_is_no_machine_is_refused_in_words(command, text):
    with pytest.raises(UsageError, match=text):
        Where((command,)).open()


def test_where_a_run_is_to_be_made_goes_to_another_process():
    where = Where(("ssh a", "ssh b"), "go-on", None, None, "certs")
    assert Where.read(where.written) == where
    assert Where.read(Where(cluster="tls://a:1", machines=3).written).machines == 3
