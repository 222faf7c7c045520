"""Plan and Shard: frozen values that hold all that a run needs to know before it starts.

Nothing here touches the network, and a worker process imports it.
"""

from dataclasses import field
from typing import Literal

from loadgen.base.dataclass import dataclass
from loadgen.base.dialing import DIRECT, Dialing
from loadgen.base.endpoint import Origin, Tls
from loadgen.plan.condition import Condition
from loadgen.plan.jobs.http import HttpJob
from loadgen.plan.jobs.s3 import S3Job
from loadgen.plan.jobs.scenario import ScenarioJob
from loadgen.plan.steady import Steady

Mode = Literal["pool", "threads", "async"]
ClientKind = Literal["raw", "httpx"]
HttpVersion = Literal["1.1", "2", "auto"]


Job = HttpJob | S3Job | ScenarioJob
"""What is sent: a closed union. Each says which request names it has (an index into them is a name id), which
transactions, how many requests it plans (None: as many as fit into the run), and in what a report counts it: a good
reply, or a transaction, is `per_reply` of its `noun`, of which there are `total` to handle (None: no end).
`ends_itself`: it is over with the last of them. `describe`: what a Result says of it besides its requests.
"""


@dataclass(frozen=True, slots=True)
class StopRules:
    """When a run ends itself: at the Nth failure (None: never), or when a condition holds."""

    max_errors: int | None = None
    abort_if: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the open model: the arrival rate goes linearly from `from_rps` to `to_rps`, over all workers."""

    duration_s: float
    from_rps: float
    to_rps: float


@dataclass(frozen=True, slots=True)
class UserStage:
    """A stretch of the closed model: the number of users goes linearly from `from_users` to `to_users`."""

    duration_s: float
    from_users: int
    to_users: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The open model: when requests are due, whatever the server does.

    With `poisson` the gaps are random around the rate. An arrival that finds no connection free opens another up to
    `max_connections`; beyond that it waits (`queue`), timed from when it was due, or is dropped and counted (`drop`).
    A run begins without connections, or with `open_ahead` with one for each user.
    `precise` spins instead of sleeping: a core for less send lag.
    """

    stages: tuple[Stage, ...]
    kind: Literal["constant", "poisson"] = "constant"
    max_connections: int = 0
    when_busy: Literal["queue", "drop"] = "queue"
    precise: bool = False
    open_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole run. Times are seconds, `think_s` an inclusive range drawn uniformly per request.

    `requests_limit` and `duration_s`: whichever comes first ends the measured window; at least one is set. `workers`
    are per process. `arrivals` None is the closed model, in which `user_stages` may say how many of the `users` take
    part; beside arrivals `closed_users` of the users follow it all the same, and the others serve what arrives. The
    first `warmup_s` come before the measured window and the last `cool_down_s` after it, both under load. `thresholds`
    are conditions that the Result must meet; `strict` also wants it to be valid. `phases`: also time DNS, connect, TLS,
    first byte and transfer. `until_steady`: the measured window ends as soon as that holds. Over
    `http` 2, `streams` users share a connection. Before all that the target has `wait_s`
    to come up. `secrets` are values that no output may show. Each `log_every`-th request is written down (0: none);
    `slowest`: the slowest of each name are kept with what may explain them. `steered`: its rate, which is constant,
    or in the closed model how many of the users take part, may be changed while the run lasts.
    """

    name: str
    origin: Origin
    job: Job
    users: int = 50
    requests_limit: int | None = None
    duration_s: float | None = 10.0
    think_s: tuple[float, float] = (0.0, 0.0)
    ramp_up_s: float = 0.0
    user_stages: tuple[UserStage, ...] = ()
    mode: Mode = "pool"
    processes: int = 1
    workers: int = 1
    client: ClientKind = "raw"
    http: HttpVersion = "1.1"
    streams: int = 1
    timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    dns_ttl_s: float | None = None
    wait_s: float = 0.0
    grace_s: float = 5.0
    keep_alive: bool = True
    tls: Tls = field(default_factory=Tls)
    dialing: Dialing = DIRECT
    stop: StopRules = field(default_factory=StopRules)
    arrivals: Arrivals | None = None
    closed_users: int = 0
    warmup_s: float = 0.0
    cool_down_s: float = 0.0
    thresholds: tuple[Condition, ...] = ()
    strict: bool = False
    phases: bool = False
    until_steady: Steady | None = None
    seed: int = 1
    secrets: tuple[str, ...] = ()
    log_every: int = 0
    slowest: bool = False
    steered: bool = False

    @property
    def planned_s(self) -> float | None:
        """The time under load: warm-up, measured window and cool-down; None where requests alone end it."""
        return None if self.duration_s is None else self.warmup_s + self.duration_s + self.cool_down_s

    @property
    def paced(self) -> bool:
        """Whether requests have an instant at which they are due, so that send lag is measured."""
        return self.arrivals is not None or self.think_s != (0.0, 0.0)

    @property
    def writes_wire(self) -> bool:
        """Whether requests may be written as HTTP/1.1 sends them before a client has them: no proxy is to read them."""
        proxy = self.dialing.http_proxy
        return self.client == "raw" and self.http == "1.1" and (proxy is None or proxy.scheme != "http")

    @property
    def alpn(self) -> tuple[str, ...]:
        """What is offered in TLS."""
        return ("h2" if self.http == "2" else "http/1.1",)

    @property
    def most_users(self) -> int:
        """How many users there can be, each with a connection: at a rate more may come than there are at first."""
        if self.arrivals is None:
            return self.users
        return max(self.users, self.closed_users + self.arrivals.max_connections)

    @property
    def staggered(self) -> bool:
        """Whether users take part, and connect, at instants of their own instead of all from the gate on."""
        return bool(self.ramp_up_s or self.user_stages)

    @property
    def connects_ahead(self) -> bool:
        """Whether all users are connected before the start gate opens."""
        return self.job.connects and not self.staggered and (self.arrivals is None or self.arrivals.open_ahead)

    def users_ahead(self, shard: "Shard") -> int:
        """How many of a shard's users, its first, are connected before the start gate opens."""
        return shard.users if self.connects_ahead else shard.closed_users * self.job.connects

    @property
    def shard_count(self) -> int:
        """Parts that the load is dealt out to: one a worker, in `threads` (a worker per user) one a process."""
        return self.processes if self.mode == "threads" else self.processes * self.workers


