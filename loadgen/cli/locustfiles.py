"""What a locustfile says of its run, where flags do not: its host, its shape; and that it is one process."""

import shlex
from collections.abc import Mapping
from typing import Any

from loadgen.base.environment import gil_enabled
from loadgen.base.errors import UsageError
from loadgen.base.units import parse_duration_s
from loadgen.cli.streams import tell
from loadgen.workloads.locust.file import load_locustfile


def flags_for(path: str, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with what the file says. One of them is the file's host, where no --target takes its place: then each
    class keeps its own. Raises UsageError for a file that cannot be run.
    """
    given = dict(flags)
    arguments = shlex.split(given.get("locust", ""))
    if "target" in given:
        arguments += ["--host", str(given["target"])]
    for key, called in (("rate", "a rate (-R, find-max)"), ("think", "--think"), ("arrival", "--arrival")):
        if key in given:
            raise UsageError(f"{called}: users of a locustfile wait by their wait_time; -c says how many there are")
    if "journeys_per_user" in given:
        raise UsageError(
            "--journeys-per-user: users of a locustfile go on until -d is over, or until -n tasks are done"
        )
    file = load_locustfile(path, arguments)
    for note in file.notes if given.get("mode") != "threads" else ():
        tell(f"loadgen: {note}\n")
    if file.host is not None:
        given.setdefault("target", file.host)
    if given.get("mode") != "async":  # what users share in their module is shared by all of them
        given.setdefault("processes", "1")
        if not gil_enabled():
            given.setdefault("workers", "1")
    if file.insecure:
        given.setdefault("insecure", True)
    duration = given.get("duration")
    stages = file.stages(None if duration is None else parse_duration_s(str(duration)))
    if stages and "stages" not in given:
        given["stages"] = [f"{stage.duration_s:g}s:{stage.to_users}" for stage in stages]
        given.pop("duration", None)
        given.pop("connections", None)
    return {**given, "locust": shlex.join(arguments)} if arguments else given
