import csv
from dataclasses import dataclass
from typing import Any

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, RequestGroup
from loadgen.base.reply import Expect, Reply
from loadgen.executors.logged import LoggedHandler, SlowestHandler
from loadgen.measure.names import Kind, Names
from loadgen.measure.request_log import COLUMNS, RequestLog
from loadgen.measure.slowest import Slowest
from loadgen.plan.jobs.grpc import GrpcExpect

EXPECT, FIELDS = Expect(), Fields(())


@dataclass
class Sent:
    group: RequestGroup | None = None
    name_id: int = 0
    expect: Expect = EXPECT
    fields: Fields = FIELDS
    wire: bytes | None = None


@dataclass
class Stream:
    request: Sent | None
    user: int = 2
    due_ns: int = 1_000_000
    sent_ns: int = 2_000_000
    reused: bool = False


class Users:
    """They send the next request while they are told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_open(self, stream: Any) -> None:
        self.told.append("open")

    def on_batch(self) -> None:
        self.told.append("batch")

    def on_repeat(self, stream: Any, now: int) -> None:
        self.told.append("repeat")
        stream.sent_ns, stream.request = now, None

    def on_alike(self, stream: Any, now: int) -> None:
        self.told.append("alike")
        stream.sent_ns, stream.request = now, None

    def on_reply(self, stream: Any, now: int, reply: Reply) -> bool:
        self.told.append("reply")
        stream.sent_ns, stream.request = now, None
        return True

    def on_error(self, stream: Any, now: int, error: ErrorClass, detail: str, head: bytes) -> None:
        self.told.append("error")


def logged(*, paced: bool = False) -> tuple[Users, LoggedHandler, RequestLog]:
    users, log = Users(), RequestLog(1, Names([(Kind.REQUEST, "a")]))
    log._offset_us = 0
    return users, LoggedHandler(users, log, 100, paced=paced), log


def rows(log: RequestLog) -> list[list[str]]:
    return [
        [row[key] for key in ("due", "sent", "done", "user", "status", "bytes", "error")]
        for row in csv.DictReader(log.take()[0].splitlines(), COLUMNS)
    ]


def test_every_way_of_an_end_is_written_down_once_before_the_users_are_told() -> None:
    users, handler, log = logged()
    group = RequestGroup()
    group.reply = Reply(200, 5, 80)
    handler.on_repeat(Stream(Sent(group)), 3_000_000)
    handler.on_alike(Stream(Sent(group)), 3_000_000)
    handler.on_reply(Stream(Sent()), 3_000_000, Reply(503, 5, 90))
    handler.on_error(Stream(Sent()), 3_000_000, ErrorClass.TIMEOUT, "", b"")
    assert users.told == ["repeat", "alike", "reply", "error"]
    assert rows(log) == [
        ["2000", "2000", "3000", "102", "200", "80", ""],
        ["2000", "2000", "3000", "102", "200", "80", ""],
        ["2000", "2000", "3000", "102", "503", "90", "unexpected_status"],
        ["2000", "2000", "3000", "102", "0", "0", "timeout"],
    ]


def test_a_paced_request_was_due_before_it_was_sent() -> None:
    _, handler, log = logged(paced=True)
    handler.on_error(Stream(Sent()), 3_000_000, ErrorClass.CUT, "", b"")
    assert rows(log) == [["1000", "2000", "3000", "102", "0", "0", "cut"]]


def test_an_opening_that_fails_is_no_request() -> None:
    users, handler, log = logged()
    handler.on_open(Stream(None))
    handler.on_error(Stream(None), 3_000_000, ErrorClass.CONNECTION_REFUSED, "", b"")
    handler.on_batch()
    assert users.told == ["open", "error", "batch"]
    assert rows(log) == []


def test_the_slowest_are_kept_with_what_is_known_of_their_connection() -> None:
    users, slowest = Users(), Slowest(lambda text: text.decode())
    handler = SlowestHandler(users, slowest, 100, paced=False)
    first, again, other = Stream(Sent()), Stream(Sent(), reused=True), Stream(Sent(), reused=True)
    handler.on_reply(first, 9_000_000, Reply(200, 5, 80, head=b"HTTP/1.1 200 OK\r\n\r\n"))
    handler.on_error(again, 8_000_000, ErrorClass.TIMEOUT, "", b"")
    handler.on_reply(other, 5_000_000, Reply(503, 5, 80))
    rows = slowest.take()[0]
    assert [(row.response_us, row.user, row.reused, row.status, row.error) for row in rows] == [
        (7000, 102, False, 200, ""),
        (6000, 102, True, 0, "timeout"),
        (3000, 102, True, 503, "unexpected_status"),
    ]
    assert users.told == ["reply", "error", "reply"]


def test_a_reply_is_judged_as_the_users_judge_it() -> None:
    """By its head, its decoded body and its time too, where that is expected."""
    _, handler, log = logged()
    stream = Stream(Sent(expect=GrpcExpect()))
    handler.on_reply(stream, 3_000_000, Reply(200, 0, 40, head=b"HTTP/2 200\r\ngrpc-status: 14\r\n\r\n"))
    assert rows(log)[0][-1] == "grpc_status"
