"""The scenario workload: journeys of one shard's users."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from loadgen.base.clock import s_to_ns
from loadgen.base.errors import UsageError
from loadgen.measure.names import Kind
from loadgen.measure.recorder import Recorder
from loadgen.plan.declarations import Declarations, Feed
from loadgen.workloads.scenario.base import JourneySetup
from loadgen.workloads.scenario.data.feeds import open_feed
from loadgen.workloads.scenario.python.awaited import AwaitedScript, PartScript
from loadgen.workloads.scenario.python.coroutines import CoroutineScript
from loadgen.workloads.scenario.python.file import digest, load_declarations, located
from loadgen.workloads.scenario.python.greenlets import PlainFunction, plain_class, plain_view
from loadgen.workloads.scenario.python.hooks import Part, parts, plain_functions
from loadgen.workloads.scenario.python.user import User
from loadgen.workloads.scenario.sending.requests import RequestMaker


class ScenarioWorkload:
    """The journeys of a file, loaded anew for each worker: what it keeps in its module belongs to one."""

    def __init__(self, setup: JourneySetup, declared: Declarations | None = None) -> None:
        """`declared` is what the file declares, where that is not to be loaded."""
        job, shard, plan, recorder = setup.job, setup.shard, setup.plan, setup.recorder
        assert job.file is not None
        self._setup = setup
        self._script_class = AwaitedScript if setup.sequential else CoroutineScript
        self._shared = json.loads(job.shared)
        if declared is None and digest(job.file) != job.digest:
            raise UsageError(f"{job.file}: the file has changed since the run was planned")
        self._declared = declared or load_declarations(job.file)
        scenarios = {item.name: item for item in self._declared.scenarios}
        functions = [scenarios[journey.name].function for journey in job.journeys]
        kind = user_class(self._declared)
        plain, mixed = plain_functions(self._declared)
        self._user_class = kind if mixed else plain_class(kind)
        self._functions = [
            function if function not in plain else PlainFunction(_viewed(function) if mixed else function)
            for function in functions
        ]
        self.journeys = setup.journeys()

        folder = Path(job.file).parent

        def maker() -> RequestMaker:
            return RequestMaker(
                recorder.names,
                setup.endpoint.origin,
                job.headers,
                job.expect,
                keep_alive=plan.keep_alive,
                wire=setup.wire,
                learn=setup.learn,
                tls=setup.endpoint.tls,
                traces=job.traces,
                folder=folder if plan.http == "2" else None,
                timeout_ns=s_to_ns(plan.timeout_s),
            )

        shared_maker = maker()
        self._maker = (
            maker if setup.sequential else lambda: shared_maker
        )  # what is known of replies belongs to one thread
        specs = job.feeds if declared is None else located(declared, job.file)
        self._feeds = {
            id(feed): open_feed(spec, shard.index, shard.count, setup.users, setup.seed)
            for feed, spec in zip(self._declared.feeds, specs, strict=True)
        }
        for metric in self._declared.metrics:
            number = recorder.names.number(Kind.METRIC, metric.name)
            metric.bind(recorder.transactions.metric(number, metric.kind, metric.unit).add)

    @property
    def left(self) -> int:
        """Journeys that were to begin and did not."""
        return self.journeys.left

    def script(self, user: int) -> CoroutineScript:
        """The journeys of the shard's user number `user`."""
        per_user, one = self._declared.per_user, self._user(user)
        before, after = (None, None) if per_user is None else parts(per_user.function, one)
        return self._script_class(one, self._functions, self.journeys, self._setup.loop(), before, after)

    def _user(self, user: int) -> User:
        rank, seed = self._setup.shard.rank_of_user(user), self._setup.seed
        return self._user_class(rank, self._maker(), self.journeys, self._shared, seed, self._row)

    def part(self) -> PartScript:
        """A script of a user's whose parts are given one by one; in a thread."""
        return PartScript(self._user(0), [], self.journeys, self._setup.loop())

    def pass_of(self, user: User) -> Part:
        """The first journey, once."""
        return lambda: self._functions[0](user)

    def per_run(self, script: PartScript) -> tuple[Part, Part] | None:
        """What the file does once before all journeys, and after."""
        declared = self._declared.per_run
        return None if declared is None else parts(declared.function, script.user)

    def close(self) -> None:
        """Nothing is open."""

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self.journeys.never_started(waited_ns)

    def _row(self, feed: Feed, user: int) -> Any:
        try:
            rows = self._feeds[id(feed)]
        except KeyError:
            raise LookupError("a feed is declared at the top of the file: `words = feed('words.csv')`") from None
        return rows.row(user)


def _viewed(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda user: function(plain_view(user))


def user_class(declared: Declarations) -> type[User]:
    """The subclass of User that the file's scenarios ask for by the annotation of their argument."""
    found: type[User] = User
    for item in (*declared.scenarios, *filter(None, (declared.per_user,))):
        name = next(iter(inspect.signature(item.function).parameters))
        try:
            hint = get_type_hints(item.function).get(name)
        except Exception:  # an annotation that means nothing here
            continue
        if isinstance(hint, type) and issubclass(hint, found):
            found = hint
    return found
