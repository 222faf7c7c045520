"""From a seed and a number to a Case: the same one each time."""

from dataclasses import replace
from random import Random

from loadgen.plan.jobs.s3 import ends_itself
from loadgen.session.run import STALL_S
from tests.chaos.answers import HOSTILE
from tests.chaos.case import (
    BAD_PLACES,
    CA_FILE,
    ENDING_SIGNALS,
    HARMLESS_SIGNALS,
    KEPT_PLACES,
    LONG_NAME,
    PROFILE_FILE,
    SECRET,
    URL,
    Anchor,
    Case,
    Disturbance,
    Output,
    Place,
)
from tests.chaos.script import PLAIN_OPENINGS, TLS_OPENINGS, Script
from tests.support.s3_fake import BUCKET

S3_JOBS = ("put", "put", "get", "stat", "list", "copy", "delete", "mixed")
LEAVE_S = 6.0
"""How long a run may wait, after the grace, for a worker that is stopped for good."""
S3_OUTPUTS = ("-o", "--hgrm", "--hlog")


def draw(seed: int, number: int) -> Case:
    """The case of this number; the same for the same seed."""
    rng = Random(f"{seed}/{number}")
    tls = rng.random() < 0.2
    mode, client = rng.choice(("pool", "pool", "threads", "async")), rng.choice(("raw", "raw", "httpx"))
    load, load_s, requests = _load(rng, waits=mode == "threads" or client == "httpx")
    stopping, timeout_s, grace_s = _stopping(rng)
    is_s3 = rng.random() < 0.15
    profile = _profile(rng) if not is_s3 and rng.random() < 0.25 else ""
    job, steps = _s3(rng) if is_s3 else (["run", PROFILE_FILE] if profile else ["run", URL, *_request(rng)], 1)
    if "--warmup" in load and is_s3 and ends_itself(job[1]):  # it would use up what is to be measured
        at = load.index("--warmup")
        del load[at : at + 2]
    argv = [*job, *load, "--mode", mode, "--client", client, *_topology(rng, mode, load), *stopping]
    if tls:
        argv += rng.choice((["--cacert", CA_FILE], ["--cacert", CA_FILE], ["-k"], []))
    outputs = tuple(output for output in _outputs(rng) if not is_s3 or output.flag in S3_OUTPUTS)
    if rng.random() < 0.3:
        argv.append("-q")
    stdin, stdout, stderr = _streams(rng)
    disturbances = _disturbances(rng, load_s, terminal=stderr == "terminal")
    if rng.random() < 0.3 and not any(output.name == "-" for output in outputs):
        argv += ["--format", "json"]
    stopped_s = sum(item.signal == "STOP" for item in disturbances) * 0.5
    if any(item.signal == "STOP" and item.whom == "worker" for item in disturbances):
        stopped_s += STALL_S + LEAVE_S
    rounds = 2 if not is_s3 and rng.random() < 0.05 else 1
    if rounds > 1:
        argv += ["--rounds", str(rounds)]
    return Case(
        seed=seed,
        number=number,
        argv=tuple(argv),
        outputs=outputs,
        script=_script(rng, f"{seed}/{number}", tls=tls, is_s3=is_s3),
        tls=tls,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        open_files=rng.randint(10, 100) if rng.random() < 0.08 else None,
        file_blocks=rng.choice((0, 1, 2, 8, 32)) if rng.random() < 0.08 else None,
        disturbances=disturbances,
        planned_s=(load_s + (requests + steps) * timeout_s + grace_s + stopped_s) * rounds,
        profile=profile,
    )


def _ms(low: int, high: int, rng: Random) -> tuple[str, float]:
    value = rng.randint(low, high)
    return f"{value}ms", value / 1000


def _load(rng: Random, *, waits: bool) -> tuple[list[str], float, int]:
    """Options of the load; the seconds it is to last, and how many requests have to end in addition to that.

    `waits`: each user waits for its own request, so all connections are there from the start.
    """
    users = rng.randint(3, 12) if rng.random() < 0.8 else rng.randint(1, 2)
    argv = ["--seed", str(rng.randint(1, 1000)), "-c", str(users)]
    is_open, is_staged = rng.random() < 0.4, rng.random() < 0.1
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
    """Options of time limits and early ends; the timeout and the grace in seconds."""
    timeout, timeout_s = _ms(50, 400, rng)
    grace, grace_s = _ms(0, 300, rng)
    argv = ["--timeout", timeout, "--connect-timeout", _ms(50, 400, rng)[0], "--grace", grace]
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
    return argv, timeout_s, grace_s


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


