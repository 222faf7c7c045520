"""A locustfile's user as its driver sees it."""

from contextlib import suppress
from typing import Any

from loadgen.base.endpoint import Origin
from loadgen.measure.names import Names
from loadgen.measure.transactions import Transactions
from loadgen.plan.jobs.scenario import Journey
from loadgen.workloads.locust.hub import Call, UserEnds
from loadgen.workloads.locust.lives import make_life
from loadgen.workloads.locust.requests import CallMaker
from loadgen.workloads.locust.script import LocustScript
from loadgen.workloads.scenario.journeys import Journeys
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest

SITE = Origin("http", "site.example", 80)


def test_what_a_driver_sends_in_place_is_no_step_unless_it_goes_to_another_origin() -> None:
    names, sent, got = Names(), list[str](), list[Any]()
    journeys = Journeys(
        (Journey("a"),), names, Transactions(lambda: 0, names=names), lambda _now: None,
        limit=None, warmup=False, seed=1, by_user=False, clock=lambda: 0,
    )  # fmt: skip

    def live(hub: LocustScript) -> None:
        with suppress(UserEnds):
            hub.begin()
            for url in ("http://site.example/1", "http://site.example/2", "http://other.example/3"):
                got.append(hub.request(Call("GET", url, url)).status)

    def in_place(request: UserRequest) -> Reply:
        sent.append(request.target)
        return Reply(200, None, b"", 0)

    maker = CallMaker(names, SITE, keep_alive=True, paced=False)
    script = LocustScript(0, 0, journeys, maker, 1, live, make_life, awaits=True)
    script.in_place = in_place
    step: Any = script.resume(None)
    assert (sent, got, [request.target for request in step.requests]) == (["/1", "/2"], [200, 200], ["/3"])
    script.close()
