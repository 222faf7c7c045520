"""Streams of one origin that share a connection, and its successors."""

from collections import deque

from loadgen.clients.channel import Channel
from loadgen.clients.destinations import Destination
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.session import Session
from loadgen.clients.http2.stream import Http2Stream


class Http2Channel(Channel):
    """One connection of a lane. `state` is its session; it may go on for replies when the lane has another already.

    `content` is for how many more events it asks its socket once, and not again while replies are awaited.
    """

    __slots__ = ("content", "lane", "session", "writes")

    def __init__(self, lane: "Lane") -> None:
        super().__init__(lane.destination)
        self.lane = lane
        self.session: Session | None = None
        self.content = 0
        self.writes = False  # whether the reactor is told to say when the socket takes more


class Lane:
    """Up to `most` streams. `channel` is the one that new requests go to, None while there is none.

    `waiting` are streams with a request that is not on a connection yet, `opening` those that wait for one to open.
    """

    __slots__ = ("channel", "destination", "fields", "most", "opened_before", "opening", "used", "waiting")

    def __init__(self, destination: Destination, fields: Fields, most: int) -> None:
        self.destination = destination
        self.fields = fields
        self.most = most
        self.used = 0
        self.opened_before = False
        self.channel: Http2Channel | None = None
        self.waiting: deque[Http2Stream] = deque()
        self.opening: list[Http2Stream] = []
