"""`loadgen check` of a profile with scenarios: shares, steps, feeds, in plain words."""

from dataclasses import replace

from loadgen.plan.jobs.http import RequestSpec
from loadgen.plan.jobs.scenario import Extract, FeedSpec, Journey, ScenarioJob, Step
from loadgen.plan.jobs.websocket import WebSocketSpec
from loadgen.plan.places import without_details
from loadgen.plan.plan import Arrivals, Stage
from loadgen.report.plans.plan import render_plan
from tests.support.plans import one_url


def request(
    path: str, name: str = "", extracts: tuple[Extract, ...] = (), think_s: tuple[float, float] = (0, 0)
) -> Step:
    name = name or f"GET {without_details(path)}"
    return Step("request", name, RequestSpec(name, "GET", path), extracts, think_s)


JOB = ScenarioJob(
    (
        Journey(
            "browse",
            9.0,
            (1.0, 3.0),
            steps=(
                request("/search?q=${word.word}", "search", (Extract("ITEM", "json", "items.*.id", random=True),)),
                request("/items/${ITEM:-1}", think_s=(0.5, 0.5)),
            ),
        ),
        Journey(
            "buy",
            fresh=True,
            every_s=10.0,
            steps=(
                Step("group", "checkout", steps=(Step("together", steps=(request("/a"), request("/b"))),)),
                Step("repeat", times=3, steps=(request("/c"),)),
            ),
        ),
    ),
    feeds=(FeedSpec("word", "words.jsonl"), FeedSpec("account", "accounts.csv", "own")),
    user_start=(request("/login", extracts=(Extract("TOKEN", "json", "token", secret=True),)),),
    user_end=(request("/logout"),),
)


def test_journeys_are_told_step_by_step() -> None:
    text = render_plan(replace(one_url(), job=JOB))
    assert text.partition("Scenarios\n")[2] == (
        " 90.0%  browse: 1s to 3s after each\n"
        "        search: GET /search?q=${word.word}, takes ITEM from any of json\n"
        "          items.*.id\n"
        "        GET /items/${ITEM}, then a pause of 500ms\n"
        " 10.0%  buy: one every 10s, each with a new connection and no cookies\n"
        "        group checkout, timed as one\n"
        "          at the same time\n"
        "            GET /a\n"
        "            GET /b\n"
        "        3 times\n"
        "          GET /c\n"
        "\n"
        "Before a user's first, not measured\n"
        "  GET /login, takes TOKEN from json token\n"
        "\n"
        "After a user's last, not measured\n"
        "  GET /logout\n"
        "\n"
        "Feeds\n"
        "  word     any row                         words.jsonl\n"
        "  account  each user has a row of its own  accounts.csv"
    )


def test_users_beside_a_rate_are_told_each_by_its_own() -> None:
    journeys = (Journey("buy", 20.0), Journey("browse", users=5, start_s=2.0))
    job, arrivals = ScenarioJob(journeys), Arrivals((Stage(10.0, 20.0, 20.0),), max_connections=8)
    text = render_plan(replace(one_url(), job=job, users=13, closed_users=5, arrivals=arrivals))
    assert "Users         5 users with scenarios of their own; beside them up to 8" in text
    assert text.partition("Scenarios\n")[2] == "20.0/s  buy\n users  browse: 5 users, from 2s on"


def test_how_a_run_of_journeys_ends_is_told() -> None:
    each = replace(one_url(), job=replace(JOB, journeys_per_user=3), duration_s=None)
    assert "Ends          when each user has done 3 journeys\n" in render_plan(each)
    assert "Ends          after 7 journeys\n" in render_plan(replace(each, job=JOB, requests_limit=7))


def test_pauses_of_all_users_are_told_beside_those_of_scenarios() -> None:
    assert "Think time    1s to 2s after each journey\n" in render_plan(replace(one_url(), job=JOB, think_s=(1.0, 2.0)))
    assert "Think time    none of all users; see the scenarios\n" in render_plan(replace(one_url(), job=JOB))


def test_the_file_of_journeys_in_python_is_told() -> None:
    assert "File          shop.py\n" in render_plan(replace(one_url(), job=ScenarioJob((), file="shop.py")))


def test_secrets_in_steps_are_not_shown() -> None:
    job = ScenarioJob((Journey("a", steps=(request("/x?q=s3cr3t"),)),))
    text = render_plan(replace(one_url(), job=job, secrets=("s3cr3t",)))
    assert "s3cr3t" not in text
    assert "/x?q=[redacted]" in text


def test_a_websocket_says_what_is_sent_on_it() -> None:
    held = WebSocketSpec(("a", "b"), answers=2, every_s=1.0, stay_s=60.0)
    spec = replace(request("/room").request or RequestSpec("", "", ""), websocket=held)
    job = ScenarioJob((Journey("room", steps=(Step("request", "room", spec),)),))
    text = render_plan(replace(one_url(), job=job))
    assert " room: WebSocket /room: 2 messages, each answered by 2, one every 1s," in text


def test_http2_says_how_many_share_a_connection() -> None:
    text = render_plan(replace(one_url(), http="2", streams=100))
    assert "Connections   HTTP/2, 100 users at most on each, kept open between requests" in text
    assert " HTTP/2\n" in text
    assert "HTTP/1.1" not in text
