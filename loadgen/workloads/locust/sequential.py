"""Task sets with an order: SequentialTaskSet, and the TaskSequence of Locust 0.x."""

from collections.abc import Callable
from itertools import cycle
from typing import Any, TypeVar

from loadgen.workloads.locust.exceptions import LocustError
from loadgen.workloads.locust.task_lists import WEIGHT, Task
from loadgen.workloads.locust.tasks import TaskSet, no_tasks

_STEP = "locust_task_order"
T = TypeVar("T")


class SequentialTaskSet(TaskSet):
    """Its tasks are done in the order of the file, again and again; a weight repeats a task."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._in_order = cycle(self.tasks)

    def get_next_task(self) -> Task:
        if not self.tasks:
            raise no_tasks(type(self))
        return next(self._in_order)

    def each(self) -> list[Task]:
        return [next(self._in_order) for _ in self.tasks]


def seq_task(order: int) -> Callable[[T], T]:
    """The place of a task in a TaskSequence, from 1."""

    def mark(function: T) -> T:
        setattr(function, _STEP, order)
        if getattr(function, WEIGHT, None) is None:
            setattr(function, WEIGHT, 1)
        return function

    return mark


class TaskSequence(SequentialTaskSet):
    """Its tasks are done by the number of their `@seq_task`."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._in_order = cycle(sorted(self.tasks, key=lambda task: getattr(task, _STEP, 1)))


class MarkovTaskSet(TaskSet):
    """The next task depends on the last: each says by `@transition` and `@transitions` what may follow."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._last: Any = None

    def get_next_task(self) -> Task:
        if not self.tasks:
            raise no_tasks(type(self))
        if self._last is None:
            self._last = self.tasks[0]
        else:
            follows: list[tuple[str, int]] = self._last.transitions
            names = [name for name, weight in follows for _ in range(weight)]
            self._last = getattr(type(self), names[int(self.user._hub.random.random() * len(names))])
        return self._last


def transition(task_name: str, weight: int = 1) -> Callable[[T], T]:
    """One task that may follow this one."""
    return transitions([(task_name, weight)])


def transitions(weights: Any) -> Callable[[T], T]:
    """Tasks that may follow this one: a dict to weights, or a list of names and of pairs with weights."""
    pairs = weights.items() if isinstance(weights, dict) else [(w, 1) if isinstance(w, str) else w for w in weights]

    def mark(function: Any) -> Any:
        if not callable(function):
            raise LocustError("@transition stands above a method")
        function.transitions = [*getattr(function, "transitions", []), *pairs]
        setattr(function, WEIGHT, 1)
        return function

    return mark
