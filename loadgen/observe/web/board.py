"""What all open tabs show: parts of a page, the newest state of each. Nothing is kept for a tab that is behind."""

import json
import threading
from collections.abc import Callable

from loadgen.report.draw.page import html_page

MOST_TABS = 20
SHOW = (
    "const q=location.search,s=new EventSource('events'+q),"
    "show=e=>{for(const[k,v]of Object.entries(JSON.parse(e.data)))document.getElementById(k).innerHTML=v};"
    "s.addEventListener('part',show);s.addEventListener('end',e=>{s.close();show(e)});"
)
"""All that a page does of itself: what comes is the server's own HTML, with every text in it escaped."""


class Board:
    """Parts by the id of the element that holds them, as HTML."""

    def __init__(self, **parts: str) -> None:
        self._changed = threading.Condition()
        self._parts = parts
        self._versions = dict.fromkeys(parts, 0)
        self._version = 0
        self._over = False
        self._tabs = 0

    def show(self, **parts: str) -> None:
        """Put these in the place of what they were, if they are others."""
        with self._changed:
            changed = {name: text for name, text in parts.items() if self._parts[name] != text}
            self._version += 1
            self._parts |= changed
            self._versions |= dict.fromkeys(changed, self._version)
            self._changed.notify_all()

    def page(self, title: str, script: str = "") -> str:
        """The document as it is now; without a script it stays so."""
        with self._changed:
            body = "\n".join(f'<div id="{name}">{text}</div>' for name, text in self._parts.items())
        return html_page(title, body, SHOW + script)

    def follow(self, write: Callable[[bytes], None]) -> None:
        """Give a tab what changes, until the end."""
        seen = -1
        with self._changed:
            if self._tabs >= MOST_TABS:
                return
            self._tabs += 1
        try:
            over = False
            while not over:
                with self._changed:
                    while self._version == seen and not self._over:
                        self._changed.wait()
                    parts = {name: self._parts[name] for name, since in self._versions.items() if since > seen}
                    seen, over = self._version, self._over
                write(f"event: {'end' if over else 'part'}\ndata: {json.dumps(parts)}\n\n".encode())
        finally:
            with self._changed:
                self._tabs -= 1
                self._changed.notify_all()

    def end(self, patience_s: float) -> None:
        """Nothing changes any more: open tabs are told so, and keep what they have."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._tabs, patience_s)
