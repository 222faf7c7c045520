"""What is run: command lines for each kind of command, and how long they may take."""

from dataclasses import dataclass, replace
from random import Random

from loadgen.base.clock import NS_PER_S
from loadgen.pacing.connecting import LAST_BACKOFF_NS
from loadgen.plan.jobs.s3 import ends_itself
from tests.chaos.case import BASELINE_FILE, CA_FILE, JOURNAL_FILE, LOCALHOST, PROFILE_FILE, SECRET, URL
from tests.support.s3_fake import BUCKET

MODES = ("pool", "pool", "threads", "async")
CLIENTS = ("raw", "raw", "httpx")
S3_JOBS = ("put", "put", "get", "stat", "list", "copy", "delete", "mixed", "multipart", "batch", "batch")
IN_A_ROW = ("multipart", "batch")
"""Their requests wait for each other: they take no rate."""

BACKOFF_S = LAST_BACKOFF_NS / NS_PER_S
SEARCH_S = 6.0
"""A search is stopped after so long: it takes many runs, with a second between them."""

RUN_S = 3.0
"""A run of several takes so long besides its load, for its process and the pause before it."""


@dataclass(frozen=True)
class Command:
    """A command line. `load_s` is how long it puts load on, `planned_s` how long it may take if all goes as promised.

    `before` and `after` are command lines that nothing disturbs.
    """

    argv: tuple[str, ...]
    load_s: float
    planned_s: float
    profile: str = ""
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()


def draw_command(rng: Random, *, tls: bool) -> Command:
    """One of those that put load on something."""
    command = rng.choices((_run, _s3_job, _find_max, _compare), (77, 17, 2, 4))[0](rng, _trust(rng) if tls else [])
    return replace(command, after=()) if tls and not {"--cacert", "-k"} & set(command.argv) else command


def _trust(rng: Random) -> list[str]:
    return rng.choice((["--cacert", CA_FILE], ["--cacert", CA_FILE], ["-k"], []))


def _run(rng: Random, trust: list[str]) -> Command:
    mode, client = rng.choice(MODES), rng.choice(CLIENTS)
    load, load_s, requests = _load(rng, waits=mode == "threads" or client == "httpx")
    stopping, wait_s, grace_s = _stopping(rng)
    profile = _profile(rng) if rng.random() < 0.25 else ""
    url = rng.choice((URL, URL, URL, LOCALHOST))
    argv = ["run", PROFILE_FILE] if profile else ["run", url, *_request(rng)]
    argv += [*load, "--mode", mode, "--client", client, *_topology(rng, mode, load), *stopping, *trust]
    argv += (
        ["--dns-ttl", rng.choice(("5ms", "50ms", "2s"))]
        if url == LOCALHOST and not profile and rng.random() < 0.5
        else []
    )
    before: tuple[tuple[str, ...], ...] = ()
    rounds = 2 if rng.random() < 0.05 else 1
    planned_s = (load_s + requests * wait_s + grace_s) * rounds
    if rng.random() < 0.04:
        before = ((*argv, "-o", BASELINE_FILE, "-q"),)
        argv += ["--baseline", BASELINE_FILE, *rng.choice(([], ["--max-regression", "p99: 50%, ok_rps: 1%"]))]
        planned_s += RUN_S
    if rounds > 1:
        argv += ["--rounds", str(rounds)]
        planned_s += RUN_S * rounds
    return Command(tuple(argv), load_s, planned_s, profile, before)


def _s3_job(rng: Random, trust: list[str]) -> Command:
    """A job on a bucket, which takes requests one after another beside those that are counted."""
    job, objects = rng.choice(S3_JOBS), rng.randint(1, 8)
    mode, client = rng.choice(MODES), rng.choice(CLIENTS)
    load, load_s, requests = _load(
        rng,
        waits=mode == "threads" or client == "httpx",
        may_open=job not in IN_A_ROW,
        may_warm_up=not ends_itself(job),
    )
    stopping, wait_s, grace_s = _stopping(rng)
    size = rng.choice(("0", "100", "1KiB..20KiB"))
    if job == "multipart" and rng.random() < 0.3:
        objects, size = min(objects, 2), "6MiB"
    head = ["s3", job, "--endpoint", URL, "--bucket", BUCKET, "--objects", str(objects), "--size", size]
    head += ["--part-size", "5MiB"] if job == "multipart" else []
    head += ["--keep"] if rng.random() < 0.1 else []
    after: tuple[tuple[str, ...], ...] = ()
    if job == "batch" and rng.random() < 0.8:
        head += ["--resume", JOURNAL_FILE]
        seeded = load[load.index("--seed") : load.index("--seed") + 2]
        after = ((*head, *seeded, *trust, "-c", "2"),)
    argv = [*head, "--retries", rng.choice(("0", "0", "2")), *load, "--mode", mode, "--client", client]
    argv += [*_topology(rng, mode, load), *stopping, *trust]
    steps = 5 * objects + 10
    return Command(tuple(argv), load_s, load_s + (requests + steps) * wait_s + grace_s, after=after)


