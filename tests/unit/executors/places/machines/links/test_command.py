"""The link over a command's standard input and output, with small programs in the place of a machine."""

import asyncio
import itertools
import shlex
import sys

import pytest

from loadgen.base.clock import s_to_ns
from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.description import describe_machine, description_out
from loadgen.executors.places.machines.fleet import EXCHANGES, NEAR_NS, Fleet, Where
from loadgen.executors.places.machines.links.command import LEAVE_S, CommandLink, name_of, whole
from loadgen.executors.places.machines.links.mailbox import Mailbox
from loadgen.executors.places.machines.links.messages import GREETING, Message

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
    link.wait(20)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("false", r"machine 1 \(false\) ended with exit code 1 before it said that it is a machine; try .* by hand"),
        ("nonesuch-host2", "cannot run 'nonesuch-host2': No .*; it is a command .*, as 'ssh nonesuch-host2'"),
        ("sh -c 'echo welcome; kill -9 $$'", "was killed by signal 9 before"),
        ("/nonesuch/ssh host", "--machine: cannot run '/nonesuch/ssh': No such file or directory"),
        ("", "--machine: expected a command"),
        ("ssh 'host", r"--machine: a quotation is not closed in \"ssh 'host\""),
        ("sh -c 'exit 127'", r"ended with exit code 127 before .*: give loadgen's path there"),
        (f"sh -c 'echo {GREETING.decode().strip()}; echo warning'", "wrote to its output what no machine says before"),
        ("sh -c 'exit 255'", r"ended with exit code 255 before .*; ssh says so"),
    ],
)
def test_what_is_no_machine_is_refused_in_words(command, text):
    with pytest.raises(UsageError, match=text):
        Where((command,)).open()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("ssh host2", "ssh host2"),
        ("docker exec -i loadgen", "docker exec -i loadgen"),
        ("ssh host2 /opt/loadgen/bin/loadgen cluster machine -", "ssh host2"),
        ("ssh host2 'cd load && .venv/bin/loadgen cluster machine -'", "ssh host2 cd load &&"),
        ("env PYTHONPATH=/a python3.11 -m loadgen cluster machine -", "env PYTHONPATH=/a"),
        ("bin/loadgen cluster machine -", "bin/loadgen"),
        ("ssh host2 /opt/bin/loadgen", "ssh host2"),
        ("nice python3.11 -m loadgen", "nice"),
        ("bin/loadgen", "bin/loadgen"),
    ],
)
def test_a_machine_is_called_by_the_way_to_it(command, name):
    assert name_of(shlex.split(command)) == name


@pytest.mark.parametrize(
    ("command", "lacks"),
    [
        ("ssh host2", "loadgen cluster machine -"),
        ("docker exec -i loadgen", "loadgen cluster machine -"),
        ("ssh host2 /opt/bin/loadgen", "cluster machine -"),
        ("nice python3.11 -m loadgen", "cluster machine -"),
        ("ssh host2 /opt/bin/loadgen cluster machine -", ""),
    ],
)
def test_a_command_is_completed_with_what_it_lacks(command, lacks):
    assert whole(command.split()) == [*command.split(), *lacks.split()]


def test_where_a_run_is_to_be_made_goes_to_another_process():
    where = Where(("ssh a", "ssh b"), "go-on", None, None, "certs")
    assert Where.read(where.written) == where
    assert Where.read(Where(cluster="tls://a:1", machines=3).written).machines == 3


class Near:
    """A Link to a machine that answers in the next turn of the loop, but once so many clocks were asked of all."""

    name = "a"

    def __init__(self, order, after=0):
        self.order = order
        self.after = after
        self.mailbox = Mailbox()

    def close(self):
        pass

    def wait(self, within_s):
        self.order.append(("wait", within_s))

    def send(self, message):
        self.order.append((message.kind, self))
        self._answer(message)

    def _answer(self, message):
        loop = asyncio.get_running_loop()
        if message.kind == "describe":
            loop.call_soon(self.mailbox.take, Message("described", description_out(describe_machine())))
        elif len(self.order) > self.after:
            loop.call_soon(self.mailbox.take, Message("clock", {**message.head, "there": 0}))
        else:
            loop.call_soon(self._answer, message)

    def listen(self, to):
        self.mailbox.listen(to)


def asked_in_order(took_ns, after):
    """Which of two machines was asked, each time; the first waits before it answers for so many questions to both."""
    order, instants = [], itertools.count(0, took_ns)
    one, two = Near(order, after), Near(order)
    Fleet([one, two], Where(), clock=lambda: next(instants))
    assert len(order) == 2 * (1 + EXCHANGES)
    return [2 if link is two else 1 for _, link in order]


def test_the_clocks_of_machines_far_away_are_asked_at_once():
    assert asked_in_order(NEAR_NS, after=EXCHANGES)[: EXCHANGES + 2].count(2) == EXCHANGES


def test_those_of_near_machines_one_after_the_other():
    asked = asked_in_order(1, after=0)
    assert asked == [1, 2, 1, 2, *[1] * (EXCHANGES - 1), *[2] * (EXCHANGES - 1)]


def test_machines_that_do_not_go_are_waited_for_together():
    order, instants = [], itertools.count(0, s_to_ns(0.75))
    Fleet([Near(order), Near(order), Near(order)], Where(), clock=lambda: next(instants)).close()
    assert [within_s for kind, within_s in order if kind == "wait"] == [LEAVE_S - 0.75, 0.0, 0.0]
