"""What requests have in common."""

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Fields, Request, RequestGroup


class Own(RequestGroup):
    """A kind of its own."""


def test_a_twin_is_another_group_of_its_kind_and_the_same_for_its_place_whoever_is_asked():
    group = Own(repeats=False, keeps_body=True)
    group.recorded = False
    first, second = group.twin(1), group.twin(2)
    assert group.twin(0) is group is first.twin(0)
    assert first is group.twin(1) is second.twin(1) is first.twin(1)
    assert len({group, first, second}) == 3
    assert isinstance(first, Own)
    assert (first.repeats, first.keeps_body, first.recorded) == (False, True, False)


def test_a_request_with_other_values_goes_to_the_same_place_in_the_same_time():
    origin = Origin("http", "other.test", 80)
    request = Request(0, "GET", "/", Fields(()), origin=origin, timeout_ns=7, group=RequestGroup())
    other = request.varied("/2", request.fields, b"")
    assert (other.origin, other.timeout_ns, other.plain, other.group) == (origin, 7, False, request.group)
    assert Request(0, "GET", "/", Fields(())).plain
    assert not Request(0, "PUT", "/", Fields(()), body=bytes(100_000)).plain
