"""From a call of a locustfile's client to a Request of the drivers."""

from typing import Any

from loadgen.base.clock import s_to_ns
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Fields
from loadgen.base.reply import Expect
from loadgen.measure.names import Kind, Names
from loadgen.plan.tracing import HEADER as TRACE
from loadgen.workloads.locust.hub import Call
from loadgen.workloads.scenario.replies.answers import AnsweredGroup
from loadgen.workloads.scenario.sending.paths import split_url
from loadgen.workloads.scenario.sending.requests import KEEP_BYTES
from loadgen.workloads.scenario.sending.user_request import UserRequest
from loadgen.workloads.traces import trace_ids

MOST_NAMES = 900
"""Names of requests. Files that write values into paths have one for each; those beyond go under one name."""

_BELOW_400 = Expect(((100, 399),))
_ANY = Expect(((0, 999),))


class CallMaker:
    """One worker's, or one thread's. `paced`: send lag is measured. `changes`: no two requests of a call are the same,
    since each has a trace id of its own.
    """

    def __init__(self, names: Names, origin: Origin, *, keep_alive: bool, paced: bool, traces: bool = False) -> None:
        self.changes = traces
        self._trace = trace_ids() if traces else None
        self.paced = paced
        self.shared: dict[Any, Any] = {}
        self._names = names
        self._origin = origin
        self._keep_alive = keep_alive
        self._groups: dict[tuple[int, str, Origin, bool], AnsweredGroup] = {}
        self._numbers: dict[str, int] = {}

    def make(self, call: Call) -> UserRequest:
        """The request. Raises ValueError for what cannot be sent."""
        number = self._numbers.get(call.name)
        if number is None:
            number = self._numbers[call.name] = self._number(call)
        origin, target = split_url(call.url.partition("#")[0])
        key = (number, call.method, origin, call.settles)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = AnsweredGroup(keeps_body=True)
            group.recorded = call.settles
        pairs = call.headers
        if not self._keep_alive:
            pairs = tuple(pair for pair in pairs if pair[0].lower() != "connection")
        if self._trace is not None and all(name.lower() != TRACE for name, _ in pairs):
            pairs = (*pairs, (TRACE, self._trace()))
        return UserRequest(
            number, call.method, target, Fields(pairs), body=call.body, expect=_BELOW_400 if call.settles else _ANY,
            keep=KEEP_BYTES, group=group, awaited=True, origin=None if origin == self._origin else origin,
            timeout_ns=None if call.timeout_s is None else s_to_ns(call.timeout_s),
        )  # fmt: skip

    def _number(self, call: Call) -> int:
        if len(self._names.of(Kind.REQUEST)) < MOST_NAMES:
            return self._names.number(Kind.REQUEST, call.name)
        return self._names.number(Kind.REQUEST, f"{call.method} (more than {MOST_NAMES} names)")
