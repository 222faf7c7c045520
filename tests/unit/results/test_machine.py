from loadgen.results.machine import machine_differences, software_differences

HERE = {"cpu": "A", "cores": 4, "machine": "x86_64", "python": "3.12.1", "gil": True, "versions": {"uvloop": "0.21.0"}}


def test_another_machine_is_named_by_what_differs() -> None:
    assert machine_differences(HERE, HERE | {"cpu": "B", "cores": 8}) == [
        "processor B instead of A",
        "usable cores 8 instead of 4",
    ]
    assert machine_differences(HERE, HERE | {"python": "3.13.0"}) == []


def test_software_is_apart() -> None:
    other = HERE | {"cpu": "B", "python": "3.13.0", "versions": {"uvloop": "0.22.0"}}
    assert software_differences(HERE, other) == ["Python 3.13.0 instead of 3.12.1", "uvloop 0.22.0 instead of 0.21.0"]


def test_what_is_not_known_is_no_difference() -> None:
    assert machine_differences({}, HERE) == software_differences(HERE, {}) == []
