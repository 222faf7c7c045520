"""From a seed and a number to a Case: the same one each time."""

from dataclasses import replace
from random import Random

from loadgen.session.run import STALL_S
from tests.chaos.answers import HOSTILE
from tests.chaos.case import (
    BAD_PLACES,
    ENDING_SIGNALS,
    HARMLESS_SIGNALS,
    KEPT_PLACES,
    LONG_NAME,
    Anchor,
    Case,
    Disk,
    Disturbance,
    Output,
    Place,
)
from tests.chaos.commands import SEARCH_S, draw_command, draw_followups
from tests.chaos.script import PLAIN_OPENINGS, TLS_OPENINGS, Script

LEAVE_S = 6.0
"""How long a run may wait, after the grace, for a worker that is stopped for good."""
RUN_FLAGS = ("-o", "--hgrm", "--hlog", "--junit", "--markdown", "--openmetrics")
FLAGS = {
    "run": RUN_FLAGS,
    "s3": RUN_FLAGS,
    "find-max": ("-o", "--html"),
    "compare": ("-o", "--html", "--markdown"),
}


def draw(seed: int, number: int) -> Case:
    """The case of this number; the same for the same seed."""
    rng = Random(f"{seed}/{number}")
    tls = rng.random() < 0.2
    command = draw_command(rng, tls=tls)
    argv, after, kind = list(command.argv), command.after, command.argv[0]
    outputs = tuple(output for output in _outputs(rng) if output.flag in FLAGS[kind])
    if rng.random() < 0.3:
        argv.append("-q")
    stdin, stdout, stderr = _streams(rng)
    is_campaign = kind in ("find-max", "compare") or "--rounds" in argv or "--baseline" in argv
    ends_by_itself = not is_campaign and bool({"-d", "--stage"} & set(argv))  # else it waits for a worker that stands
    disturbances = _disturbances(rng, command.load_s, terminal=stderr == "terminal", for_good=ends_by_itself)
    if kind == "find-max":
        signal = rng.choice(ENDING_SIGNALS)
        disturbances += (Disturbance(Anchor.FIRST_REQUEST, rng.uniform(0, SEARCH_S), signal),)
    if rng.random() < 0.3 and not any(output.name == "-" for output in outputs):
        argv += ["--format", "json"]
    stopped_s = sum(item.signal == "STOP" for item in disturbances) * 0.5
    if any(item.signal == "STOP" and item.whom == "worker" for item in disturbances):
        stopped_s += STALL_S + LEAVE_S
    saved = [output.name for output in outputs if output.flag == "-o" and output.place in KEPT_PLACES]
    if saved and saved[0] != "-" and rng.random() < 0.08:
        after += draw_followups(rng, saved[0])
    return Case(
        seed=seed,
        number=number,
        argv=tuple(argv),
        outputs=outputs,
        script=_script(rng, f"{seed}/{number}", tls=tls, is_s3=kind == "s3"),
        tls=tls,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        open_files=rng.randint(11, 100) if rng.random() < 0.08 else None,
        file_blocks=rng.choice((0, 1, 2, 8, 32)) if rng.random() < 0.08 else None,
        disk=_disk(rng) if rng.random() < 0.06 else None,
        disturbances=disturbances,
        planned_s=command.planned_s + stopped_s,
        profile=command.profile,
        before=command.before,
        after=after,
    )


def _disk(rng: Random) -> Disk:
    return Disk(rng.choice((32, 40, 64, 128)), rng.choice((None, None, 8, 10)), holds_tmp=rng.random() < 0.3)


def _outputs(rng: Random) -> tuple[Output, ...]:
    outputs = []
    for flag, name, chance in (
        ("-o", "r.json", 0.75),
        ("--hgrm", "r.hgrm", 0.15),
        ("--hlog", "r.hlog", 0.15),
        ("--junit", "r.xml", 0.15),
        ("--markdown", "r.md", 0.15),
        ("--openmetrics", "r.txt", 0.15),
        ("--html", "r.html", 0.5),
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


def _disturbances(rng: Random, load_s: float, *, terminal: bool, for_good: bool) -> tuple[Disturbance, ...]:
    """In most cases something: signals at any instant, often two in a row. `for_good`: a worker may be stopped so."""
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
            if whom != "worker" or not for_good or rng.random() < 0.8:
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
