"""The `s3` section of a profile: what a person wrote, checked value by value, and what spans its keys."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from loadgen.base.units import parse_size
from loadgen.plan.jobs.s3 import (
    CHECKSUMS,
    DEFAULT_MIX,
    DEFAULT_OBJECTS,
    JOBS,
    MOST_DELETES,
    ChecksumName,
    JobName,
    Payload,
    S3Job,
)
from loadgen.plan.jobs.s3_places import Addressing, Target
from loadgen.plan.problems import Problem
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.keys import Keys, Needed, Reads, keys_of
from loadgen.plan.profiles.request_profile import Boolean, File, Positive, PositiveSeconds, Text
from loadgen.plan.profiles.s3_values import (
    LARGEST_PUT,
    SizeRange,
    read_content,
    read_endpoints,
    read_function,
    read_headers,
    read_mix,
    read_name,
    read_order,
    read_part_size,
    read_place,
    read_prefix,
    read_range_size,
    read_since,
    read_sizes,
    read_sse,
)

_MOST_PREFIXES = 1 << 16
_MOST_PARTS = 10_000
_LARGEST_OBJECT = 5 << 40
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

Prefix = Annotated[str, Reads(read_prefix)]
_ONE_MIB = ((1 << 20, 1 << 20, 1.0),)

_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "part_size": ("multipart",),
    "range": ("get", "mixed"),
    "mix": ("mixed",),
    "verify": ("get", "mixed"),
    "expect_continue": ("put", "multipart", "append", "mixed", "batch"),
    "presigned": ("get",),
    "delete_many": ("delete",),
    "existing": ("get", "stat", "list", "delete"),
    "order": ("get", "stat"),
    "source": ("batch",),
    "match": ("batch",),
    "min_size": ("batch",),
    "max_size": ("batch",),
    "modified_since": ("batch",),
    "to": ("batch",),
    "to_endpoint": ("batch",),
    "to_region": ("batch",),
    "to_aws_profile": ("batch",),
    "name": ("batch",),
    "function": ("batch",),
    "resume": ("batch",),
}
"""Keys that mean something for some jobs only."""


class S3Profile(Keys):
    """A job on a bucket; the endpoint is the profile's target."""

    job: Annotated[JobName, Reads(fields.one_of(*JOBS)), Needed(f"one of {', '.join(JOBS)}")]
    bucket: Annotated[Text, Needed("the name of a bucket; it is created where there is none")]
    region: Text = ""
    addressing: Annotated[Addressing, Reads(fields.one_of("auto", "path", "virtual"))] = "auto"
    aws_profile: Text | None = None
    prefix: Prefix = "loadgen/"
    objects: Positive | None = None
    size: Annotated[tuple[SizeRange, ...], Reads(read_sizes)] = _ONE_MIB
    part_size: Annotated[int, Reads(read_part_size)] = 8 << 20
    range: Annotated[int, Reads(read_range_size)] | None = None
    mix: Annotated[tuple[tuple[str, float], ...], Reads(read_mix)] = DEFAULT_MIX
    endpoints: Annotated[tuple[str, ...], Reads(read_endpoints)] = ()
    headers: Annotated[tuple[tuple[str, str], ...], Reads(read_headers)] = ()
    sse: Annotated[str, Reads(read_sse)] = ""
    retain: PositiveSeconds | None = None
    expect_continue: Boolean = False
    payload: Annotated[Payload, Reads(fields.one_of("signed", "unsigned", "streaming"))] | None = None
    checksum: Annotated[ChecksumName, Reads(fields.one_of(*CHECKSUMS))] = "none"
    content: Annotated[str, Reads(read_content)] = "random"
    verify: Boolean = False
    presigned: Boolean = False
    keep: Boolean = False
    retries: Annotated[int, Reads(fields.integer(0))] | None = None
    delete_many: Positive = 1
    existing: Prefix | None = None
    versions: Boolean = False
    order: Annotated[str, Reads(read_order)] = "sequential"
    prefixes: Annotated[int, Reads(fields.integer(1))] = 1
    source: Prefix | None = None
    match: Text = ""
    min_size: Annotated[int, Reads(parse_size)] = 0
    max_size: Annotated[int, Reads(parse_size)] | None = None
    modified_since: Annotated[float, Reads(read_since)] | None = None
    to: Annotated[tuple[str, str], Reads(read_place)] | None = None
    to_endpoint: Text = ""
    to_region: Text = ""
    to_aws_profile: Text | None = None
    name: Annotated[str, Reads(read_name)] = ""
    function: Annotated[str, Reads(read_function)] | None = None
    resume: File | None = None


