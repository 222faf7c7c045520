"""A shop's visitors as journeys in Python: nine look around for each one that buys.

Against the shop of the demo server, which `loadgen target` starts in another terminal:

    loadgen run shop.py --target http://127.0.0.1:8080 -c 20 -d 10s -T 'buy/pay:p95 < 300ms' -T 'browse:p99 < 2s'
    loadgen run shop.py --target http://127.0.0.1:8080 --once

`loadgen profiles show shop.py` and `loadgen profiles show shop-accounts.csv` print this file and its users, to start
from. `shop` (shop.yaml) is the same, declared.
"""

from collections.abc import AsyncIterator
from typing import Any

from loadgen.scenario import User, feed, metric, per_run, per_user, scenario

WORDS = ("shoe", "hat", "red", "blue coat", "sock", "grey")

# Each simulated user has a row of its own, over all processes: `loadgen run` says so when there are too few.
accounts = feed("shop-accounts.csv", pick="own")

# A figure of our own. Reports show its mean and percentiles, and `-T 'basket:mean > 20'` judges it.
basket = metric("basket", unit="EUR")


@per_run
async def catalogue(user: User) -> AsyncIterator[Any]:
    """Once, before the clock starts; what follows the yield, when all is over. Neither is measured."""
    reply = await user.post("/admin/seed", json={"items": 1000}, expect=201, needed=True)
    # Plain JSON, which every user sees as `user.shared`.
    yield {"items": reply.json("ids")}
    await user.delete("/admin/seed")


@per_user
async def session(user: User) -> AsyncIterator[None]:
    """Before a user's first journey, and after its last. Not measured either."""
    reply = await user.post("/login", json=user.row(accounts), needed=True)
    # Sent with every request of this user from now on. Cookies would be kept by themselves.
    user.headers["Authorization"] = f"Bearer {reply.json('token')}"
    yield
    await user.post("/logout")


@scenario(weight=9, think=(0.1, 0.3))
async def browse(user: User) -> None:
    """Search, and look at up to three of the things that were found."""
    # A value stands in the path as {} and is encoded; the path as it is written here, or `name`, names the request.
    found = await user.get("/search?q={}", user.random.choice(WORDS), name="search")
    # A failure is counted already, and nothing is raised: what follows from it is for the journey to say.
    if not found.ok:
        return
    for item in found.json("items")[:3]:
        await user.get("/items/{}", item["id"], expect={"status": 200, "contains": '"price"'})
        # Seconds, drawn from a range. Pauses are no part of the time that a journey takes.
        await user.pause(0.05, 0.2)


@scenario(weight=1)
async def buy(user: User) -> None:
    """Put something into a cart and pay."""
    # A group is timed as a whole.
    with user.group("checkout"):
        # `needed`: without this reply, the journey ends here, and has failed.
        item = user.random.choice(user.shared["items"])
        cart = await user.post("/cart", json={"item": item}, expect=201, needed=True)
        # At the same time, each on a connection of its own.
        await user.batch("/shipping", "/vat")
        # {+} is a value that is put in as it is.
        paid = await user.post("{+}/pay", cart.header("Location"), name="pay", needed=True)
    # Counted by name; one that does not hold makes the journey a failed one, and lets it go on.
    if user.check("total is positive", paid.json("total", default=0) > 0):
        basket.add(paid.json("total"))
    # So does an assert, but that ends the journey.
    assert paid.find(r'"status":"(\w+)"') == "done", "the order is not done"
