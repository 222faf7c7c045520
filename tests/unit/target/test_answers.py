import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.target.answers import HELLO, MAX_BYTES, Answer, Control, answer_to

MS = 1_000_000


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        (b"/", Answer(body=HELLO)),
        (b"/?page=7", Answer(body=HELLO)),
        (b"http://example.org/?page=7", Answer(body=HELLO)),
        (b"http://example.org", Answer(body=HELLO)),
        (b"/bytes/0", Answer(filler=0)),
        (b"/bytes/1073741824", Answer(filler=MAX_BYTES)),
        (b"/status/204", Answer(status=204)),
        (b"/status/503", Answer(status=503, body=b"503 Service Unavailable\n")),
        (b"/status/299", Answer(status=299, body=b"299 Unnamed\n")),
        (b"/delay/1.5", Answer(body=HELLO, delay_ns=1_500_000)),
        (b"/error-rate/2.5", Answer(body=HELLO, error_share=0.025)),
        (b"/queue/3", Answer(body=HELLO, service_ns=3 * MS)),
        (b"/drip", Answer(filler=10, drip_ns=100 * MS)),
        (b"/drip?ms=2&bytes=3", Answer(filler=3, drip_ns=2 * MS)),
    ],
)
def test_a_path_says_what_is_answered(target: bytes, answer: Answer) -> None:
    assert answer_to(b"GET", target, 0) == answer


@pytest.mark.parametrize(
    "target",
    b"/nope /bytes/ /bytes/1.5 /bytes/1073741825 /bytes/-1 /bytes/1/2 /status/199 /status/600 /delay/nan "
    b"/delay/3600001 /error-rate/101 /drip?bytes=1.5 /drip?speed=2 *".split(),
)
def test_anything_else_is_not_found_and_lists_the_paths(target: bytes) -> None:
    answer = answer_to(b"GET", target, 0)
    assert isinstance(answer, Answer)
    assert answer.status == 404
    assert b"/bytes/N" in answer.body


@pytest.mark.parametrize("target", [b"/", b"/upload", b"/bytes/much"])
@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH"])
def test_an_upload_is_told_how_much_was_received(method: bytes, target: bytes) -> None:
    assert answer_to(method, target, 17) == Answer(body=b"received 17\n")


def test_an_upload_to_a_path_with_a_meaning_gets_what_the_path_says() -> None:
    assert answer_to(b"POST", b"/status/201", 17) == Answer(status=201, body=b"201 Created\n")


@pytest.mark.parametrize(
    ("method", "target", "control"), [(b"GET", b"/_stats", Control.STATS), (b"POST", b"/_reset", Control.RESET)]
)
def test_control_requests_are_told_apart(method: bytes, target: bytes, control: Control) -> None:
    assert answer_to(method, target, 0) is control


@pytest.mark.parametrize("target", [b"/delay/1", b"/error-rate/50", b"/queue/0", b"/drip"])
def test_what_depends_on_time_or_chance_is_not_constant(target: bytes) -> None:
    answer = answer_to(b"GET", target, 0)
    assert isinstance(answer, Answer)
    assert not answer.constant


@given(st.binary(max_size=60))
def test_any_target_has_an_answer(target: bytes) -> None:
    assert isinstance(answer_to(b"GET", target, 0), Answer | Control)