def s3_problems(s3: S3Profile) -> Iterator[Problem]:
    """What does not go together in the section."""
    for key, jobs in _ONLY_FOR.items():
        if key in s3.given and s3.job not in jobs and getattr(s3, key) != keys_of(S3Profile)[key].default:
            yield Problem(("s3", key), f"only for {' and '.join(jobs)}, and the job is {s3.job}")
    if s3.delete_many > MOST_DELETES:
        yield Problem(("s3", "delete_many"), f"expected at most {MOST_DELETES}, got {s3.delete_many}")
    largest = max(high for _, high, _ in s3.size)
    if s3.job == "multipart" and largest > _LARGEST_OBJECT:
        yield Problem(("s3", "size"), "expected at most 5TiB: stores take no larger objects")
    elif s3.job == "multipart" and -(-largest // s3.part_size) > _MOST_PARTS:
        least = -(-largest // _MOST_PARTS)
        yield Problem(
            ("s3", "part_size"),
            f"expected at least {-(-least >> 20)}MiB: {-(-largest // s3.part_size):,} parts would be more than the "
            f"{_MOST_PARTS:,} that S3 takes",
        )
    elif s3.job != "multipart" and largest > LARGEST_PUT:
        yield Problem(
            ("s3", "size"), "expected at most 5GiB, which is what stores take with one request; see multipart"
        )
    if s3.existing is None and s3.range is not None and s3.range > min(low for low, _, _ in s3.size):
        yield Problem(("s3", "range"), "expected at most the size of the smallest object")
    if s3.presigned and s3.range is not None:
        yield Problem(("s3", "presigned"), "cannot be combined with range: such a URL is for a whole object")
    if s3.presigned and (s3.headers or s3.sse == "c"):
        yield Problem(("s3", "presigned"), "cannot be combined with headers: such a URL signs none")
    if s3.checksum == "md5" and s3.payload == "streaming":
        yield Problem(("s3", "checksum"), "md5 cannot be combined with streaming: it stands before the body")
    if s3.prefixes > _MOST_PREFIXES:
        yield Problem(("s3", "prefixes"), f"expected at most {_MOST_PREFIXES:,}, got {s3.prefixes:,}")
    if s3.job == "batch":
        yield from _batch_problems(s3)
    if s3.versions and s3.existing is None:
        yield Problem(("s3", "versions"), "only with existing: what a run puts has one version")
    if s3.versions and s3.presigned:
        yield Problem(("s3", "presigned"), "cannot be combined with versions: such a URL is for the last one")
    if s3.existing is not None:
        yield from _existing_problems(s3)


def _existing_problems(s3: S3Profile) -> Iterator[Problem]:
    """Of what was there before, which nothing is known of but its list."""
    for key in ("objects", "size", "content", "verify", "keep", "prefixes", "checksum", "payload", "retain"):
        if key in s3.given and getattr(s3, key) != keys_of(S3Profile)[key].default:
            yield Problem(("s3", key), "cannot be combined with existing: the objects are as they were put")
    if s3.job == "delete" and not s3.existing:
        yield Problem(("s3", "existing"), "expected a prefix: without one all of the bucket would be deleted")


def _batch_problems(s3: S3Profile) -> Iterator[Problem]:
    """Of where a batch takes from and where it puts."""
    is_same_bucket = s3.to is None or (s3.to[0] == s3.bucket and not s3.to_endpoint and s3.to_aws_profile is None)
    prefix = s3.prefix if s3.to is None else s3.to[1]
    if s3.source is not None and is_same_bucket and prefix.startswith(s3.source):
        key = "prefix" if s3.to is None else "to"
        yield Problem(("s3", key), "cannot lie within source: the batch would take what it makes")
    if s3.to is not None and "prefix" in s3.given:
        yield Problem(("s3", "prefix"), "cannot be combined with to, which has the prefix: s3://bucket/prefix")
    if s3.to is not None and s3.endpoints:
        yield Problem(("s3", "to"), "cannot be combined with several endpoints")
    for key in ("to_endpoint", "to_region", "to_aws_profile"):
        if getattr(s3, key) and s3.to is None:
            yield Problem(("s3", key), "only with to, which names the bucket: s3://bucket/prefix")
    for key in ("match", "name", "min_size", "max_size", "modified_since", "to"):
        if getattr(s3, key) and s3.source is None:
            yield Problem(("s3", key), "only with source: what is prepared is the run's own")
    if s3.max_size is not None and s3.max_size < s3.min_size:
        yield Problem(("s3", "max_size"), "expected at least min_size: no object is both")
    if s3.source is not None and "objects" in s3.given and s3.objects is not None:
        yield Problem(("s3", "objects"), "cannot be combined with source: the batch takes what is there")


def _checksum(s3: S3Profile) -> ChecksumName:
    """What is to be retained must have one: Content-MD5 is what all stores know, and cannot follow a stream."""
    if s3.retain is None or s3.checksum != "none":
        return s3.checksum
    return "crc32" if s3.payload == "streaming" else "md5"


def make_s3_job(s3: S3Profile, path: str, *, timed: bool, journal: str | None) -> S3Job:
    """The job of a checked section. `path` is the endpoint's own, `timed` says that a duration was given."""
    there_before = s3.source is not None or s3.existing is not None
    endless = s3.job in ("put", "multipart") and timed
    renamed = {"aws_profile", "objects", "size", "part_size", "range", "resume", "min_size", "max_size"}
    renamed |= {"modified_since", "retain", "checksum", "endpoints", "to", "to_endpoint", "to_region", "to_aws_profile"}
    job = S3Job(
        **{key: getattr(s3, key) for key in keys_of(S3Profile).keys() - renamed},
        root=path.rstrip("/"),
        profile=s3.aws_profile,
        objects=s3.objects or (None if endless or there_before else DEFAULT_OBJECTS),
        sizes=s3.size,
        part_bytes=s3.part_size,
        range_bytes=s3.range,
        least_bytes=s3.min_size,
        most_bytes=s3.max_size,
        since_s=s3.modified_since,
        hosts=tuple(Target(s3.bucket, endpoint) for endpoint in s3.endpoints),
        retain_s=s3.retain,
        checksum=_checksum(s3),
        journal=journal,
    )
    if s3.to is None:
        return job
    bucket, prefix = s3.to
    return replace(job, prefix=prefix, to=Target(bucket, s3.to_endpoint, s3.to_region, s3.to_aws_profile))
