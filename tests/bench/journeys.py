"""Journeys beside requests: what a step in Python, a value in a path, or a log-in costs, and rivals at the same."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.compare import Goal, alternate
from tests.bench.jobs import Job, Peer
from tests.bench.peers import RIVALS, WRK, loadgen
from tests.bench.runs import Bench
from tests.bench.servers import nginx
from tests.bench.table import Section, comparison

CPU = "cpu_us_net"
ONE, VALUE, LOGIN = "one step, an if", "a value in its path", "log in, four steps"
PLAIN, UNCHANGED = "plain def in threads", "a locustfile as it is"
HEAD = "from loadgen.scenario import scenario\n"
FILES = {
    "one": """
@scenario
async def one(user):
    reply = await user.get("/12")
    if reply.status != 200:
        return
""",
    "value": """
@scenario
async def value(user):
    reply = await user.get("/item/{}", int(user.random.random() * 100_000), headers={"X-Step": "1"})
    if not reply.ok:
        return
""",
    "login": """
@scenario
async def login(user):
    reply = await user.post("/login", json={"user": user.number, "password": "secret"})
    if not reply.ok:
        return
    user.headers["Authorization"] = f"Bearer {reply.json('token')}"
    for _ in range(4):
        await user.get("/item/{}", int(user.random.random() * 100_000))
""",
    "plain": """
@scenario
def plain(user):
    if user.get("/12").status != 200:
        return
""",
}
PROFILES = {
    "variable": """\
target: {url}
variables:
  id: {{random: [1, 100000]}}
requests:
  - path: /item/${{id}}
    headers: {{X-Step: "1"}}
""",
    "steps": """\
target: {url}
variables:
  id: {{random: [1, 100000]}}
scenarios:
  login:
    steps:
      - {{path: /login, json: {{user: demo, password: secret}}, extract: {{TOKEN: {{json: token}}}}}}
      - repeat: 4
        steps: [{{path: "/item/${{id}}", headers: {{Authorization: "Bearer ${{TOKEN}}"}}}}]
""",
}


def journeys(bench: Bench, others: Sequence[Peer]) -> Section:
    """64 users, keep-alive, nginx on the other core; each beside what it is to be as cheap as."""
    with nginx(bench.layout.server) as server, TemporaryDirectory(prefix="loadgen-bench-") as folder:
        ours, in_threads = (
            loadgen("loadgen journey", "--target", server.url, mode=mode) for mode in ("pool", "threads")
        )
        as_locust = loadgen("loadgen journey", "--target", f"{server.url}/12")  # what the file asks for is its host
        job = {
            name: Job(str(_written(folder, f"{name}.py", HEAD + text)), seconds=bench.seconds)
            for name, text in FILES.items()
        }
        profile = {
            name: Job(str(_written(folder, f"{name}.yaml", text.format(url=server.url))), seconds=bench.seconds)
            for name, text in PROFILES.items()
        }
        plain = Job(f"{server.url}/12", seconds=bench.seconds)
        pairs: list[tuple[str, Peer, Job, Peer, Job]] = [
            (ONE, ours, job["one"], WRK, plain),
            (ONE, ours, job["one"], loadgen("loadgen one GET"), plain),
            (VALUE, ours, job["value"], loadgen("YAML variable"), profile["variable"]),
            (LOGIN, ours, job["login"], WRK, plain),
            (LOGIN, ours, job["login"], loadgen("YAML steps"), profile["steps"]),
            (PLAIN, in_threads, job["plain"], loadgen("loadgen one GET", mode="threads"), plain),
        ]
        for locust in (other for other in others if other.name == "locust"):
            file = Job(str(RIVALS / "locustfile.py"), seconds=bench.seconds)
            pairs.append((ONE, ours, job["one"], locust, plain))
            pairs.append((UNCHANGED, as_locust, file, locust, plain))
        compared = [
            alternate(
                label,
                bench.pairs,
                lambda one=one, mine=mine: bench.measure(one, mine, server.count),  # type: ignore[misc]
                lambda other=other, theirs=theirs: bench.measure(other, theirs, server.count),  # type: ignore[misc]
            )
            for label, one, mine, other, theirs in pairs
        ]
    goals = [
        Goal("one step: CPU a request, ratio to wrk", ONE, "wrk", CPU, at_most=1.25),
        Goal("one step: ratio to one GET", ONE, "loadgen one GET", CPU, at_most=1.2),
        Goal("a value in its path: ratio to a YAML variable", VALUE, "YAML variable", CPU, at_most=1.0),
        Goal("log-in journey: ratio to wrk on /12", LOGIN, "wrk", CPU, at_most=1.8),
        Goal("log-in journey: ratio to declared steps", LOGIN, "YAML steps", CPU, at_least=1.0),
        Goal("one step: throughput against Locust", ONE, "locust", "rps", at_least=10),
        Goal("a locustfile as it is: throughput against Locust", UNCHANGED, "locust", "rps", at_least=6),
    ]
    return comparison("journeys", "Journeys", compared, [goal.verdict(compared) for goal in goals])


def _written(folder: str, name: str, text: str) -> Path:
    path = Path(folder) / name
    path.write_text(text, "utf-8")
    return path
