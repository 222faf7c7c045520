"""What an exception means that ends something of a user's."""

import asyncio
import traceback

from loadgen.base.error_class import ErrorClass
from loadgen.base.received_names import original_names
from loadgen.base.user_code import describe
from loadgen.base.whereabouts import is_the_users
from loadgen.workloads.scenario.replies.absent import AbsentError

_OURS = "loadgen/workloads/"
_BAD_YIELD = "Task got bad yield"
ONE_AT_A_TIME = "a request is awaited by its user itself, in no task; several at once: await user.batch(...)"


class JourneyEndedError(BaseException):
    """Ends a journey from inside: what it needed is not there. No `except Exception` of a script stops it."""

    def __init__(self, error: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


def failure(error: BaseException) -> tuple[ErrorClass, str]:
    """Whose fault it is, and what it was, in one line with its place."""
    if isinstance(error, JourneyEndedError):
        return error.error, error.detail
    is_check = isinstance(error, AssertionError | AbsentError)
    text = ONE_AT_A_TIME if _is_request_in_task(error) else describe(error)
    return ErrorClass.CHECK_FAILED if is_check else ErrorClass.SCRIPT_ERROR, f"{place(error)}{text}"


def class_of(error: BaseException) -> ErrorClass:
    """The same for a group, which a timeout of asyncio's own may end."""
    return ErrorClass.TIMEOUT if isinstance(error, asyncio.CancelledError) else failure(error)[0]


def place(error: BaseException) -> str:
    """The file and line, of a name without its folder, where an exception arose; "" where only our code is known."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _OURS not in frame.filename]
    own = [frame for frame in frames if is_the_users(frame.filename)] or frames
    return f"{own[-1].filename.rpartition('/')[2]}:{own[-1].lineno}: " if own else ""


def example_of(error: BaseException) -> str:
    """Its traceback, without lines of ours where there are others."""
    told = traceback.TracebackException.from_exception(error)
    others = [frame for frame in told.stack if _OURS not in frame.filename]
    told.stack = traceback.StackSummary.from_list(others or list(told.stack))
    return original_names("".join(told.format()))


def is_own(error: BaseException) -> bool:
    """Whether it went through code of the user's."""
    frames = traceback.extract_tb(error.__traceback__)
    return _is_request_in_task(error) or any(is_the_users(frame.filename) for frame in frames)


def _is_request_in_task(error: BaseException) -> bool:
    """asyncio steps a task that awaits a request, and knows nothing of requests."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(_is_request_in_task, error.exceptions))
    return isinstance(error, RuntimeError) and str(error).startswith(_BAD_YIELD)
