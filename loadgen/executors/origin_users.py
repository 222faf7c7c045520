"""Users on a reactor whose requests go to several origins: each has a stream to every one that it needs."""

from itertools import chain

from loadgen.base.endpoint import Origin
from loadgen.base.exchange import Request
from loadgen.clients.base import Stream
from loadgen.executors.reactor_passes import ReactorSetup
from loadgen.executors.reactor_users import ReactorUsers


class OriginUsers(ReactorUsers):
    """In a closed loop. A user has one request under way, on its own stream or on another that it keeps."""

    def __init__(self, setup: ReactorSetup) -> None:
        self._others: dict[int, dict[Origin, Stream]] = {}  # by user
        super().__init__(setup)

    def _send(self, connection: Stream, request: Request | None, now: int) -> None:
        if request is not None:
            super()._send(self._stream_for(connection, request), request, now)

    def _stream_for(self, connection: Stream, request: Request) -> Stream:
        """The user's stream to where the request goes; `connection` is the one that it was at last."""
        user, origin = connection.user, request.origin
        stream = self.connections[user]
        if origin is not None:
            others = self._others.setdefault(user, {})
            stream = others.get(origin) or others.setdefault(origin, self._client.stream(user, origin))
        stream.due_ns = connection.due_ns
        return stream

    def _sleep(self, connection: Stream, until_ns: int) -> None:
        super()._sleep(self.connections[connection.user], until_ns)

    def _disconnect(self, connection: Stream) -> None:
        home = self.connections[connection.user]
        for stream in chain((home,), self._others.get(home.user, {}).values()):
            self._client.drop(stream)

    def on_repeat(self, connection: Stream, now: int) -> Request | None:
        return self._by_another(connection, super().on_repeat(connection, now), now)

    def on_alike(self, connection: Stream, now: int) -> Request | None:
        return self._by_another(connection, super().on_alike(connection, now), now)

    def _by_another(self, connection: Stream, request: Request | None, now: int) -> Request | None:
        """What is to go by the stream at hand; what is not is sent by its own."""
        if request is None or self._stream_for(connection, request) is connection:
            return request
        self._send(connection, request, now)
        return None
