"""What files listen to: hooks whose listeners are called with keywords."""

import inspect
import logging
from collections.abc import Callable
from typing import Any

_log = logging.getLogger("locust")

NAMES = (
    "init", "init_command_line_parser", "test_start", "test_stopping", "test_stop", "quitting", "quit",
    "spawning_complete", "user_error", "reset_stats", "report_to_master", "worker_report", "worker_connect",
    "cpu_warning", "heartbeat_sent", "heartbeat_received", "usage_monitor",
    "hatch_complete", "locust_error", "locust_start_hatching", "locust_stop_hatching", "master_start_hatching",
    "master_stop_hatching", "slave_report",
)  # fmt: skip
"""The last two lines: of Locust 0.x."""

Listener = Callable[..., Any]


class EventHook:
    """Its listeners are called in turn when it fires; one that raises is logged, and the others follow."""

    def __init__(self) -> None:
        self._listeners: list[tuple[Listener, frozenset[str] | None]] = []

    def __bool__(self) -> bool:
        return True

    @property
    def heard(self) -> bool:
        """Whether there are listeners."""
        return bool(self._listeners)

    def add_listener(self, listener: Listener) -> Listener:
        """Call it when the event fires; as a decorator, too."""
        self._listeners.append((listener, _accepted(listener)))
        return listener

    def remove_listener(self, listener: Listener) -> None:
        self._listeners = [entry for entry in self._listeners if entry[0] != listener]

    def __iadd__(self, listener: Listener) -> "EventHook":
        self.add_listener(listener)
        return self

    def __isub__(self, listener: Listener) -> "EventHook":
        self.remove_listener(listener)
        return self

    def fire(self, *, reverse: bool = False, **values: Any) -> None:
        """Call the listeners."""
        for listener, accepted in list(reversed(self._listeners) if reverse else self._listeners):
            try:
                listener(**values if accepted is None else {key: values[key] for key in values.keys() & accepted})
            except Exception:
                _log.exception("Uncaught exception in event handler")


def _accepted(listener: Listener) -> frozenset[str] | None:
    """The keywords that a listener takes; None: any. Those of old files do not take what came later."""
    try:
        parameters = inspect.signature(listener).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return frozenset(parameter.name for parameter in parameters)


class RequestHook(EventHook):
    """Fires after each request; fired by a file, it is how that tells of what it measured itself."""

    def __init__(self, measure: Callable[[dict[str, Any]], None], changed: Callable[[], None]) -> None:
        super().__init__()
        self._measure = measure
        self._changed = changed

    def add_listener(self, listener: Listener) -> Listener:
        super().add_listener(listener)
        self._changed()
        return listener

    def fire(self, *, reverse: bool = False, **values: Any) -> None:
        self._measure(values)
        super().fire(reverse=reverse, **values)

    def tell(self, **values: Any) -> None:
        """Call the listeners for a request that is recorded already."""
        super().fire(**values)


class Events:
    """`locust.events`, and `environment.events`: one object for each file that is loaded."""

    def __init__(self, measure: Callable[[dict[str, Any]], None], changed: Callable[[], None]) -> None:
        self.request = RequestHook(measure, changed)
        self.request_success = RequestHook(measure, changed)
        self.request_failure = RequestHook(measure, changed)
        for name in NAMES:
            setattr(self, name, EventHook())

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no event {name!r}")

    def hears_requests(self) -> bool:
        """Whether anybody listens to requests."""
        return self.request.heard or self.request_success.heard or self.request_failure.heard
