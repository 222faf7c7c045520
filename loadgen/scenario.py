"""What a scenario's file imports: journeys of users in Python.

    from loadgen.scenario import scenario

    @scenario
    async def browse(user):
        reply = await user.get("/search?q={}", "lamp", name="search")
        if reply.ok:
            await user.get("/items/{}", reply.json("items.0.id"))

`loadgen run shop.py --target http://127.0.0.1:8080 -c 50 -d 10s` runs it. To import this starts nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from loadgen.plan.declarations import Feed, Metric, feed, metric, per_run, per_user, scenario
from loadgen.workloads.scenario.python.calls import Called
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.replies.reply import Reply

if TYPE_CHECKING:
    from loadgen.session.try_out import Tried

__all__ = ["Called", "Feed", "Metric", "Reply", "User", "feed", "metric", "per_run", "per_user", "scenario", "try_out"]


def try_out(
    function: Callable[[Any], Any], url: str, *, per_user: bool = True, shared: Any = None, **fields: Any
) -> "Tried":
    """Do one journey against a server, for a test; pauses of the user's are not waited for.

    Gives its steps (`name`, `reply`, `took_s`), `checks`, `metrics` and `error`, which says why the journey failed and
    is None where it did not. What the journey raises is raised here, a failed `assert` as well. The `per_user` of the
    file in which the function is, is done around it, unless told not to; `shared` is what its user sees, as `per_run`
    is not done. `fields` have the keys of a profile: `timeout="2s", seed=7`. Raises UsageError for what cannot be
    tried.
    """
    from loadgen.session.try_out import try_out as tried  # what runs it is no matter of worker processes

    return tried(function, url, per_user=per_user, shared=shared, fields=fields)
