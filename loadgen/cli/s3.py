"""`loadgen s3`: a job on a bucket, in one line."""

from typing import Annotated, Any

import typer

from loadgen.cli.options import OPTIONS, REQUEST, RunOption, with_options
from loadgen.cli.output import HistogramFiles, check_output
from loadgen.cli.run import Form, Hgrm, Hlog, Output, Quiet, run_and_report
from loadgen.cli.target_argument import plan_for_s3

BUCKET = "Bucket"
OBJECTS = "Objects"
BATCH = "Batch"

S3_OPTIONS = (
    RunOption("endpoint", ("--endpoint",), BUCKET, "The store. (default: AWS_ENDPOINT_URL, or AWS itself)", "URL"),
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
    RunOption("checksum", ("--checksum",), OBJECTS, "crc32, crc32c, sha256 or none. (default: none)", "KIND"),
    RunOption("retries", ("--retries",), OBJECTS, "Send again what found the store busy. (default: 0)"),
    RunOption("source", ("--source",), BATCH, "Take the objects under this prefix, and keep what is made.", "PREFIX"),
    RunOption("function", ("--function",), BATCH, "module:function, bytes to bytes. (default: adds a CRC)", "NAME"),
    RunOption("resume", ("--resume",), BATCH, "Write down what is done; go on with what is not.", "FILE"),
)  # fmt: skip
JOB_HELP = "put, get, stat, list, copy, delete, multipart, mixed or batch."
RUN_OPTIONS = tuple(option for option in OPTIONS if option.panel != REQUEST)
Job = Annotated[str, typer.Argument(metavar="JOB", help=JOB_HELP)]


def _s3(
    *,
    job: Job,
    output: Output = None,
    hgrm: Hgrm = None,
    hlog: Hlog = None,
    form: Form = "text",
    quiet: Quiet = False,
    own: dict[str, Any],
    flags: dict[str, Any],
) -> None:
    """Put load on an S3 bucket, and clean up after it.

    Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or with the extra s3 from wherever AWS tools find them.
    put, delete, multipart and batch end with their objects, the others after 10s; -d and -n as in `run`.
    """
    check_output(output, form)
    histograms = HistogramFiles(hgrm, hlog)
    histograms.check()
    endpoint = own.pop("endpoint", None)
    plan = plan_for_s3({"job": job, **own}, {**flags, "target": endpoint})
    raise typer.Exit(run_and_report(plan, output, form, quiet=quiet, histograms=histograms))


_s3.__name__ = "s3"
s3 = with_options(RUN_OPTIONS, S3_OPTIONS)(_s3)