def _find_max(rng: Random, trust: list[str]) -> Command:
    mode, client = rng.choice(MODES), rng.choice(CLIENTS)
    length, length_s = _ms(100, 300, rng)
    stopping, wait_s, grace_s = _stopping(rng)
    argv = ["find-max", URL, *_request(rng), "-c", str(rng.randint(3, 12)), "-d", length, "--mode", mode]
    argv += ["--client", client, "-R", rng.choice(("20", "100", "400")), *stopping, *trust]
    for slo in rng.sample(("p99 < 20ms", "error_rate < 5%", "p50 < 1ms", "ok_rps > 1"), rng.choice((1, 1, 2))):
        argv += ["--slo", slo]
    return Command(tuple(argv), length_s, SEARCH_S + RUN_S + length_s + wait_s + grace_s)


def _compare(rng: Random, trust: list[str]) -> Command:
    load, load_s, requests = _load(rng, waits=True)
    stopping, wait_s, grace_s = _stopping(rng)
    rounds = rng.choice((1, 1, 2))
    varied = rng.choice((["--modes", "pool,async"], ["--clients", "raw,httpx"], ["-c", "3,4"], ["--processes", "1,2"]))
    at = load.index("-c")
    if varied[0] == "-c":
        del load[at : at + 2]
    elif varied[0] == "--processes":
        load[at + 1] = str(max(2, int(load[at + 1])))  # one for each
    argv = ["compare", URL, *_request(rng), *load, *varied, *stopping, *trust]
    argv += ["--rounds", str(rounds), "--settle", rng.choice(("0ms", "0ms", "100ms"))]
    each_s = load_s + requests * wait_s + grace_s + RUN_S
    return Command(tuple(argv), load_s, each_s * rounds * 2)


def draw_followups(rng: Random, saved: str) -> tuple[tuple[str, ...], ...]:
    """What may be done with a saved result."""
    choices = (
        (("report", saved),),
        (("report", saved, "--format", "json"),),
        (("report", saved, "--hgrm", "again.hgrm", "--hlog", "again.hlog", "--junit", "again.xml"),),
        (("report", saved, "--markdown", "again.md", "--openmetrics", "again.txt"),),
        (("gate", saved, "-T", "p99 < 1s"),),
        (("gate", saved, "--baseline", saved),),
        (("diff", saved, saved, "--html", "again.html"),),
        (("baseline", "save", "main", saved, "--folder", "kept"), ("baseline", "show", "--folder", "kept")),
    )
    return rng.choice(choices)


def _ms(low: int, high: int, rng: Random) -> tuple[str, float]:
    value = rng.randint(low, high)
    return f"{value}ms", value / 1000


