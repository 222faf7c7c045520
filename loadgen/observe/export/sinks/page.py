"""A live page: the report so far, pushed once a second to whoever has it open, and in the end whole.

Nothing can be changed from it.
"""

from collections.abc import Mapping
from typing import Any

from loadgen.observe.export.sinks.live_body import LiveBody
from loadgen.observe.web.board import Board
from loadgen.observe.web.place import WebPlace
from loadgen.observe.web.server import Answer, Query, WebServer

LAST_S = 2.0
"""For open tabs to get the report at the end."""


class Page(LiveBody):
    """A sink, and the Site (web/server.py) that shows it. `where` is the address to listen on (web/place.py)."""

    def __init__(self, where: str) -> None:
        self._board = Board(live='<p class="soft">starting</p>')
        super().__init__(lambda html: self._board.show(live=html))
        self.follow = self._board.follow
        self.server = WebServer(WebPlace.read(where), self)
        self.info = f"the run can be seen at {self.server.url}"

    def get(self, path: str, query: Query) -> Answer | None:
        del query
        return Answer(self._board.page("loadgen, a run under way").encode()) if path == "/" else None

    def post(self, path: str, values: Mapping[str, Any]) -> Answer | None:
        """Nothing."""

    def close(self) -> None:
        """Open tabs are told that it is over, and keep what they show."""
        self._board.end(LAST_S)
        self.server.close()
