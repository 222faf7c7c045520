"""In which order connections try the addresses of a name."""

import socket
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from loadgen.base.exchange import ConnectionCounts
from loadgen.clients.addresses import AVOID_NS, Addresses

IPV4, IPV6 = int(socket.AF_INET), int(socket.AF_INET6)
ONE, TWO, THREE = ((IPV4, (f"10.0.0.{number}", 80)) for number in (1, 2, 3))
SIX = IPV6, ("::1", 80)


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


def firsts(addresses, times):
    return [next(addresses.in_turn()) for _ in range(times)]


@given(st.integers(0, 5), st.integers(0, 20))
def test_each_has_its_turn_and_no_address_is_left_out(first, connections):
    addresses = Addresses((ONE, TWO, THREE), Clock(), first)
    orders = [list(addresses.in_turn()) for _ in range(connections)]
    assert all(set(order) == {ONE, TWO, THREE} and len(order) == 3 for order in orders)
    counts = Counter(order[0] for order in orders)
    assert max(counts.values(), default=0) - min((counts[one] for one in (ONE, TWO, THREE)), default=0) <= 1


def test_workers_begin_in_different_places():
    assert [firsts(Addresses((ONE, TWO, THREE), Clock(), worker), 1)[0] for worker in range(3)] == [ONE, TWO, THREE]


def test_one_that_failed_is_tried_last_for_a_while():
    clock, counts = Clock(), ConnectionCounts()
    addresses = Addresses((ONE, TWO, THREE), clock)
    addresses.failed(TWO, counts, "Connection refused")
    assert Counter(firsts(addresses, 6)) == {ONE: 3, THREE: 3}
    assert [*addresses.in_turn()][-1] == TWO
    clock.now = AVOID_NS
    assert TWO in firsts(addresses, 3)
    assert counts.addresses == {"10.0.0.2:80": {"Connection refused": 1}}


def test_one_that_is_well_again_has_its_turn_at_once():
    addresses, counts = Addresses((ONE, TWO), Clock()), ConnectionCounts()
    addresses.failed(TWO, counts, "Connection refused")
    addresses.opened(TWO, counts)
    assert set(firsts(addresses, 2)) == {ONE, TWO}
    assert counts.addresses == {"10.0.0.2:80": {"Connection refused": 1, "": 1}}


def test_the_family_that_comes_first_is_preferred_until_only_the_other_opens():
    addresses, counts = Addresses((SIX, ONE, TWO), Clock()), ConnectionCounts()
    assert set(firsts(addresses, 4)) == {SIX}
    addresses.failed(SIX, counts, "Connection refused")
    addresses.opened(ONE, counts)
    assert set(firsts(addresses, 4)) == {ONE, TWO}


def test_a_single_address_is_not_counted_by_itself():
    addresses, counts = Addresses((SIX,), Clock()), ConnectionCounts()
    addresses.failed(SIX, counts, "Connection refused")
    addresses.opened(SIX, counts)
    assert (list(addresses.in_turn()), counts) == ([SIX], ConnectionCounts())


def test_other_addresses_take_the_place_of_the_old_ones():
    addresses = Addresses((ONE, TWO), Clock())
    addresses.replace((THREE,))
    assert firsts(addresses, 2) == [THREE, THREE]


def test_all_are_counted_of_a_name_that_may_move():
    addresses, counts = Addresses((ONE,), Clock(), may_change=True), ConnectionCounts()
    addresses.opened(ONE, counts)
    addresses.replace((TWO,))
    addresses.opened(TWO, counts)
    assert counts.addresses == {"10.0.0.1:80": {"": 1}, "10.0.0.2:80": {"": 1}}


def test_those_are_counted_that_are_left_of_several():
    addresses, counts = Addresses((), Clock()), ConnectionCounts()
    addresses.replace((ONE, TWO))
    addresses.replace((TWO,))
    addresses.opened(TWO, counts)
    assert counts.addresses == {"10.0.0.2:80": {"": 1}}


def test_counts_of_addresses_are_added_up():
    one, other = ConnectionCounts(), ConnectionCounts()
    one.note_address("a:1", "")
    other.note_address("a:1", "")
    other.note_address("a:1", "timed out")
    other.note_address("b:1", "")
    one.move_from(other)
    assert one.addresses == {"a:1": {"": 2, "timed out": 1}, "b:1": {"": 1}}
    assert other.addresses == {}