def _s3(rng: Random) -> tuple[list[str], int]:
    """A job on a bucket, and how many requests one after another it may take beside those that are counted."""
    objects = rng.randint(1, 8)
    argv = ["s3", rng.choice(S3_JOBS), "--endpoint", URL, "--bucket", BUCKET, "--objects", str(objects)]
    argv += ["--size", rng.choice(("0", "100", "1KiB..20KiB")), "--retries", rng.choice(("0", "0", "2"))]
    argv += ["--keep"] if rng.random() < 0.1 else []
    return argv, 4 * objects + 10


def _outputs(rng: Random) -> tuple[Output, ...]:
    outputs = []
    for flag, name, chance in (
        ("-o", "r.json", 0.75),
        ("--hgrm", "r.hgrm", 0.15),
        ("--hlog", "r.hlog", 0.15),
        ("--junit", "r.xml", 0.15),
        ("--markdown", "r.md", 0.15),
        ("--openmetrics", "r.txt", 0.15),
    ):
        if rng.random() >= chance:
            continue
        place = rng.choice(KEPT_PLACES) if rng.random() < 0.9 else rng.choice((Place.NULL, *BAD_PLACES))
        match place:
            case Place.NULL | Place.FULL:
                name = place.value
            case Place.MISSING_FOLDER:
                name = f"missing/{name}"
            case Place.LONG_NAME:
                name = LONG_NAME
        if flag == "-o" and rng.random() < 0.1:
            name, place = "-", Place.FILE
        outputs.append(Output(flag, name, place))
    return tuple(outputs)


def _streams(rng: Random) -> tuple[str, str, str]:
    """Where the three standard streams lead."""
    stdin = "closed" if rng.random() < 0.03 else "null"
    stdout = rng.choice(("full", "unread", "closed")) if rng.random() < 0.08 else "file"
    stderr = rng.choice(("terminal", "terminal", "terminal", "full", "closed")) if rng.random() < 0.2 else "file"
    return stdin, stdout, stderr


def _disturbances(rng: Random, load_s: float, *, terminal: bool) -> tuple[Disturbance, ...]:
    """In most cases something: signals at any instant, often two in a row."""
    found: list[Disturbance] = []
    if rng.random() < 0.45:
        return ()
    for _ in range(rng.choice((1, 1, 2))):
        anchor = rng.choice((Anchor.START, Anchor.FIRST_REQUEST, Anchor.FIRST_REQUEST, Anchor.SAVED))
        most_s = {Anchor.START: 0.5, Anchor.FIRST_REQUEST: min(load_s, 0.8), Anchor.SAVED: 0.1}[anchor]
        after_s = rng.uniform(0, most_s)
        kind = rng.random()
        if kind < 0.55:
            whom = rng.choice(("command", "group"))
            found.append(Disturbance(anchor, after_s, rng.choice(ENDING_SIGNALS), whom))
            for _ in range(rng.choice((0, 0, 1, 2))):
                after_s += rng.choice((0.0, 0.001, rng.uniform(0, 0.3)))
                found.append(Disturbance(anchor, after_s, rng.choice(ENDING_SIGNALS), whom))
        elif kind < 0.7:
            whom = rng.choice(("command", "group", "worker"))
            found.append(Disturbance(anchor, after_s, "STOP", whom))
            if whom != "worker" or rng.random() < 0.8:
                found.append(Disturbance(anchor, after_s + rng.uniform(0.01, 0.4), "CONT", whom))
        elif kind < 0.8:
            found.append(Disturbance(anchor, after_s, rng.choice(HARMLESS_SIGNALS), rng.choice(("command", "group"))))
        elif kind < 0.93:
            found.append(Disturbance(anchor, after_s, "KILL", "worker"))
        else:
            found.append(Disturbance(anchor, after_s, "KILL", "command"))
    if terminal and rng.random() < 0.4:
        found.append(Disturbance(Anchor.FIRST_REQUEST, rng.uniform(0, load_s), "HANGUP"))
    return tuple(found)


def _script(rng: Random, seed: str, *, tls: bool, is_s3: bool) -> Script:
    """A third of the servers are good; the others are bad in a few ways. A store is good while a job is prepared."""
    if rng.random() < 0.33:
        return Script(seed)
    hostile = tuple(rng.sample(sorted(HOSTILE), rng.choice((1, 1, 2, 4))))
    script = Script(seed, hostile, rng.choice((0.05, 0.3, 1.0)), good_first=rng.randint(0, 20) if is_s3 else 0)
    if is_s3 or rng.random() < 0.75:
        return script
    openings = tuple(rng.sample(TLS_OPENINGS if tls else PLAIN_OPENINGS, rng.choice((1, 2))))
    return replace(script, openings=openings, opening_share=rng.choice((0.1, 0.5, 1.0)))
