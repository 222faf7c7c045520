"""A plan and its files on their way to the machines: what goes along, and what must lie there."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.base.units import format_bytes
from loadgen.base.user_imports import MOST_FILES, Needs, needs_of, needs_of_module
from loadgen.executors.places.machines.links.base import Link
from loadgen.executors.places.machines.links.messages import Message
from loadgen.plan.files import files_of
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.plan import Plan

LARGEST_FILE = 64 << 20
"""What is larger, as an upload of gigabytes, is better copied there once than with every run."""

LARGEST_ALL = 256 << 20
"""They are kept in a temporary folder, which may be memory."""

PIECE_BYTES = 1 << 17
ANSWER_S = 30.0
"""For a piece, on a line of 5 kB/s."""

AHEAD = 64
"""So many pieces may be on their way to a machine: many small files take no round trip each."""


@dataclass(frozen=True, slots=True)
class Files:
    """Full names of `sent` files, and of those that must lie there, with their size; the installed `modules` that they
    import, with who does. `folder` is the working folder, where that matters."""

    sent: tuple[str, ...] = ()
    there: tuple[tuple[str, int], ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    folder: str = ""

    @property
    def head(self) -> dict[str, Any]:
        """What a machine has to know before it begins."""
        return {"there": self.there, "modules": self.modules, "folder": self.folder}


NO_FILES = Files()


def files_for(plan: Plan, folder: Path) -> Files:
    """Those of a plan that names them in full; `folder` is the working one. Raises UsageError for what is too much."""
    names = dict.fromkeys(files_of(plan))
    needs = _needs(plan, names, folder)
    names |= dict.fromkeys(map(str, needs.files))
    if len(names) > MOST_FILES:
        raise UsageError(
            f"the plan's files and what they import are more than {MOST_FILES:,}: move the scenario to a folder of its "
            "own, or install what it imports"
        )
    sizes = {name: _size(name) for name in names}
    sent = [name for name, size in sizes.items() if size <= LARGEST_FILE]
    if (whole := sum(sizes[name] for name in sent)) > LARGEST_ALL:
        raise UsageError(
            f"the plan's files are {format_bytes(whole)}, of which {format_bytes(LARGEST_ALL)} at most go along to the "
            "machines: use smaller ones"
        )
    return Files(
        tuple(sent),
        tuple((name, size) for name, size in sizes.items() if size > LARGEST_FILE),
        tuple(needs.modules.items()),
        str(folder) if needs.files else "",
    )


def _needs(plan: Plan, names: Iterable[str], folder: Path) -> Needs:
    """Of the Python among the files, and of a module that is called."""
    needs, job = Needs(), plan.job
    also = [folder] if isinstance(job, ScenarioJob) and job.dialect == "locust" else []  # where Locust looks, too
    parts = [needs_of(Path(name), [Path(name).parent, *also], folder) for name in names if name.endswith(".py")]
    module, _, _ = ("" if isinstance(job, HttpJob) else job.function or "").rpartition(":")
    if module and not module.endswith(".py"):  # a module's name
        parts.append(needs_of_module(module, folder))
    for part in parts:
        needs.files |= part.files
        needs.modules |= part.modules
    return needs


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror or error}") from None


async def send_ahead(plan: bytes, files: Sequence[str], machines: Sequence[tuple[str, Link]]) -> None:
    """To all of them at once, by their names and links. Raises UsageError where one cannot take them.

    They come before a run, in pieces with answers: amid it a machine would be taken for lost that hears nothing else
    while they are on a slow line.
    """
    tasks = [asyncio.ensure_future(_send(plan, files, name, link)) for name, link in machines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _send(plan: bytes, files: Sequence[str], machine: str, link: Link) -> None:
    """Some pieces ahead of what the machine has said that it has."""
    answers: asyncio.Queue[Message | None] = asyncio.Queue()

    async def filed() -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await answers.get()
        except TimeoutError:
            raise UsageError(f"{machine} did not take the plan: no answer within {ANSWER_S:g} s") from None
        if answer is None:
            raise UsageError(f"{machine} was lost while it was sent the plan")
        if answer.kind == "refused":
            raise UsageError(f"{machine}: {answer.head['text']}")

    link.listen(answers.put_nowait)
    under_way = 0
    try:
        for message in chain(_of_plan(plan), _of_files(files)):
            link.send(message)
            under_way += 1
            if under_way > AHEAD:
                await filed()
                under_way -= 1
        for _ in range(under_way):
            await filed()
    finally:
        link.listen(None)


def _of_plan(plan: bytes) -> Iterator[Message]:
    for at in range(0, len(plan), PIECE_BYTES):
        yield Message("plan", {"at": at}, plan[at : at + PIECE_BYTES])


def _of_files(files: Sequence[str]) -> Iterator[Message]:
    """Of an empty file an empty piece."""
    for name in files:
        at = 0
        try:
            with Path(name).open("rb") as source:
                while (piece := source.read(PIECE_BYTES)) or not at:
                    yield Message("file", {"name": name, "at": at}, piece)
                    at += len(piece) or 1
        except OSError as error:
            raise UsageError(f"{name}: cannot be read: {error.strerror or error}") from None
