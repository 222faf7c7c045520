"""`loadgen s3`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import typer

from loadgen.base.dataclass import dataclass
from loadgen.cli.options import OPTIONS, REQUEST, Options, RunOption
from loadgen.cli.parameters import (
    Against,
    Elsewhere,
    Labels,
    Live,
    Output,
    OutputFlags,
    Outs,
    Rounds,
    Slo,
    Slowest,
    Web,
)
from loadgen.cli.short_help import Begin, HelpAll

BUCKET = "Bucket"
OBJECTS = "Objects"
BATCH = "Batch"
SWEEP = "Sweep"

S3_OPTIONS = (
    RunOption(
        "endpoint", ("--endpoint",), BUCKET,
        "The store; repeatable. (default: AWS_ENDPOINT_URL)", "URL",
        list[str],
    ),
    RunOption("bucket", ("--bucket",), BUCKET, "Created where there is none.", "NAME"),
    RunOption("region", ("--region",), BUCKET, "(default: AWS_REGION, or us-east-1)", "NAME"),
    RunOption("addressing", ("--addressing",), BUCKET, "Bucket in the path or a virtual host. (default: auto)", "KIND"),
    RunOption("aws_profile", ("--aws-profile",), BUCKET, "Of the shared AWS files. (default: AWS_PROFILE)", "NAME"),
    RunOption("prefix", ("--prefix",), BUCKET, "Of all keys that are put. (default: loadgen/)", "TEXT"),
    RunOption("keep", ("--keep",), BUCKET, "Do not delete what the run has put.", "", bool),
    RunOption(
        "objects", ("--objects",), OBJECTS,
        "put, multipart: upload N, or without an end with -d; others: prepare N first. (default: 100)",
    ),
    RunOption(
        "size", ("--size",), OBJECTS, "1MiB, 4KiB..64KiB or 4KiB:60,1MiB:40 by weight. (default: 1MiB)", "SIZE"
    ),
    RunOption(
        "content", ("--content",), OBJECTS, "random, text, compressible:4 or @FILE. (default: random)", "KIND"
    ),
    RunOption(
        "existing", ("--existing",), OBJECTS,
        "get, stat, list, delete: what is there under this prefix, and put nothing.", "PREFIX",
    ),
    RunOption("versions", ("--versions",), OBJECTS, "Of what is there, every version.", "", bool),
    RunOption(
        "order", ("--order",), OBJECTS, "get, stat: sequential, random, or zipf:1.2. (default: sequential)", "KIND"
    ),
    RunOption("prefixes", ("--prefixes",), OBJECTS, "Spread keys over so many. (default: 1)"),
    RunOption("mix", ("--mix",), OBJECTS, "(default: get:45,stat:30,put:15,delete:10)", "WEIGHTS"),
    RunOption("range", ("--range",), OBJECTS, "get: so many bytes from a random one on.", "SIZE"),
    RunOption("verify", ("--verify",), OBJECTS, "get: compare every byte with what was put.", "", bool),
    RunOption("presigned", ("--presigned",), OBJECTS, "get: by URLs that hold their signature.", "", bool),
    RunOption("part_size", ("--part-size",), OBJECTS, "multipart. (default: 8MiB)", "SIZE"),
    RunOption("delete_many", ("--delete-many",), OBJECTS, "delete: N objects with one request. (default: 1)"),
    RunOption(
        "payload", ("--payload",), OBJECTS,
        "signed, unsigned or streaming. (default: unsigned over https, else signed)", "KIND",
    ),
    RunOption(
        "checksum", ("--checksum",), OBJECTS, "crc32, crc32c, crc64nvme, sha1, sha256, md5. (default: none)", "KIND"
    ),
    RunOption(
        "headers", ("-H", "--header"), OBJECTS,
        "'x-amz-storage-class: GLACIER', signed, on the requests that it is about; repeatable.", "HEADER", list[str],
    ),
    RunOption("sse", ("--sse",), OBJECTS, "Encrypted by the store: s3, kms, kms:KEY, or c with a key of ours.", "KIND"),
    RunOption("retain", ("--retain",), OBJECTS, "Object lock: keep what is put for so long.", "TIME"),
    RunOption("expect_continue", ("--expect-continue",), OBJECTS, "Send bodies when they are asked for.", "", bool),
    RunOption(
        "retries", ("--retries",), OBJECTS,
        "Send again what found the store busy or lost its connection, up to N times. (default: 0; of batch 8)",
    ),
    RunOption(
        "source", ("--source",), BATCH,
        "Take the objects under this prefix, or under s3://BUCKET/PREFIX; keep what is made.", "PREFIX",
    ),
    RunOption("match", ("--match",), BATCH, "Only those whose names fit, such as '*.jpg'.", "PATTERN"),
    RunOption("min_size", ("--min-size",), BATCH, "Only those of at least so many bytes.", "SIZE"),
    RunOption("max_size", ("--max-size",), BATCH, "Only those of at most so many bytes.", "SIZE"),
    RunOption(
        "modified_since", ("--modified-since",), BATCH, "Only those put since 2026-01-31, or in the last 7d.", "TIME"
    ),
    RunOption("to", ("--to",), BATCH, "Put into another bucket. (default: --prefix of the same)", "s3://BUCKET/PREFIX"),
    RunOption("to_endpoint", ("--to-endpoint",), BATCH, "Its store. (default: the same)", "URL"),
    RunOption("to_region", ("--to-region",), BATCH, "(default: as of the other)", "NAME"),
    RunOption("to_aws_profile", ("--to-aws-profile",), BATCH, "(default: as of the other)", "NAME"),
    RunOption("name", ("--name",), BATCH, "Of what is made, such as {stem}.webp. (default: the object's)", "PATTERN"),
    RunOption(
        "function", ("--function",), BATCH,
        "module:function or file.py:function, of bytes, or bytes and key. (default: adds a CRC)", "NAME",
    ),
    RunOption("resume", ("--resume",), BATCH, "Write down what is done; go on with what is not.", "FILE"),
    RunOption("run", ("--run",), SWEEP, "Only what the run of this id has left. (default: what all have)", "ID"),
    RunOption("dry_run", ("--dry-run",), SWEEP, "List it, and delete nothing; batch: and put nothing.", "", bool),
)  # fmt: skip
RUN_OPTIONS = tuple(option for option in OPTIONS if option.panel != REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """Put load on an S3 bucket, and clean up after it.

    Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or with the extra s3 from wherever AWS tools find them.
    put, delete, multipart and batch end with their objects, the others after 10s; -d and -n as in `run`. sweep deletes
    what runs that were killed have left under --prefix.
    """

    body: ClassVar[str] = "plan_s3:plan_s3"
    begin: ClassVar = Begin(
        "loadgen s3 get s3://trial --endpoint http://127.0.0.1:9000 --size 1MiB",
        ("--endpoint", "--size", "--objects", "--connections", "--duration", "--threshold"),
    )
    job: Annotated[
        str,
        typer.Argument(
            metavar="JOB", help="put, get, stat, list, copy, delete, multipart, append, mixed, batch; sweep."
        ),
    ]
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MORE]...", help="s3://BUCKET/PREFIX. Or: compare URL URL JOB; find-max JOB."),
    ] = None
    section: Annotated[Mapping[str, Any], Options(S3_OPTIONS)]
    flags: Annotated[Mapping[str, Any], Options(RUN_OPTIONS)]
    slo: Slo = None
    rounds: Rounds = 1
    outs: Outs = None
    live: Live = None
    labels: Labels = None
    slowest: Slowest = False
    web: Web
    against: Against
    elsewhere: Elsewhere
    output: Annotated[Output, OutputFlags(("run", "comparison", "search"))]
    help_all: HelpAll = False
