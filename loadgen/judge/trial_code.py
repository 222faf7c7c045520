"""From what a trial did to the exit code of the command."""

from collections.abc import Iterable

from loadgen.base.error_class import ErrorClass
from loadgen.judge.exit_code import ExitCode
from loadgen.results.trial import Ended, Event


def trial_code(events: Iterable[Event], *, signalled: bool) -> ExitCode:
    """The code of what one user did: a journey that fails is a threshold missed."""
    errors = {event.error for event in events if isinstance(event, Ended) and event.error is not None}
    if signalled:
        return ExitCode.SIGNAL
    if ErrorClass.SCRIPT_ERROR in errors:
        return ExitCode.SCRIPT
    return ExitCode.THRESHOLD if errors else ExitCode.OK
