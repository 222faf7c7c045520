"""The page, its files, and what its buttons do."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from loadgen.base.errors import UsageError
from loadgen.observe.web.board import Board
from loadgen.observe.web.server import HTML, JSON, PLAIN, Answer, Query
from loadgen.report.campaigns.comparison import make_page
from loadgen.report.campaigns.comparison_html import comparison_html
from loadgen.report.run.html import run_html
from loadgen.report.run.run_report import RunReport
from loadgen.results.documents import to_json
from loadgen.results.result import Result
from loadgen.results.rounds import Rounds
from loadgen.serve.control import Control
from loadgen.serve.history import History
from loadgen.serve.page import SCRIPT

ANSWER_S = 10.0
"""For the loop to do as asked, on a busy machine."""


class ServeSite:
    """A Site (observe/web/server.py), asked on threads of the server; what changes something is done on the loop."""

    def __init__(
        self, board: Board, control: Control, history: History, loop: asyncio.AbstractEventLoop, title: str
    ) -> None:
        self._board = board
        self._control = control
        self._history = history
        self._loop = loop
        self._title = title
        self.follow = board.follow

    def get(self, path: str, query: Query) -> Answer | None:
        names = [value for key, value in query if key == "of"]
        if path == "/":
            return Answer(self._board.page(self._title, SCRIPT).encode())
        if path == "/compare":
            return self._compared(names)
        folder, _, file = path.removeprefix("/").partition("/")
        name, _, form = file.partition(".")
        result = self._history.find(name) if folder == "runs" else None
        if result is None:
            return None
        saved = f"{name}.{form}" if ("save", "1") in query else ""
        match form:
            case "html":
                return Answer(run_html(RunReport((result,))).encode(), HTML, file=saved)
            case "json":
                return Answer(to_json(result).encode(), JSON, file=saved)
        return None

    def post(self, path: str, values: Mapping[str, Any]) -> Answer | None:
        does: dict[str, Callable[[], None]] = {
            "/start": lambda: self._control.start(values),
            "/change": lambda: self._control.change(values),
            "/drain": self._control.drain,
            "/stop": self._control.stop,
        }
        if path not in does:
            return None
        try:
            asyncio.run_coroutine_threadsafe(_call(does[path]), self._loop).result(ANSWER_S)
        except UsageError as error:
            return Answer(str(error).encode(), PLAIN, 409)
        return Answer(b"", PLAIN)

    def _compared(self, names: list[str]) -> Answer:
        found: dict[str, Result | None] = {name: self._history.find(name) for name in names}
        rounds = [Rounds((result,), name) for name, result in found.items() if result is not None]
        if len(rounds) < 2 or len(rounds) < len(names):
            return Answer(b"Choose two runs of the list, or more.", PLAIN, 400)
        try:
            return Answer(comparison_html(make_page(rounds, by_turns=False)).encode())
        except UsageError as error:
            return Answer(str(error).encode(), PLAIN, 400)


async def _call(do: Callable[[], None]) -> None:
    do()
