"""What one user did, as lines."""

from dataclasses import replace

import pytest

from loadgen.base.error_class import ErrorClass
from loadgen.base.redact import Redactor
from loadgen.report.run.trial import MOST_BODY_ROWS, trial_end, trial_lines
from loadgen.results.trial import Certificate, Checked, Ended, Event, Exchanged, Measured, Stage, Timed

GOOD = Exchanged("buy", "pay", "POST", "/cart/7/pay", 200, None, "", 1_230_000, 2048)
BAD = Exchanged(
    "buy", "POST /pay", "POST", "/pay", 500, ErrorClass.UNEXPECTED_STATUS, "status 500", 45_000, 77,
    (("Host", "h"), ("Authorization", "Bearer hush"), ("X-Plain", "s3cret!")),
    b'HTTP/1.1 500 No\r\nSet-Cookie: id=hush\r\n\r\n{"a":1}', b'{"token":"hush-hush","a":1}\n\x1b[2J\n',
)  # fmt: skip


def rows(event: Event, before: Event | None = None) -> list[str]:
    return [line.text for line in trial_lines(event, before, Redactor(("s3cret!",)))]


def test_an_exchange_is_a_line_below_the_name_of_its_journey() -> None:
    assert rows(GOOD) == ["", "buy", "  200  POST /cart/7/pay                           1.23 ms  2.00 KiB  pay"]
    assert rows(GOOD, GOOD) == rows(GOOD)[2:]
    assert rows(GOOD, Ended("buy", 5)) == rows(GOOD)


def test_a_bad_one_shows_what_was_sent_and_what_came_without_secrets() -> None:
    first, *more = rows(BAD, GOOD)
    assert first == "  500  POST /pay                                  45.0 us      77 B"
    assert more == [
        "         unexpected_status: status 500",
        "         > Host: h",
        "         > Authorization: [redacted]",
        "         > X-Plain: [redacted]",
        "         * first byte after 45.0 us",
        "         < HTTP/1.1 500 No",
        "         < Set-Cookie: [redacted]",
        '         | {"token":"[redacted]","a":1}',
        r"         | \x1b[2J",
    ]


def test_of_plain_requests_each_exchange_is_whole_and_nothing_is_said_of_parts() -> None:
    def whole(event: Event, before: Event | None = None) -> list[str]:
        return [line.text for line in trial_lines(event, before, Redactor(), whole=True)]

    sent = replace(GOOD, sent=(("Host", "h"),), sent_body=b"a=1", head=b"HTTP/1.1 200 OK\r\n\r\n", body=b"paid")
    sent = replace(sent, reused=True, first_ns=1_000_000)
    _, first, *more = whole(sent)
    assert first.startswith("  200  POST /cart/7/pay")
    assert [row.strip() for row in more] == [
        "* on the connection of the request before", "> Host: h", "> a=1", "* first byte after 1.00 ms",
        "< HTTP/1.1 200 OK", "| paid",
    ]  # fmt: skip
    assert whole(Ended("buy", 5), GOOD) == []
    assert whole(Ended("buy", 5, ErrorClass.UNEXPECTED_STATUS), BAD) == []
    assert whole(Ended("buy", 0, ErrorClass.SCRIPT_ERROR, "no"))[1:] == ["buy", "  failed: script_error: no"]
    assert trial_end([Ended("a", 1)], ["a"], "", "request")[1].text == "1 request: 1 good"


def test_how_its_connection_came_to_be_is_said_stage_by_stage() -> None:
    certificate = Certificate("CN=h", "CN=h", "2030-01-01 00:00 UTC", checked=False)
    way = (
        Stage("name", ("h", "::1", "127.0.0.1"), 1000),
        Stage("connect", ("[::1]:443",), 1000, "Connection refused"),
        Stage("connect", ("127.0.0.1:443",), 1000),
        Stage("tls", ("TLS 1.3", "AES", ""), 1000, certificate=certificate, resumed=True),
    )
    assert [row.strip() for row in rows(replace(BAD, sent=(), head=b"", body=b"", way=way))][-5:] == [
        "* h is ::1 or 127.0.0.1, looked up in 1.00 us",
        "* not connected to [::1]:443: Connection refused, after 1.00 us",
        "* connected to 127.0.0.1:443 in 1.00 us",
        "* TLS 1.3 in 1.00 us: AES, ALPN none, a session taken up again",
        "* certificate of CN=h by itself until 2030-01-01 00:00 UTC, not checked (--insecure)",
    ]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Timed("buy", "group", "checkout", 2_000_000), ["  group checkout: 2.00 ms"]),
        (Timed("buy", "call", "find", 5_000, ErrorClass.CALL_FAILED, "KeyError: 's3cret!'"),
         ["  call find: 5.00 us, failed: KeyError: '[redacted]'"]),
        (Checked("buy", "total", True), ["  check total: holds"]),
        (Checked("buy", "total", False), ["  check total: does not hold"]),
        (Measured("buy", "basket", 12.5, "EUR"), ["  metric basket: 12.5 EUR"]),
        (Measured("buy", "items", 3.0, ""), ["  metric items: 3"]),
        (Ended("buy", 1_000_000), ["  good, 1.00 ms"]),
        (Ended("buy", 1_000_000, ErrorClass.CUT), ["  unfinished after 1.00 ms"]),
        (Ended("buy", 1_000_000, ErrorClass.SCRIPT_ERROR, "a.py:1: no", "Traceback:\n  line s3cret!\n"),
         ["  failed after 1.00 ms: script_error: a.py:1: no", "    Traceback:", "      line [redacted]"]),
    ],
)  # fmt: skip
def test_everything_else_is_a_line(event: Event, says: list[str]) -> None:
    assert rows(event, GOOD) == says


def test_a_long_body_is_cut() -> None:
    long = Exchanged("a", "b", "GET", "/", 500, ErrorClass.UNEXPECTED_STATUS, "", 1, 1, (), b"", b"x\n" * 100)
    assert rows(long, long)[-2:] == ["         | x", "         | ..."]
    assert len(rows(long, long)) == 2 + MOST_BODY_ROWS + 1


@pytest.mark.parametrize(
    ("ended", "signalled", "says"),
    [
        ([None, None], "", "2 scenarios: 2 good"),
        ([None, ErrorClass.CHECK_FAILED], "", "2 scenarios: 1 good, 1 failed"),
        ([ErrorClass.SCRIPT_ERROR], "", "2 scenarios: 1 failed, 1 not started"),
        ([ErrorClass.CUT], "SIGTERM", "2 scenarios: 1 unfinished, 1 not started (SIGTERM received)"),
    ],
)
def test_the_end_counts_them(ended: list[ErrorClass | None], signalled: str, says: str) -> None:
    events = [GOOD, *(Ended(name, 1, error) for name, error in zip("ab", ended, strict=False))]
    assert [line.text for line in trial_end(events, ["a", "b"], signalled)] == ["", says]
