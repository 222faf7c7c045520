import resource

import pytest

from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.errors import UsageError
from loadgen.executors.places.limits import check_descriptors, check_ports
from tests.support.fakes import ENDPOINT, make_plan


@pytest.mark.parametrize(
    ("users", "processes", "fits"),
    [(960, 1, True), (961, 1, False), (1920, 2, True), (1921, 2, False), (9600, 10, True)],
)
def test_each_process_must_hold_its_connections_and_64_more(users, processes, fits):
    plan = make_plan(users=users, processes=processes)
    if fits:
        check_descriptors(plan, 1024)
    else:
        with pytest.raises(UsageError):
            check_descriptors(plan, 1024)


def test_too_few_descriptors_are_refused_with_the_figure_and_a_remedy_that_works():
    with pytest.raises(UsageError) as caught:
        check_descriptors(make_plan(users=5000), 1024)
    assert str(caught.value) == (
        "5,000 connections in 1 process need 5,064 file descriptors, but this host allows 1,024: "
        "raise the hard limit (`ulimit -Hn`), or use --processes 6"
    )
    check_descriptors(make_plan(users=5000, processes=6), 1024)
    with pytest.raises(
        UsageError, match=r"^this host allows 64 file descriptors: raise the hard limit \(`ulimit -Hn`\)$"
    ):
        check_descriptors(make_plan(users=1), 64)
    with pytest.raises(UsageError):
        check_descriptors(make_plan(users=5000, processes=5), 1024)


def test_a_host_without_a_limit_holds_anything():
    check_descriptors(make_plan(users=10**6), resource.RLIM_INFINITY)


@pytest.fixture
def ports(tmp_path):
    return tmp_path / "ip_local_port_range"


def test_more_connections_than_ports_are_refused_with_the_figure_and_the_remedy(ports):
    ports.write_text("32768\t32867\n")
    check_ports(make_plan(users=100), ENDPOINT, ports)
    with pytest.raises(UsageError) as caught:
        check_ports(make_plan(users=101), ENDPOINT, ports)
    assert str(caught.value) == (
        "101 connections to one address need as many ephemeral ports, but this host has 100: "
        "widen net.ipv4.ip_local_port_range, or give several --local-address"
    )


def test_every_address_of_the_target_has_its_own_ports(ports):
    ports.write_text("1000 1099")
    two = Endpoint(Origin("http", "a", 80), ((2, ("10.0.0.1", 80)), (2, ("10.0.0.2", 80))))
    check_ports(make_plan(users=200), two, ports)


@pytest.mark.parametrize("text", [None, "", "many", "1 2 3"])
def test_a_host_that_does_not_tell_its_ports_is_not_refused(ports, text):
    if text is not None:
        ports.write_text(text)
    check_ports(make_plan(users=10**6), ENDPOINT, ports)
