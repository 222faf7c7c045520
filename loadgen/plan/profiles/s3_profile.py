"""The `s3` section of a profile: what a person wrote, checked value by value, and what spans its keys."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator

from loadgen.base.units import parse_range, parse_size, shown
from loadgen.base.user_code import is_function
from loadgen.plan.jobs.s3 import (
    DEFAULT_MIX,
    DEFAULT_OBJECTS,
    JOBS,
    MOST_DELETES,
    Addressing,
    ChecksumName,
    JobName,
    Payload,
    S3Job,
)
from loadgen.plan.problems import Problem
from loadgen.plan.profiles import fields
from loadgen.plan.profiles.request_profile import Boolean, File, Keys, Positive, Text

SizeRange = tuple[int, int, float]

_MIXED = ("get", "stat", "put", "delete")
_SMALLEST_PART = 5 << 20
_LARGEST_PUT = 5 << 30
_MOST_PARTS = 10_000
_LARGEST_OBJECT = 5 << 40
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
_LONGEST_PREFIX = 900
_MOST_COMPRESSIBLE = 1000


def read_sizes(value: object) -> tuple[SizeRange, ...]:
    """The sizes of 65536, "1MiB", "4KiB..64KiB" or "4KiB:60,1MiB:30,64MiB:10": inclusive ranges with weights."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"expected a size such as 1MiB, got {shown(value)}")
    text = str(value)
    expected = f"expected a size such as 1MiB, a range as 4KiB..64KiB or weights as 4KiB:60,1MiB:40, got {text!r}"
    ranges = []
    for part in text.split(","):
        size, colon, weight = part.partition(":")
        low, high = parse_range(size.strip(), parse_size, expected, "4KiB..64KiB")
        ranges.append((low, high, _weight(weight, text) if colon else 1.0))
    if len(ranges) > 1 and text.count(":") != len(ranges):
        raise ValueError(f"expected a weight for every size such as 4KiB:60,1MiB:40, got {text!r}")
    return tuple(ranges)


def read_part_size(value: object) -> int:
    """Bytes of a part: 5 MiB at least, as every store wants of all parts but the last."""
    size = parse_size(value)
    if size < _SMALLEST_PART:
        raise ValueError(f"expected at least 5MiB (stores refuse smaller parts), got {shown(value)}")
    if size > _LARGEST_PUT:
        raise ValueError(f"expected at most 5GiB (stores refuse larger parts), got {shown(value)}")
    return size


def read_range_size(value: object) -> int:
    """Bytes of a range: at least one."""
    size = parse_size(value)
    if size < 1:
        raise ValueError(f"expected a size of at least 1 byte, got {shown(value)}")
    return size


def read_content(value: object) -> str:
    """What objects are filled with: random, text, compressible:N or @FILE."""
    text = fields.text(value)
    kind, _, times = text.partition(":")
    if text in ("random", "text") or (text.startswith("@") and len(text) > 1):
        return text
    if kind == "compressible" and times.isascii() and times.isdecimal() and 2 <= int(times) <= _MOST_COMPRESSIBLE:
        return f"compressible:{int(times)}"
    raise ValueError(f"expected random, text, compressible:4 (to a fourth; up to 1000) or @FILE, got {shown(value)}")


def read_mix(value: object) -> tuple[tuple[str, float], ...]:
    """The weights of "get:45,stat:30,put:15,delete:10", or of a mapping of them."""
    pairs = list(value.items()) if isinstance(value, dict) else _pairs(value)
    weights: dict[str, float] = {}
    for name, weight in pairs:
        if name not in _MIXED or name in weights:
            raise ValueError(f"expected each of {', '.join(_MIXED)} once at most, got {shown(name)}")
        weights[name] = _weight(str(weight), str(weight))
    if not weights:
        raise ValueError("expected weights such as get:45,stat:30,put:15,delete:10, got none")
    if "delete" in weights and weights.get("put", 0.0) < weights["delete"]:
        raise ValueError("expected at least as much put as delete: only what the run itself has put is deleted")
    return tuple(weights.items())


def read_prefix(value: object) -> str:
    """What keys begin with."""
    prefix = fields.text(value)
    if len(prefix.encode("utf-8", "replace")) > _LONGEST_PREFIX or not prefix.isprintable():
        raise ValueError(f"expected at most {_LONGEST_PREFIX} printable characters, got {shown(value)}")
    return prefix


