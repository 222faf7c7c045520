"""`loadgen serve`: runs that are started and stopped from a page."""

import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.base.loop import run_on_loop
from loadgen.base.units import parse_duration_s, parse_rate
from loadgen.cli.commands.serve import Serve
from loadgen.cli.exporting import asked_outs, exporting, with_log
from loadgen.cli.labels import parse_labels
from loadgen.cli.live import live_line
from loadgen.cli.plans import plan_for
from loadgen.cli.streams import tell
from loadgen.executors.places.limits import check_room_for_a_loop
from loadgen.observe.web.place import ANYWHERE
from loadgen.plan.plan import Plan
from loadgen.serve.limits import limits_of
from loadgen.serve.serve import Served
from loadgen.serve.serve import serve as serve_page
from loadgen.session.observers import Observer

ServePage = Callable[[Served, Callable[[str], None], Sequence[Observer]], Coroutine[Any, Any, None]]


def serve(given: Serve, page: ServePage = serve_page) -> int:
    """Serve until a signal comes. Raises UsageError."""
    check_room_for_a_loop()
    outs = asked_outs(given.outs)

    def make_plan(chosen: Mapping[str, str]) -> Plan:
        plan = plan_for(given.target, given.settings, {**given.flags, **chosen})
        return with_log(plan, outs, several=True)

    place = given.to_others.place(ANYWHERE if given.web is None else given.web)
    limits = limits_of(make_plan({}), _limits(given))
    labels = parse_labels(given.labels, os.environ)
    served = Served(make_plan, limits, place, Path(given.save), labels)
    with exporting(outs, quiet=given.quiet, labels=labels) as exporters, live_line(quiet=given.quiet) as live:

        def begin(url: str) -> None:
            tell(f"loadgen: the page is at {url}; {limits.words()}; stop with Ctrl-C\n")

        run_on_loop(page(served, begin, [live, *exporters]))
    return 0


def _limits(given: Serve) -> dict[str, float | None]:
    limits: dict[str, float | None] = {"users": given.limit_users}
    for name, text, parse in (
        ("rate", given.limit_rate, parse_rate),
        ("duration", given.limit_duration, parse_duration_s),
    ):
        try:
            limits[name] = None if text is None else parse(text)
        except ValueError as error:
            raise UsageError(f"--limit-{name}: {error}") from None
    return limits
