"""Which figures of a job's requests stand apart: by the size of the objects, and by host."""

from typing import Any

import pytest

from loadgen.base.endpoint import Origin
from loadgen.measure.names import Kind, names_of
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.s3_operations import Operation
from loadgen.plan.jobs.s3_places import Target
from loadgen.plan.jobs.s3_sizes import class_of, classes_of, describe_class

HOSTS = tuple(Target("b", origin=Origin("http", f"10.0.0.{number}", 9000)) for number in (1, 2))
SMALL, LARGE = (1024, 1024, 1.0), (1 << 20, 2 << 20, 1.0)


def job(name: Any, **values: Any) -> S3Job:
    return S3Job(name, "b", **{"retries": 0, **values})


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "up to 4.00 KiB"), (4096, "up to 4.00 KiB"), (4097, "up to 64.0 KiB"), (5 << 30, "over 4.00 GiB")],
)
def test_a_class_has_sixteen_times_the_bytes_of_the_one_before(size: int, said: str) -> None:
    assert describe_class(class_of(size)) == said


def test_classes_are_those_of_all_that_may_be_drawn() -> None:
    assert classes_of([(1, 100_000, 1.0), (20 << 20, 20 << 20, 1.0)]) == [0, 1, 2, 4]


def test_a_job_with_one_size_and_one_host_has_no_parts() -> None:
    plain = job("get", sizes=((10, 20, 1.0),))
    assert (plain.parts, plain.naming.ids()) == ((), {Operation.GET: 0})


def test_parts_follow_the_names_of_requests_and_transactions() -> None:
    mixed = job("mixed", sizes=(SMALL, LARGE), hosts=HOSTS, retries=1)
    names = [part.name.split("\t") for part in mixed.parts]
    first = len(mixed.request_names)
    assert len(names) == 2 * (3 + 1 + 3 + 1)  # of get and put by size, of stat and delete as they are
    for place, host in enumerate(("10.0.0.1:9000", "10.0.0.2:9000")):
        ids, added = mixed.naming.ids(place), mixed.naming.added
        for operation, name_id in ids.items():
            assert names[name_id - first][::2] == [operation.value, host]
        of_large = names[ids[Operation.PUT] + added[class_of(2 << 20)] - first]
        assert of_large == ["put", "up to 16.0 MiB", host]
    assert mixed.naming.wholes[mixed.naming.ids(1)[Operation.PUT]] == mixed.request_names.index("put")


def test_what_is_there_may_have_any_size_and_a_range_has_one() -> None:
    assert len(job("get", existing="in/").parts) == 7
    assert job("get", sizes=(SMALL, LARGE), range_bytes=10).parts[0].size == ""
    assert job("delete", sizes=(SMALL, LARGE)).parts == ()


def test_what_takes_several_requests_has_parts_by_size_behind_those_of_requests() -> None:
    upload = job("multipart", sizes=(SMALL, LARGE))
    assert [(part.request, part.size) for part in upload.parts] == [
        ("upload", "up to 4.00 KiB"), ("upload", "up to 1.00 MiB"), ("upload", "up to 16.0 MiB"),
    ]  # fmt: skip
    names = names_of(upload)
    numbers = Transactions(names=names).numbers(upload.wholes)
    assert names[numbers[class_of(1024)]] == (Kind.PART, upload.parts[0].name)
    assert names.wholes == {}
    batch = job("batch")
    assert [*batch.wholes.values()] == [*batch.parts[-7:]]
    assert job("multipart", sizes=(SMALL,)).parts == ()
