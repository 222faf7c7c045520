"""The exceptions of locustfiles, by the names that they know."""


class LocustError(Exception):
    """Something was used in a way that cannot work."""


class ResponseError(Exception):
    """A reply that is not what it should be."""


class CatchResponseError(Exception):
    """Why a reply was marked as failed."""


class MissingWaitTimeError(LocustError):
    """Nothing says how long to wait between tasks."""


class RPCError(Exception):
    """Never raised: there are no masters and workers."""


class RunnerAlreadyExistsError(Exception):
    """Never raised: files make no runners."""


class InterruptTaskSet(Exception):  # noqa: N818 - named by Locust
    """Leaves a TaskSet; the one around it goes on, at once with `reschedule`."""

    def __init__(self, reschedule: bool = True) -> None:
        super().__init__()
        self.reschedule = reschedule


class StopUser(Exception):  # noqa: N818
    """Ends the user for good."""


class StopTest(Exception):  # noqa: N818
    """Ends the run."""


class RescheduleTask(Exception):  # noqa: N818
    """Ends the task; the next one comes after the wait."""


class RescheduleTaskImmediately(Exception):  # noqa: N818
    """Ends the task; the next one comes at once."""