def _load(rng: Random, *, waits: bool, may_open: bool = True, may_warm_up: bool = True) -> tuple[list[str], float, int]:
    """Options of the load; the seconds it is to last, and how many requests have to end in addition to that.

    `waits`: each user waits for its own request, so all connections are there from the start. A warm-up would use up
    what some jobs are to measure.
    """
    users = rng.randint(3, 12) if rng.random() < 0.8 else rng.randint(1, 2)
    argv = ["--seed", str(rng.randint(1, 1000)), "-c", str(users)]
    is_open, is_staged = may_open and rng.random() < 0.4, rng.random() < 0.1
    limit = rng.randint(1, 40) if rng.random() < 0.5 else None
    duration, load_s = _ms(50, 700, rng)
    rate = rng.choice((5, 20, 100, 400))
    if is_open:
        argv += ["--arrival", "poisson"] if rng.random() < 0.5 else []
        argv += ["--when-busy", "drop"] if rng.random() < 0.3 else []
        argv += ["--max-connections", str(users + rng.randint(0, 5))] if rng.random() < 0.3 and not waits else []
        argv += ["--precise"] if rng.random() < 0.05 and not waits else []
    elif rng.random() < 0.2:
        argv += ["--think", rng.choice(("5ms", "1ms..20ms"))]
    if is_staged:
        argv += ["--stage", f"{duration}:{rate}/s" if is_open else f"{duration}:{users + 3}"]
    elif is_open:
        argv += ["-R", str(rate)]
    elif rng.random() < 0.15:
        argv += ["--ramp-up", "50ms"]
    if limit is not None:
        argv += ["-n", str(limit)]
    has_end = is_staged or limit is None or rng.random() < 0.5
    if has_end and not is_staged:
        argv += ["-d", duration]
    for option in ("--warmup", "--cool-down"):
        if option == "--warmup" and not may_warm_up:
            continue
        if rng.random() < 0.12 and (has_end or option == "--warmup") and (is_open or not is_staged):
            text, seconds = _ms(30, 200, rng)
            argv += [option, text]
            load_s += seconds
    if not has_end and limit is not None and is_open:
        load_s += limit / rate
    return argv, load_s, 0 if has_end or limit is None else limit


def _topology(rng: Random, mode: str, load: list[str]) -> list[str]:
    """Processes and workers, where the mode leaves the choice and there are users for all of them."""
    if mode != "pool" or int(load[load.index("-c") + 1]) < 3:
        return []
    processes = rng.choice((1, 1, 2))
    return ["--processes", str(processes), "--workers", str(rng.randint(1, 3) if processes == 1 else 1)]


def _stopping(rng: Random) -> tuple[list[str], float, float]:
    """Options of time limits and early ends; the seconds of a request at most, with a pause, and of the grace."""
    timeout, timeout_s = _ms(50, 400, rng)
    connect, connect_s = _ms(50, 400, rng)
    grace, grace_s = _ms(0, 300, rng)
    argv = ["--timeout", timeout, "--connect-timeout", connect, "--grace", grace]
    for chance, options in (
        (0.1, ["--fail-fast"]),
        (0.1, ["--max-errors", "3"]),
        (0.1, ["--abort-if", "error_rate > 50% over 1s min 5"]),
        (0.15, ["-T", rng.choice(("p99 < 20ms", "error_rate < 5%", "p50 < 1ms abort", "ok_rps > 1"))]),
        (0.1, ["--strict"]),
        (0.2, ["--phases"]),
        (0.15, ["--no-keepalive"]),
    ):
        if rng.random() < chance:
            argv += options
    return argv, max(timeout_s, connect_s) + BACKOFF_S, grace_s


def _request(rng: Random) -> list[str]:
    argv = ["-m", rng.choice(("HEAD", "PUT", "DELETE"))] if rng.random() < 0.2 else []
    argv += ["-b", "x" * rng.choice((0, 1, 100))] if rng.random() < 0.15 else []
    argv += ["-H", rng.choice(("X-Test: 1", "Connection: close", "Accept: */*"))] if rng.random() < 0.15 else []
    return argv


def _profile(rng: Random) -> str:
    """Several kinds of requests, with variables, a secret and expectations."""
    text = f"target: {URL}\nvariables:\n  ITEM: {{random: [1, 100]}}\n  TOKEN: {{default: {SECRET!r}, secret: true}}\n"
    text += "requests:\n"
    for number in range(rng.randint(1, 4)):
        place = rng.choice(("/items/${ITEM}", "/items?q=${TOKEN}", "/${TOKEN}/x", "/plain"))
        text += f"  - name: kind {number}\n    path: {place}\n    weight: {rng.randint(1, 9)}\n"
        text += rng.choice(
            ("", "    headers: {Authorization: 'Bearer ${TOKEN}'}\n", "    headers: {X-Item: '${ITEM}'}\n")
        )
        text += rng.choice(
            (
                "",
                "",
                "    method: POST\n    json: {id: '${ITEM}', key: '${TOKEN}'}\n",
                "    method: POST\n    body: a=${TOKEN}\n",
            )
        )
        text += rng.choice(("", "", "    expect: {status: 200}\n", "    expect: {body_contains: e}\n"))
    return text
