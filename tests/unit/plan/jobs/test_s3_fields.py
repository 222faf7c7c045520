"""Which header fields go on which requests."""

import pytest

from loadgen.plan.jobs.s3_fields import OWN, encryption_fields, fields_by_operation, retention_fields
from loadgen.plan.jobs.s3_operations import Operation

MAKING = {"put", "create-multipart", "copy"}
SEEING = MAKING | {"get", "get-range", "stat", "put-part", "complete-multipart"}


@pytest.mark.parametrize(
    ("name", "job", "operations"),
    [
        ("x-amz-storage-class", "put", MAKING),
        ("X-Amz-Tagging", "get", MAKING),
        ("x-amz-meta-of", "fill", MAKING),
        ("Cache-Control", "put", MAKING),
        ("x-amz-server-side-encryption-aws-kms-key-id", "put", MAKING),
        ("x-amz-server-side-encryption-customer-key", "get", SEEING),
        ("If-None-Match", "put", {"put", "complete-multipart"}),
        ("If-Match", "stat", {"get", "get-range", "stat"}),
        ("If-None-Match", "fill", set()),
        ("x-amz-bypass-governance-retention", "sweep", {"delete", "delete-many"}),
        ("x-amz-request-payer", "get", {str(operation) for operation in Operation}),
        ("X-Own", "bucket", {str(operation) for operation in Operation}),
    ],
)
def test_a_field_goes_where_it_belongs(name: str, job: str, operations: set[str]) -> None:
    found = fields_by_operation([(name, "v")], job)
    assert {str(operation) for operation in found} == operations
    assert {fields[0] for fields in found.values()} <= {(name, "v")}


def test_a_copy_has_the_key_of_its_source_too() -> None:
    names = [name for name, _ in fields_by_operation(encryption_fields("c", "run"), "copy")[Operation.COPY]]
    assert [name.removeprefix("x-amz-") for name in names[:2]] == [
        "server-side-encryption-customer-algorithm",
        "copy-source-server-side-encryption-customer-algorithm",
    ]
    assert len(names) == 6


def test_how_objects_are_encrypted() -> None:
    assert encryption_fields("", "run") == ()
    assert encryption_fields("s3", "run") == (("x-amz-server-side-encryption", "AES256"),)
    assert encryption_fields("kms:k/1", "run")[1] == ("x-amz-server-side-encryption-aws-kms-key-id", "k/1")
    assert encryption_fields("c", "run") == encryption_fields("c", "run") != encryption_fields("c", "another")


def test_what_is_retained_says_until_when_and_the_clean_up_may_delete_it() -> None:
    fields = dict(retention_fields(3600.0, 0.0))
    assert fields["x-amz-object-lock-retain-until-date"] == "1970-01-01T01:00:00Z"
    assert fields["x-amz-bypass-governance-retention"] == "true"
    assert retention_fields(None, 0.0) == ()


@pytest.mark.parametrize("name", ["host", "range", "x-amz-date", "x-amz-checksum-crc32", "expect"])
def test_what_a_job_makes_itself_is_known(name: str) -> None:
    assert OWN.fullmatch(name)
