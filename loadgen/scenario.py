"""What a scenario's file imports: journeys of users in Python.

    from loadgen.scenario import scenario

    @scenario
    async def browse(user):
        reply = await user.get("/search?q={}", "lamp", name="search")
        if reply.ok:
            await user.get("/items/{}", reply.json("items.0.id"))

`loadgen run shop.py --target http://127.0.0.1:8080 -c 50 -d 10s` runs it. To import this starts nothing.
"""

from loadgen.plan.declarations import Feed, Metric, feed, metric, per_run, per_user, scenario
from loadgen.workloads.scenario.calls import Called
from loadgen.workloads.scenario.reply import Reply
from loadgen.workloads.scenario.user import User

__all__ = ["Called", "Feed", "Metric", "Reply", "User", "feed", "metric", "per_run", "per_user", "scenario"]
