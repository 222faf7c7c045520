"""TaskSet: tasks that a user does one after the other, with a wait after each."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from loadgen.workloads.locust.exceptions import (
    InterruptTaskSet,
    LocustError,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from loadgen.workloads.locust.hub import UserEnds
from loadgen.workloads.locust.task_lists import Task, collected, in_proportion

SHORTEST_PAUSE_S = 0.05
"""After a task that raised: what fails at once would fail as often as the processor can."""


class TaskSetType(type):
    """Collects the tasks of a class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], own: dict[str, Any]) -> "TaskSetType":
        own["tasks"] = collected(bases, own)
        return super().__new__(mcs, name, bases, own)


class TaskSet(metaclass=TaskSetType):
    """Its tasks are drawn at random, by weight, until `interrupt()`."""

    tasks: list[Task] = []  # noqa: RUF012 - files rebind it and append to it
    min_wait: float | None = None
    max_wait: float | None = None
    wait_function: Callable[[Any], float] | None = None

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.user: Any = parent.user if isinstance(parent, TaskSet) else parent
        self._queue: deque[Task] = deque()

    @property
    def client(self) -> Any:
        """The client of the user."""
        return self.user.client

    @property
    def locust(self) -> Any:
        """The user, as files for Locust 0.x call it."""
        return self.user

    def on_start(self) -> None:
        """Done before the first task."""

    def on_stop(self) -> None:
        """Done when the set is left."""

    def interrupt(self, reschedule: bool = True) -> None:
        """Leave the set; the one around it goes on at once, or after its wait."""
        raise InterruptTaskSet(reschedule)

    def wait_time(self) -> float:
        """Seconds until the next task: the set's own, or the user's."""
        if (wait_s := old_wait_s(self)) is not None:
            return wait_s
        if (wait_time := getattr(self.user, "wait_time", None)) is not None:
            return float(wait_time())
        raise MissingWaitTimeError(f"{type(self).__name__} has no wait_time")

    def wait(self) -> None:
        """Pause before the next task."""
        self._sleep(self.wait_time())

    def _sleep(self, seconds: float) -> None:
        self.user._hub.pause(seconds if seconds > 0 else 0)

    def schedule_task(self, task: Task, first: bool = False) -> None:
        """Have this one done next, or after those that were given so."""
        (self._queue.appendleft if first else self._queue.append)(task)

    def get_next_task(self) -> Task:
        """One of the tasks, by weight."""
        tasks = self.tasks
        if type(tasks) is not list:
            tasks = in_proportion(tasks)
        if not tasks:
            raise no_tasks(type(self))
        return tasks[int(self.user._hub.random.random() * len(tasks))]

    def each(self) -> list[Task]:
        """Each of the tasks, in the order of the file."""
        return list(dict.fromkeys(in_proportion(self.tasks)))

    def execute_next_task(self) -> None:
        """Do the one that is next."""
        self.execute_task(self._queue.popleft())

    def execute_task(self, task: Task) -> None:
        """Do a task, or all that a nested set does until it is left."""
        if isinstance(task, type) and issubclass(task, TaskSet):
            task(self._parent_of_nested()).run()
            return
        hub = self.user._hub
        hub.begin()
        try:
            self._call(task)
        except (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser, StopTest):
            hub.end(None)
            raise
        except Exception as error:
            self.user._counted = error
            hub.end(error)
            raise
        hub.end(None)

    def _parent_of_nested(self) -> Any:
        return self

    def _call(self, task: Task) -> None:
        if getattr(task, "__self__", None) is self:  # a bound method, from a get_next_task of the file's own
            task()
        else:
            task(self)

    def run(self) -> None:
        """Until the set is interrupted: tasks, each with its wait. Raises what the set around it goes on with."""
        try:
            self.on_start()
        except InterruptTaskSet as interrupt:
            raise _going_on(interrupt) from None
        try:
            if self.user._hub.once:
                self._each_once()
                self.interrupt()
            while True:
                self._one()
        except InterruptTaskSet as interrupt:
            self.on_stop()
            raise _going_on(interrupt) from None
        except (StopUser, UserEnds):
            self.on_stop()
            raise

    def _each_once(self) -> None:
        """All tasks, also those after one that would leave the set."""
        self._queue.extend(self.each())
        while self._queue:
            with suppress(InterruptTaskSet):
                self._one()

    def _one(self) -> None:
        """The next task and its wait, or what its exception asks for instead."""
        try:
            if not self._queue:
                self.schedule_task(self.get_next_task())
            self.execute_next_task()
            self.wait()
        except RescheduleTaskImmediately:
            self._sleep(0)
        except RescheduleTask:
            self.wait()
        except (InterruptTaskSet, StopUser):
            raise
        except StopTest:
            self.user.environment.runner.quit()
            raise StopUser from None
        except Exception as error:
            self.user._failed(error)
            self._sleep(max(self.wait_time(), SHORTEST_PAUSE_S))


class UserTasks(TaskSet):
    """The tasks of a user itself, which are given the user."""

    def get_next_task(self) -> Task:
        tasks = self.user.tasks
        if type(tasks) is not list:
            tasks = in_proportion(tasks)
        if not tasks:
            raise no_tasks(type(self.user))
        return tasks[int(self.user._hub.random.random() * len(tasks))]

    def each(self) -> list[Task]:
        return list(dict.fromkeys(in_proportion(self.user.tasks)))

    def wait_time(self) -> float:
        return float(self.user.wait_time())

    def _parent_of_nested(self) -> Any:
        return self.user

    def _call(self, task: Task) -> None:
        if getattr(task, "__self__", None) is self.user:
            task()
        else:
            task(self.user)

    def run(self) -> None:
        """Until the user ends. There is no set around it: an interrupt ends the task alone."""
        if self.user._hub.once:
            self._each_once()
            raise StopUser
        while True:
            try:
                self._one()
            except InterruptTaskSet:
                self.user._failed(LocustError("interrupt() outside of a nested TaskSet"))
                self._sleep(max(self.wait_time(), SHORTEST_PAUSE_S))


def _going_on(interrupt: InterruptTaskSet) -> Exception:
    return RescheduleTaskImmediately() if interrupt.reschedule else RescheduleTask()


def no_tasks(owner: type) -> LocustError:
    """The error of a class without any."""
    return LocustError(f"{owner.__name__} has no tasks: write @task above a method, or set `tasks`")


def old_wait_s(owner: Any) -> float | None:
    """The wait in seconds by what Locust 0.x reads, in milliseconds: wait_function, min_wait and max_wait."""
    if (function := owner.wait_function) is not None:
        return float(function()) / 1000
    low, high = owner.min_wait, owner.max_wait
    if low is None or high is None:
        return None
    hub = getattr(owner, "user", owner)._hub
    return float(low + hub.random.random() * (high - low)) / 1000
