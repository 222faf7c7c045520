"""A list of requests is dealt out to scripts, each line once before any comes again."""

from collections import Counter

import pytest

from loadgen.base.exchange import Request
from loadgen.plan.jobs.http import HttpJob, RequestSpec, TargetList, Variable
from loadgen.plan.target_list import line_of
from loadgen.workloads import targets
from loadgen.workloads.targets import TargetScript

SHARED = (("User-Agent", "me"), ("X-Shared", "${ID}"))


def job(*lines: bytes, variables: tuple[Variable, ...] = ()) -> HttpJob:
    base = RequestSpec("list.txt", "", "", headers=SHARED)
    return HttpJob((base,), variables, targets=TargetList("list.txt", len(lines), b"\n".join(lines)))


def lines(count: int) -> list[bytes]:
    return [line_of("GET", f"/{number}", (), b"") for number in range(count)]


def script(made: HttpJob, index: int = 0, count: int = 1) -> TargetScript:
    assert made.targets is not None
    return TargetScript(made, made.targets.lines.split(b"\n"), index, count, 1)


def taken(one: TargetScript, times: int) -> list[str]:
    return [one.resume(None).target for _ in range(times)]


@pytest.mark.parametrize("kept", [50_000, 2, 0])
def test_lines_come_in_their_order_and_again(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MOST_KEPT", kept)
    assert taken(script(job(*lines(4))), 9) == ["/0", "/1", "/2", "/3"] * 2 + ["/0"]


@pytest.mark.parametrize(("count", "scripts"), [(7, 3), (4, 4), (3, 5), (1, 2)])
def test_all_scripts_together_send_each_line(count: int, scripts: int) -> None:
    made = job(*lines(count))
    shares = [taken(script(made, index, scripts), max(1, -(-(count - index) // scripts))) for index in range(scripts)]
    sent = Counter(path for share in shares for path in share)
    assert sent.keys() == {f"/{number}" for number in range(count)}
    assert max(sent.values()) <= -(-scripts // count)


def test_a_line_has_its_own_method_body_and_headers() -> None:
    made = job(line_of("PUT", "/a", (("x-shared", "mine"), ("C", "d")), b"\xff\x00"), *lines(1))
    first, second = (script(made).resume(None), taken(script(made), 2)[1])
    assert (first.method, first.target, first.body) == ("PUT", "/a", b"\xff\x00")
    assert first.fields.block == b"User-Agent: me\r\nx-shared: mine\r\nC: d\r\n"
    assert second == "/0"


def test_one_line_is_the_only_request_and_a_variable_changes_it() -> None:
    assert isinstance(script(job(*lines(1))).only, Request)
    assert script(job(*lines(2))).only is None
    counting = script(job(*lines(1), variables=(Variable("ID", "sequence", (1,)),)))
    assert counting.only is None
    blocks = [counting.resume(None).fields.block for _ in range(2)]
    assert blocks[0].endswith(b"X-Shared: 1\r\n")
    assert blocks[1].endswith(b"X-Shared: 2\r\n")


def test_requests_of_a_method_share_what_is_known_of_replies() -> None:
    one = script(job(*lines(2), line_of("HEAD", "/h", (), b"")))
    first, second, head = (one.resume(None) for _ in range(3))
    assert first.group is second.group
    assert head.group is not first.group
