"""A batch over 2,000 JPEGs in a real store beside boto3 with a thread pool and `aws s3 cp`: wall and CPU an object.

The store is versitygw over a folder, on the other core. Each tool reads all objects, calls the same function on each
and puts what it returns; `aws s3 cp` calls none, and copies through a folder.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from loadgen.base.imported import imported
from tests.bench.compare import Goal, Pairs, alternate
from tests.bench.machine import Cores
from tests.bench.measure import run
from tests.bench.peers import RIVALS
from tests.bench.runs import Bench, Run
from tests.bench.servers import free_port, running
from tests.bench.table import Section, comparison

OBJECTS, AT_ONCE, LONGEST_S = 2_000, 50, 600.0
SIDES, QUALITY = (320, 240), 85
OF_BOTO3 = 0.25
"""CPU an object, of what boto3 takes."""

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE01",
    "AWS_SECRET_ACCESS_KEY": "of-a-benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
FUNCTIONS = RIVALS / "batch_functions.py"
LIGHT, THUMBNAILS, COPY = "light", "thumbnail", "same"


def batch(bench: Bench) -> Section:
    """Raises RuntimeError where there is no versitygw."""
    compared, goals = [], []
    with store(bench.layout.server) as url:
        jobs = [LIGHT, THUMBNAILS] if find_spec("PIL") else [LIGHT]
        for function in jobs:
            rival = [sys.executable, str(RIVALS / "boto3_batch.py"), url, f"{FUNCTIONS}:{function}", str(AT_ONCE)]
            compared.append(_pairs(bench, function, url, "boto3", rival))
            goals += _goals(function, "boto3")
        if shutil.which("aws"):
            cp = f"aws s3 cp --quiet --recursive --endpoint-url {url}"
            with TemporaryDirectory(prefix="loadgen-bench-") as folder:
                there_and_back = f"{cp} s3://photos/originals/ {folder} && {cp} {folder} s3://photos/copied/"
                compared.append(_pairs(bench, COPY, url, "aws s3 cp", ["sh", "-c", there_and_back]))
            goals += _goals(COPY, "aws s3 cp")
    title = f"A batch of {OBJECTS:,} JPEGs on versitygw; req/s are objects a second, start and end included"
    return comparison("batch", title, compared, [goal.verdict(compared) for goal in goals])


def _goals(function: str, rival: str) -> list[Goal]:
    return [
        Goal(f"{function}: CPU an object, of that of {rival}", function, rival, "cpu_us", at_most=OF_BOTO3),
        Goal(f"{function}: objects a second, to those of {rival}", function, rival, "rps", at_least=1.0),
    ]


def _pairs(bench: Bench, function: str, url: str, name: str, rival: list[str]) -> Pairs:
    ours = [
        *(sys.executable, "-m", "loadgen", "s3", "batch", "--endpoint", url, "--bucket", "photos", "-q"),
        *("--source", "originals/", "--prefix", "made/", "--function", f"{FUNCTIONS}:{function}"),
        *("-c", str(AT_ONCE), "--format", "json", "-o", "/dev/null"),
    ]
    return alternate(
        function,
        bench.pairs,
        lambda: _run(bench, "loadgen s3 batch", ours),
        lambda: _run(bench, name, rival),
    )


def _run(bench: Bench, name: str, command: list[str]) -> Run:
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        usage = run(command, bench.layout.generator, Path(folder), environment=KEYS, timeout_s=LONGEST_S)
    if usage.exit_code:
        return Run(name, problem=f"exit {usage.exit_code}: {(usage.stderr or usage.stdout).strip()[-300:]}")
    cpu_us = usage.cpu_s / OBJECTS * 1e6
    bench.log(f"{name}: {usage.wall_s:.2f} s, {cpu_us:.0f} us CPU an object, {usage.peak_rss_mb:.0f} MB")
    rps = OBJECTS / usage.wall_s
    return Run(name, rps, cpu_us=cpu_us, peak_rss_mb=usage.peak_rss_mb, requests=OBJECTS, wall_s=usage.wall_s)


@contextmanager
def store(cores: Cores) -> Iterator[str]:
    """The URL of a versitygw that has the JPEGs in s3://photos/originals/. Raises RuntimeError where there is none."""
    if not shutil.which("versitygw"):
        raise RuntimeError("versitygw is not on PATH: go install github.com/versity/versitygw/cmd/versitygw@latest")
    port = free_port()
    with TemporaryDirectory(prefix="loadgen-bench-") as folder:
        originals = Path(folder) / "photos" / "originals"
        originals.mkdir(parents=True)
        for number, data in enumerate(_jpegs()):
            (originals / f"{number:05}.jpg").write_bytes(data)
        keys = ("--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"])
        command = ["versitygw", "--quiet", "--port", f"127.0.0.1:{port}", *keys, "posix", folder]
        with running(command, port, cores):
            yield f"http://127.0.0.1:{port}"


def _jpegs() -> Iterator[bytes]:
    """Made with Pillow where it is; else bytes of that length."""
    random = Random(1)
    if not find_spec("PIL"):
        yield from (random.randbytes(random.randint(20_000, 60_000)) for _ in range(OBJECTS))
        return
    image, save = imported("PIL.Image", "effect_noise"), imported("io", "BytesIO")
    for _ in range(OBJECTS):
        out = save()
        image(SIDES, random.randint(20, 120)).save(out, "JPEG", quality=QUALITY)
        yield out.getvalue()
