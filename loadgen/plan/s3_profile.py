"""The `s3` section of a profile: what a person wrote, checked value by value, and what spans its keys."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from loadgen.plan import fields, s3_fields
from loadgen.plan.jobs.s3 import (
    DEFAULT_MIX,
    DEFAULT_OBJECTS,
    JOBS,
    MOST_DELETES,
    Addressing,
    ChecksumName,
    JobName,
    S3Job,
    ends_itself,
)
from loadgen.plan.problems import Problem

Boolean = Annotated[bool, BeforeValidator(fields.boolean)]
Text = Annotated[str, BeforeValidator(fields.text)]
Prefix = Annotated[str, BeforeValidator(s3_fields.prefix)]
_ONE_MIB = ((1 << 20, 1 << 20, 1.0),)

_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "part_size": ("multipart",),
    "range": ("get", "mixed"),
    "mix": ("mixed",),
    "verify": ("get", "mixed"),
    "presigned": ("get",),
    "delete_many": ("delete",),
    "source": ("batch",),
    "function": ("batch",),
    "resume": ("batch",),
}
"""Keys that mean something for some jobs only."""


class S3Profile(BaseModel):
    """A job on a bucket; the endpoint is the profile's target."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    job: Annotated[JobName, BeforeValidator(fields.one_of(*JOBS))]
    bucket: Text
    region: Text = ""
    addressing: Annotated[Addressing, BeforeValidator(fields.one_of("auto", "path", "virtual"))] = "auto"
    aws_profile: Text | None = None
    prefix: Prefix = "loadgen/"
    objects: Annotated[int, BeforeValidator(fields.integer(1))] | None = None
    size: Annotated[tuple[tuple[int, int, float], ...], BeforeValidator(s3_fields.sizes)] = _ONE_MIB
    part_size: Annotated[int, BeforeValidator(s3_fields.part_size)] = 8 << 20
    range: Annotated[int, BeforeValidator(s3_fields.range_size)] | None = None
    mix: Annotated[tuple[tuple[str, float], ...], BeforeValidator(s3_fields.mix)] = DEFAULT_MIX
    payload: (
        Annotated[
            Literal["signed", "unsigned", "streaming"],
            BeforeValidator(fields.one_of("signed", "unsigned", "streaming")),
        ]
        | None
    ) = None
    checksum: Annotated[ChecksumName, BeforeValidator(fields.one_of("crc32", "crc32c", "sha256", "none"))] = "none"
    verify: Boolean = False
    presigned: Boolean = False
    keep: Boolean = False
    retries: Annotated[int, BeforeValidator(fields.integer(0))] = 0
    delete_many: Annotated[int, BeforeValidator(fields.integer(1))] = 1
    source: Prefix | None = None
    function: Annotated[str, BeforeValidator(s3_fields.function)] | None = None
    resume: Annotated[str, BeforeValidator(fields.file_name)] | None = None


def s3_problems(s3: S3Profile) -> Iterator[Problem]:
    """What does not go together in the section."""
    for key, jobs in _ONLY_FOR.items():
        if (
            key in s3.model_fields_set
            and s3.job not in jobs
            and getattr(s3, key) != S3Profile.model_fields[key].default
        ):
            yield Problem(("s3", key), f"only for {' and '.join(jobs)}, and the job is {s3.job}")
    if s3.delete_many > MOST_DELETES:
        yield Problem(("s3", "delete_many"), f"expected at most {MOST_DELETES}, got {s3.delete_many}")
    if s3.range is not None and s3.range > min(low for low, _, _ in s3.size):
        yield Problem(("s3", "range"), "expected at most the size of the smallest object")
    if s3.presigned and s3.range is not None:
        yield Problem(("s3", "presigned"), "cannot be combined with range: such a URL is for a whole object")
    if s3.source is not None and s3.prefix.startswith(s3.source):
        yield Problem(("s3", "prefix"), "cannot lie within source: the batch would take what it makes")
    if s3.source is not None and "objects" in s3.model_fields_set and s3.objects is not None:
        yield Problem(("s3", "objects"), "cannot be combined with source: the batch takes what is there")


def make_s3_job(s3: S3Profile, path: str, *, timed: bool, journal: str | None) -> S3Job:
    """The job of a checked section. `path` is the endpoint's own, `timed` says that a duration was given."""
    endless = s3.job in ("put", "multipart") and timed
    renamed = {"aws_profile", "objects", "size", "part_size", "range", "resume"}
    return S3Job(
        **s3.model_dump(exclude=renamed),
        root=path.rstrip("/"),
        profile=s3.aws_profile,
        objects=s3.objects or (None if endless or s3.source is not None else DEFAULT_OBJECTS),
        sizes=s3.size,
        part_bytes=s3.part_size,
        range_bytes=s3.range,
        journal=journal,
    )


def uses_objects_up(s3: S3Profile | None) -> bool:
    """Whether the job ends by itself, so that it needs no duration."""
    return s3 is not None and ends_itself(s3.job)