@dataclass(frozen=True, slots=True)
class Shard:
    """One worker's part (in `threads` one process's): users `first_user` .. `first_user + users - 1`.

    `requests_limit` is its share of the total, or None. A shard may be empty. Beside arrivals its first `closed_users`
    follow the closed model.
    """

    index: int
    count: int
    first_user: int
    users: int
    requests_limit: int | None
    seed: int
    closed_users: int = 0

    def rank_of_user(self, user: int) -> int:
        """The place of the shard's user number `user` among all users, which the shards take in turn."""
        return user * self.count + self.index

    def place_of_user(self, user: int, places: int) -> int:
        """Which of several origins its user number `user` has: they are taken in turn, and each shard begins with
        another."""
        return (user + self.index) % places


def share(total: int, parts: int, index: int) -> int:
    """The size of part `index` when `total` is dealt out as evenly as whole numbers allow."""
    return total // parts + (1 if index < total % parts else 0)


def make_shards(plan: Plan) -> tuple[Shard, ...]:
    """Deal users and requests out to all shards of all processes; the shares add up to the plan's totals."""
    count = plan.shard_count
    shards, first_user = [], 0
    for index in range(count):
        users = share(plan.users, count, index)
        limit = None if plan.requests_limit is None else share(plan.requests_limit, count, index)
        closed_users = share(plan.closed_users, count, index)
        shards.append(Shard(index, count, first_user, users, limit, plan.seed * 1_000_003 + index, closed_users))
        first_user += users
    return tuple(shards)
