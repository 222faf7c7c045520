"""Which tasks a class has: its own, those of its bases, and those of its `tasks`; and the marks on them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from loadgen.workloads.locust.exceptions import LocustError

Task = Any
"""A function that is given the user or the TaskSet it stands in; or a TaskSet class."""

WEIGHT = "locust_task_weight"
TAGS = "locust_tag_set"
T = TypeVar("T", bound=Task)


def task(weight: Any = 1) -> Any:
    """Mark a method or a nested TaskSet as a task: `@task`, `@task()`, `@task(3)`."""
    if callable(weight):
        return _marked(weight, 1)
    if not isinstance(weight, int):
        raise TypeError(f"@task: the weight is a whole number, not {weight!r}")
    return lambda function: _marked(function, weight)


def _marked(function: T, weight: int) -> T:
    setattr(function, WEIGHT, weight)
    return function


def tag(*names: str) -> Callable[[T], T]:
    """Mark a task for `--tags` and `--exclude-tags`."""
    if not names or callable(names[0]):
        raise ValueError("@tag: which? Write @tag('name')")

    def mark(function: T) -> T:
        setattr(function, TAGS, getattr(function, TAGS, frozenset()) | frozenset(names))
        return function

    return mark


def collected(bases: Iterable[type], own: Mapping[str, Any]) -> list[Task]:
    """The tasks of a class, each as often as it weighs, in the order of the file."""
    tasks: list[Task] = []
    for base in bases:
        tasks += in_proportion(getattr(base, "tasks", ()) or ())
    for name, value in own.items():
        if name == "tasks":
            tasks += in_proportion(value or ())
        elif isinstance(weight := getattr(value, WEIGHT, None), int):
            tasks += [value] * weight
    return tasks


def in_proportion(tasks: Any) -> list[Task]:
    """A list of tasks as it is; a mapping to weights, or a list of pairs with weights, in their proportion."""
    if isinstance(tasks, Mapping):
        tasks = list(tasks.items())
    if callable(tasks):
        raise LocustError(f"tasks is a list or a dict, such as [{getattr(tasks, '__name__', 'task')}]")
    result: list[Task] = []
    for item in tasks:
        if isinstance(item, tuple):
            result += [item[0]] * item[1]
        else:
            result.append(item)
    return result


def with_tags(tasks: Iterable[Task], wanted: frozenset[str], unwanted: frozenset[str]) -> list[Task]:
    """The tasks that have a tag of `wanted` (when there are any) and none of `unwanted`; nested ones are cut down, too,
    and left out with their last task.
    """
    kept = []
    done: dict[int, bool] = {}
    for item in tasks:
        tags: frozenset[str] = getattr(item, TAGS, frozenset())
        if tags & unwanted:
            continue
        if (nested := getattr(item, "tasks", None)) is None:
            if not wanted or tags & wanted:
                kept.append(item)
            continue
        if id(item) not in done:
            item.tasks = with_tags(nested, frozenset() if tags & wanted else wanted, unwanted)
            done[id(item)] = bool(item.tasks)
        if done[id(item)]:
            kept.append(item)
    return kept
