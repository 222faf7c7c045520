"""Header fields that a person wants on requests to S3, and on which of them each belongs: a row for each kind.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import md5, sha256

from loadgen.base.pattern import pattern
from loadgen.plan.jobs.s3_operations import Operation

Fields = tuple[tuple[str, str], ...]

ENCRYPTION = "x-amz-server-side-encryption"
CUSTOMER = f"{ENCRYPTION}-customer-"
KMS_KEY = f"{ENCRYPTION}-aws-kms-key-id"
LOCK_MODE, LOCK_UNTIL = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
TAGGING = "x-amz-tagging"
ALONGSIDE = "x-amz-bypass-governance-retention", "x-amz-bucket-object-lock-enabled"
"""Of retention, but not of an object."""

_MAKING = (Operation.PUT, Operation.CREATE_MULTIPART, Operation.COPY)
_READING = (Operation.GET, Operation.GET_RANGE, Operation.STAT)
_ENDING = (Operation.PUT, Operation.COMPLETE_MULTIPART)
_ROWS: tuple[tuple[re.Pattern[str], tuple[Operation, ...]], ...] = (
    (pattern(f"{CUSTOMER}.+"), (*_MAKING, *_READING, Operation.PUT_PART, Operation.COMPLETE_MULTIPART)),
    (
        pattern(r"x-amz-(server-side-encryption|storage-class|tagging|acl|grant-|meta-|object-lock|website-).*"),
        _MAKING,
    ),
    (pattern("x-amz-bypass-.*"), (Operation.DELETE, Operation.DELETE_MANY)),
    (pattern("x-amz-bucket-.*"), (Operation.CREATE_BUCKET,)),
    (pattern(r"cache-control|content-(disposition|encoding|language|type)|expires"), _MAKING),
)
"""What describes an object goes where one is made; a key of the customer's own, wherever its bytes are seen."""

_CONDITION = pattern(r"if-(none-)?match|if-(un)?modified-since")
_READ_JOBS = ("get", "stat")
_STEPS = ("bucket", "probe", "fill", "survey", "sweep")
OWN = pattern(
    r"host|authorization|content-length|content-md5|transfer-encoding|connection|range|expect|"
    r"x-amz-(date|content-sha256|security-token|copy-source|decoded-content-length|checksum-.*|trailer)"
)
"""Fields that the job makes itself."""


def operations_of(name: str, job: str) -> tuple[Operation, ...]:
    """The operations of a job or a step on which a field of this name belongs; what is not known goes on all."""
    name = name.lower()
    if _CONDITION.fullmatch(name):
        if job in _STEPS:
            return ()  # what it holds for is measured
        return _READING if job in _READ_JOBS else _ENDING
    return next((operations for pattern, operations in _ROWS if pattern.fullmatch(name)), tuple(Operation))


def fields_by_operation(fields: Iterable[tuple[str, str]], job: str) -> dict[Operation, Fields]:
    """Which fields the requests of each operation have."""
    found: dict[Operation, Fields] = {}
    for name, value in fields:
        for operation in operations_of(name, job):
            found[operation] = (*found.get(operation, ()), (name, value))
            if operation is Operation.COPY and name.lower().startswith(CUSTOMER):
                source = name.lower().replace("x-amz-", "x-amz-copy-source-", 1)
                found[operation] = (*found[operation], (source, value))
    return found


def encryption_fields(kind: str, run_id: str) -> Fields:
    """Those that ask for encryption: "s3", "kms", "kms:KEY", or "c" with a key of the run's own."""
    kind, _, key_id = kind.partition(":")
    match kind:
        case "s3":
            return ((ENCRYPTION, "AES256"),)
        case "kms":
            return ((ENCRYPTION, "aws:kms"), *(((KMS_KEY, key_id),) if key_id else ()))
        case "c":
            key = sha256(f"loadgen/{run_id}".encode()).digest()
            digest = md5(key, usedforsecurity=False).digest()
            values = {"algorithm": "AES256", "key": b64encode(key).decode(), "key-md5": b64encode(digest).decode()}
            return tuple((f"{CUSTOMER}{name}", value) for name, value in values.items())
    return ()


def retention_fields(retain_s: float | None, now_s: float) -> Fields:
    """Those that keep what is put for so long from whoever has no right to delete it all the same, as the clean-up asks
    to; and have the bucket made so that it can.
    """
    if retain_s is None:
        return ()
    until = datetime.fromtimestamp(now_s + retain_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        (LOCK_MODE, "GOVERNANCE"),
        (LOCK_UNTIL, until),
        *((name, "true") for name in ALONGSIDE),
    )
