"""What a Result says of the cause for which a run was stopped."""

from loadgen.guard.shared_state import Cause
from loadgen.measure.names import TOO_MANY
from loadgen.plan.plan import Plan

ENDED_BY = {
    **{cause: cause.name.lower() for cause in Cause},
    Cause.CREDENTIALS: "error",
    Cause.JOURNAL: "error",
    Cause.ALONE: "error",
    Cause.NAMES: "script",
}
_WHY = {
    Cause.CREDENTIALS: "the AWS credentials have expired and could not be renewed",
    Cause.JOURNAL: "the journal of the batch (--resume) could not be written; is its disk full?",
    Cause.ALONE: "a machine of the run had not heard from here for longer than its lease",
    Cause.NAMES: TOO_MANY,
}


def why(cause: Cause, plan: Plan) -> str:
    """What there is to say of a cause that whoever tripped it said nothing of."""
    if cause is Cause.FAIL_FAST:
        limit = plan.stop.max_errors
        return "the first failure (--fail-fast)" if limit == 1 else f"{limit} failures (--max-errors {limit})"
    return _WHY.get(cause, "")
