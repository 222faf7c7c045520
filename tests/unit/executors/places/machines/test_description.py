from dataclasses import replace

import pytest

from loadgen.base.errors import UsageError
from loadgen.executors.places.machines.description import (
    check_alike,
    crowded,
    describe_machine,
    description_in,
    description_out,
)

OWN = describe_machine()


def test_a_machine_like_this_one_fits():
    assert description_in(description_out(OWN)) == OWN
    check_alike([("machine 1", replace(OWN, cores=OWN.cores + 1, environment={}))], OWN)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"loadgen": "0.0.1"}, "machine 2 has loadgen 0.0.1, and this is "),
        ({"schema": "other"}, "machine 2 has another build of loadgen "),
        ({"python": "3.99"}, "machine 2 has Python 3.99, and this is "),
        ({"gil": not OWN.gil}, "machine 2 has .*Python.*, and this has "),
    ],
)
def test_another_program_is_refused_by_name(change, text):
    with pytest.raises(UsageError, match=text):
        check_alike([("machine 1", OWN), ("machine 2", replace(OWN, **change))], OWN)


def test_machines_that_say_it_otherwise_are_another_program(monkeypatch):
    monkeypatch.setattr("loadgen.executors.places.machines.description.PROTOCOL", "another")
    assert describe_machine().schema != OWN.schema


def test_machines_that_share_the_cores_of_a_host_are_warned_of():
    half = replace(OWN, cores=4, host_cores=8, environment={"boot": "a"})
    named = [("m1", half), ("m2", half), ("m3", replace(half, environment={"boot": "b"}))]
    assert crowded(named) == []
    assert crowded([*named, ("m4", half)]) == [
        "m1, m2 and m4 are on one host, and may take 12 cores where it has 8: give each host once"
    ]
    unknown = replace(half, host_cores=0)
    assert crowded([("m1", unknown), ("m2", unknown), ("m3", replace(half, cores=9, environment={}))]) == []
