"""The clients of one user whose requests go to several origins."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle

from loadgen.base.clock import Clock
from loadgen.base.endpoint import Endpoint, Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.errors import UsageError
from loadgen.base.exchange import Client, ConnectionCounts, Outcome, Request
from loadgen.clients.addresses import Addresses
from loadgen.clients.destinations import Destination, Destinations
from loadgen.clients.faults import connect_error, explain

MakeClient = Callable[[Endpoint, ssl.SSLContext | None, ConnectionCounts, Clock, Addresses], Client]


class OriginClients:
    """A Client: that of the endpoint's origin, and one for each other that requests name, made when it is first needed.

    `make` makes them; `blocking` says that they never suspend. A name is looked up in the time of the request that
    first needs it, but not cut short by its timeout. `home` is the client of the endpoint's.
    """

    def __init__(
        self,
        make: MakeClient,
        endpoint: Endpoint,
        destinations: Destinations,
        clock: Clock,
        *,
        blocking: bool,
    ) -> None:
        self.counts = ConnectionCounts()
        self._make = make
        self._endpoint = endpoint
        self._destinations = destinations
        self._clock = clock
        self._blocking = blocking
        self._is_cut = False
        self.home = self._client(destinations.home)
        self._others: dict[Origin, Client] = {}

    def _client(self, destination: Destination) -> Client:
        asked = self._endpoint.asked if destination is self._destinations.home else destination.asked
        endpoint = replace(self._endpoint, origin=destination.origin, asked=asked)
        return self._make(endpoint, destination.context, self.counts, self._clock, destination.addresses)

    async def connect(self) -> ErrorClass | None:
        return await self.home.connect()

    async def exchange(self, request: Request) -> Outcome:
        origin = request.origin
        if origin is None:
            return await self.home.exchange(request)
        client = self._others.get(origin)
        if client is not None:
            return await client.exchange(request)
        sent_ns = self._clock()
        try:
            client = await self._another(origin)
        except OSError as error:
            self.counts.failed += 1
            kind = ErrorClass.CUT if self._is_cut else connect_error(error)
            return Outcome(sent_ns, self._clock(), None, kind, explain(error))
        outcome = await client.exchange(request)
        outcome.sent_ns = sent_ns
        return outcome

    async def _another(self, origin: Origin) -> Client:
        destination = self._destinations.of(origin)
        if not destination.ready:
            if self._blocking:
                self._destinations.prepare(destination)
            else:
                await asyncio.to_thread(self._destinations.prepare, destination)
        client = self._others[origin] = self._client(destination)
        if self._is_cut:  # before it was there to be cut
            client.cut()
        return client

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        client = self.home if request.origin is None else self._others.get(request.origin)
        return None if client is None else client.again(request, sent_ns)

    def cut(self) -> None:
        self._is_cut = True
        for client in (self.home, *list(self._others.values())):
            client.cut()

    def stop(self) -> None:
        """End what runs now, from any thread, where its request's sink has enough: its reply is what came.

        A client that cannot be told sees it when more comes.
        """
        for client in (self.home, *list(self._others.values())):
            getattr(client, "stop", _nothing)()

    def give_up(self) -> None:
        """End what runs now as its deadline would, where that is on a loop; to be called there."""
        for client in (self.home, *self._others.values()):
            getattr(client, "give_up", _nothing)()

    def drop(self) -> None:
        for client in (self.home, *self._others.values()):
            client.drop()

    async def close(self) -> None:
        for client in (self.home, *self._others.values()):
            await client.close()


def clients_in_turn(
    make: MakeClient, endpoint: Endpoint, destinations: Destinations, clock: Clock, origins: Sequence[Origin]
) -> Callable[[], Client]:
    """Makes one client after another, each of the next origin. A name is looked up where it is first needed.

    They raise UsageError for one that has no address.
    """
    turns = cycle(origins)

    def next_client() -> Client:
        destination = destinations.of(next(turns))
        if not destination.ready:
            try:
                destinations.prepare(destination)
            except OSError as error:
                raise UsageError(f"{destination.origin}: {explain(error)}") from None
        asked = endpoint.asked if destination is destinations.home else destination.asked
        own = replace(endpoint, origin=destination.origin, asked=asked)
        return make(own, destination.context, ConnectionCounts(), clock, destination.addresses)

    return next_client


def _nothing() -> None:
    """A client that blocks its thread cannot be told anything in it."""