def read_name(value: object) -> str:
    """The pattern of names: {stem}, {ext} (with its dot) and {name} stand for parts of the object's own."""
    text = fields.text(value)
    left = text.replace("{stem}", "").replace("{ext}", "").replace("{name}", "")
    if left == text or "{" in left or "}" in left or not text.isprintable():
        raise ValueError(
            f"expected a name with {{stem}}, {{ext}} or {{name}} such as {{stem}}.webp, got {shown(value)}"
        )
    return text


def read_function(value: object) -> str:
    """The name of a Python function: "module:function", or "file.py:function"."""
    if not isinstance(value, str) or not is_function(value):
        raise ValueError(f"expected module:function or file.py:function, such as thumbnails:make, got {shown(value)}")
    return str(value)


def _pairs(value: object) -> list[tuple[str, object]]:
    if not isinstance(value, str):
        raise ValueError(f"expected weights such as get:45,stat:30,put:15,delete:10, got {shown(value)}")
    split = (part.strip().partition(":") for part in value.split(",") if part.strip())
    return [(name.strip(), weight) for name, _, weight in split]


def _weight(weight: str, text: str) -> float:
    plain = weight.strip()
    if not plain.replace(".", "", 1).isdecimal() or not plain.isascii() or float(plain) <= 0:
        raise ValueError(f"expected a weight above zero such as 4KiB:60, got {text!r}")
    return float(plain)


Prefix = Annotated[str, BeforeValidator(read_prefix)]
_ONE_MIB = ((1 << 20, 1 << 20, 1.0),)

_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "part_size": ("multipart",),
    "range": ("get", "mixed"),
    "mix": ("mixed",),
    "verify": ("get", "mixed"),
    "presigned": ("get",),
    "delete_many": ("delete",),
    "source": ("batch",),
    "match": ("batch",),
    "name": ("batch",),
    "function": ("batch",),
    "resume": ("batch",),
}
"""Keys that mean something for some jobs only."""


class S3Profile(Keys):
    """A job on a bucket; the endpoint is the profile's target."""

    job: Annotated[JobName, BeforeValidator(fields.one_of(*JOBS))]
    bucket: Text
    region: Text = ""
    addressing: Annotated[Addressing, BeforeValidator(fields.one_of("auto", "path", "virtual"))] = "auto"
    aws_profile: Text | None = None
    prefix: Prefix = "loadgen/"
    objects: Positive | None = None
    size: Annotated[tuple[SizeRange, ...], BeforeValidator(read_sizes)] = _ONE_MIB
    part_size: Annotated[int, BeforeValidator(read_part_size)] = 8 << 20
    range: Annotated[int, BeforeValidator(read_range_size)] | None = None
    mix: Annotated[tuple[tuple[str, float], ...], BeforeValidator(read_mix)] = DEFAULT_MIX
    payload: Annotated[Payload, BeforeValidator(fields.one_of("signed", "unsigned", "streaming"))] | None = None
    checksum: Annotated[ChecksumName, BeforeValidator(fields.one_of("crc32", "crc32c", "sha256", "none"))] = "none"
    content: Annotated[str, BeforeValidator(read_content)] = "random"
    verify: Boolean = False
    presigned: Boolean = False
    keep: Boolean = False
    retries: Annotated[int, BeforeValidator(fields.integer(0))] | None = None
    delete_many: Positive = 1
    source: Prefix | None = None
    match: Text = ""
    name: Annotated[str, BeforeValidator(read_name)] = ""
    function: Annotated[str, BeforeValidator(read_function)] | None = None
    resume: File | None = None


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
    elif s3.job != "multipart" and largest > _LARGEST_PUT:
        yield Problem(
            ("s3", "size"), "expected at most 5GiB, which is what stores take with one request; see multipart"
        )
    if s3.range is not None and s3.range > min(low for low, _, _ in s3.size):
        yield Problem(("s3", "range"), "expected at most the size of the smallest object")
    if s3.presigned and s3.range is not None:
        yield Problem(("s3", "presigned"), "cannot be combined with range: such a URL is for a whole object")
    if s3.source is not None and s3.prefix.startswith(s3.source):
        yield Problem(("s3", "prefix"), "cannot lie within source: the batch would take what it makes")
    for key in ("match", "name"):
        if getattr(s3, key) and s3.source is None:
            yield Problem(("s3", key), "only with source: what is prepared has numbers for names")
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
