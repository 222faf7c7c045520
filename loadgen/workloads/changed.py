"""Requests of a profile that are signed on their way out, or followed where a redirect leads."""

import os
from collections.abc import Callable
from dataclasses import field, fields, replace

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Fields, Outcome, Request
from loadgen.base.reply import Expect, Reply
from loadgen.measure.recorder import Recorder
from loadgen.plan.jobs.http import HttpJob, Signing
from loadgen.plan.plan import Plan, Shard
from loadgen.workloads.base import Step, Workload
from loadgen.workloads.http import HttpScript, HttpWorkload
from loadgen.workloads.scenario.replies.reply import Reply as SeenReply
from loadgen.workloads.scenario.sending.redirects import OF_BODIES, Redirect, next_request
from loadgen.workloads.sigv4.credentials import Provider, provider_of
from loadgen.workloads.sigv4.requests import RequestSigner
from loadgen.workloads.targets import TargetScript

_NOWHERE = Origin("http", "", 80)


def changed_workload(
    plan: Plan, job: HttpJob, shard: Shard, on_lost: Callable[[str], None], *, streams: bool
) -> Workload:
    """That of a job that signs or follows. `on_lost` is called when credentials have run out."""
    source = HttpWorkload(job, shard, plan.users, streams=streams)
    provider = None
    if job.signing is not None:
        provider = provider_of(job.signing, os.environ)
        provider.watch(on_lost)
    return ChangedWorkload(source, plan.origin, job, provider, streams=streams)


def signer_of(signing: Signing, origin: Origin) -> Callable[[Request], Request]:
    """What signs requests that are no workload's, each of which goes out once."""
    return RequestSigner(signing, origin, provider_of(signing, os.environ)).signed


class ChangedWorkload:
    """The requests of `source`, signed, and at most so many hops after each. With `streams` users are in threads."""

    left = 0

    def __init__(
        self, source: HttpWorkload, origin: Origin, job: HttpJob, provider: Provider | None, *, streams: bool
    ) -> None:
        self._source = source
        self._origin = origin
        self._job = job
        self._provider = provider
        self._shared = None if streams else self._signer()

    def script(self, user: int) -> "ChangedScript":
        signer = self._shared or self._signer()
        sign = None if signer is None else signer.signed
        return ChangedScript(self._source.script(user), self._origin, self._job.redirects, sign)

    def _signer(self) -> RequestSigner | None:
        if self._job.signing is None or self._provider is None:
            return None
        return RequestSigner(self._job.signing, self._origin, self._provider)

    def never_sent(self, recorder: Recorder, waited_ns: int) -> None:
        self._source.never_sent(recorder, waited_ns)


class ChangedScript:
    """One user's. What is known of the last replies helps with none that is followed: each may lead elsewhere."""

    only: Request | None = None

    def __init__(
        self,
        source: HttpScript | TargetScript,
        origin: Origin,
        redirects: int,
        sign: Callable[[Request], Request] | None,
    ) -> None:
        self._source = source
        self._origin = origin
        self._redirects = redirects
        self._sign = sign
        self._left = 0
        self._request: Request | None = None
        self._followed: dict[Request, Request] = {}

    def resume(self, outcome: Outcome | None) -> Step | None:
        if outcome is None:
            request = self._source.resume(None)
            if self._redirects:
                self._left = self._redirects
                request = self._request = self._awaited(request)
        else:
            hop = self._hop(outcome)
            if hop is None:
                return None
            request = self._request = hop
        return request if self._sign is None else self._sign(request)

    def _awaited(self, request: Request) -> Request:
        """The same, whose outcome is told. One that stays the same is made once."""
        found = self._followed.get(request)
        if found is None:
            found = request.twin()
            found.awaited, found.group = True, None
            found.expect = _followed(request.expect, self._origin)
            if request is self._source.only:
                self._followed[request] = found
        return found

    def _hop(self, outcome: Outcome) -> Request | None:
        """The request that follows from an outcome, if any does."""
        request, reply = self._request, outcome.reply
        if request is None or reply is None or reply.status // 100 != 3 or not self._left:
            return None
        redirect = next_in_origin(reply, request, self._origin)
        if redirect is None:
            return None
        self._left -= 1
        pairs = request.fields.pairs
        if not redirect.keep_body:
            pairs = tuple(pair for pair in pairs if pair[0].lower() not in OF_BODIES)
        expect = request.expect
        if not self._left and isinstance(expect, FollowedExpect):
            expect = replace(expect, hops=self._redirects)
        return Request(
            request.name_id, redirect.method, redirect.target, Fields(pairs),
            body=request.body if redirect.keep_body else b"", expect=expect, keep=request.keep, awaited=True,
        )  # fmt: skip


def next_in_origin(reply: Reply, request: Request, origin: Origin) -> Redirect | None:
    """What a reply says to ask for instead, within the origin; None where nothing follows, or elsewhere."""
    seen = SeenReply(reply.status, None, b"", 0, reply.head)
    redirect = next_request(seen, request.method, request.target, origin)
    return redirect if redirect is not None and redirect.same_origin else None


@dataclass(frozen=True, slots=True)
class FollowedExpect(Expect):
    """Of a reply that is followed where it is a redirect within `origin`, and then good; else what `last` expects.

    After so many `hops` another one is bad, whatever the status may be: it may go on like that for ever.
    """

    last: Expect = field(default_factory=Expect)
    origin: Origin = _NOWHERE
    hops: int | None = None

    def judge(self, reply: Reply, took_ns: int = 0) -> ErrorClass | None:
        if reply.status // 100 == 3 and next_in_origin(reply, _ANY, self.origin) is not None:
            return None if self.hops is None else ErrorClass.UNEXPECTED_STATUS
        return self.last.judge(reply, took_ns)

    def explain(self, reply: Reply, error: ErrorClass, code: str, took_ns: int = 0) -> str:
        if self.hops is not None and reply.status // 100 == 3:
            return self.describe(reply.status, code)
        return self.last.explain(reply, error, code, took_ns)

    def describe(self, status: int, code: str) -> str:
        text = self.last.describe(status, code)
        return (
            f"{text}, one redirect more than --redirects {self.hops}"
            if self.hops is not None and status // 100 == 3
            else text
        )


_ANY = Request(0, "GET", "/", Fields(()))


def _followed(last: Expect, origin: Origin) -> FollowedExpect:
    known = {item.name: getattr(last, item.name) for item in fields(Expect)}
    return FollowedExpect(**known, last=last, origin=origin)
