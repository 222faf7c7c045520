"""`--out`: exporters beside a run. Without it nothing of them is imported."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from loadgen.base.errors import UsageError
from loadgen.base.imported import imported
from loadgen.cli.parameters import Web
from loadgen.cli.streams import tell
from loadgen.plan.plan import Plan
from loadgen.session.observers import Observer

if TYPE_CHECKING:
    from loadgen.observe.export.kinds import Out


def asked_outs(given: Sequence[str] | None, web: Web | None = None) -> tuple["Out", ...]:
    """What `--out` says, or LOADGEN_OUT, one a line; and the page of `--web`. Raises UsageError."""
    texts = given or os.environ.get("LOADGEN_OUT", "").splitlines()
    pages = web.outs if web is not None else []
    return tuple(imported("loadgen.observe.export.kinds", "parse_outs")(texts, pages)) if texts or pages else ()


def with_log(plan: Plan, outs: Sequence["Out"], *, several: bool) -> Plan:
    """The plan that also writes requests down, where one of the exporters wants it. Raises UsageError."""
    if several:
        check_no_log(outs)
    every = imported("loadgen.observe.export.kinds", "log_every")(outs) if outs else 0
    return replace(plan, log_every=every) if every else plan


def check_no_log(outs: Sequence["Out"]) -> None:
    """Raise UsageError where single requests are to be written down, of several runs."""
    if outs and imported("loadgen.observe.export.kinds", "log_every")(outs):
        raise UsageError("--out requests: is of one run, and there are several")


@contextmanager
def exporting(
    outs: Sequence["Out"], *, quiet: bool, linger: bool = False, labels: Mapping[str, str] | None = None
) -> Iterator[list[Observer]]:
    """The exporters that were asked for, as observers of runs; they end with the block, or when a signal comes after
    it. Raises UsageError.
    """
    if not outs:
        yield []
        return
    hushed = quiet and all(out.kind != "page" for out in outs)  # whose address is known to nobody else
    exporters = imported("loadgen.observe.export.exporters", "Exporters")(
        outs, lambda text: None if hushed else tell(f"loadgen: {text}\n"), linger=linger, labels=labels
    )
    try:
        yield [exporters]
    finally:
        exporters.close()
