"""A real browser without a window, where there is one: Chromium, asked over a pipe (Chrome's DevTools protocol)."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE_S = 30.0
AS_3_AND_4 = "import os, sys; _, there, back, *command = sys.argv; os.dup2(int(there), 3); os.dup2(int(back), 4); "
AS_3_AND_4 += "os.execv(command[0], command)"


class Browser:
    """Ends with its block. `profile` is an empty folder of its own."""

    def __init__(self, profile: Path) -> None:
        assert BROWSER is not None
        there, self._out = os.pipe()
        self._in, back = os.pipe()
        self._process = subprocess.Popen(
            [
                sys.executable, "-S", "-c", AS_3_AND_4, str(there), str(back), BROWSER, "--headless", "--no-sandbox",
                "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={profile}",
            ],
            pass_fds=(there, back), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(there)
        os.close(back)
        self._said = b""
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # it has processes of its own
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def open(self, url: str) -> "Tab":
        """A tab with that page."""
        target = self.ask("Target.createTarget", {"url": url})["result"]["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["result"]["sessionId"]
        tab = Tab(self, session)
        tab.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'")
        return tab

    def ask(self, method: str, parameters: Mapping[str, Any], session: str = "") -> Any:
        """One command, and what is said to it."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        os.write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while True:
            said = self._next(until)
            if said.get("id") == self._asked:
                return said

    def _next(self, until: float) -> Any:
        readable = select.poll()
        readable.register(self._in, select.POLLIN)
        while b"\0" not in self._said:
            assert readable.poll(max(0.0, until - time.monotonic()) * 1000), "the browser does not answer"
            more = os.read(self._in, 1 << 20)
            assert more, "the browser is gone"
            self._said += more
        first, _, self._said = self._said.partition(b"\0")
        return json.loads(first)


class Tab:
    """A page that is shown."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def value(self, expression: str) -> Any:
        """What a piece of script comes to there, which may be a promise; None amid a reload."""
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        said = self._browser.ask("Runtime.evaluate", asked, self._session)
        return said.get("result", {}).get("result", {}).get("value")

    def wait_for(self, expression: str) -> None:
        """Until that is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < until, f"{expression} in: {self.value('document.body.innerText')}"
            time.sleep(0.02)

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field."""
        self.value(f"document.querySelector({selector!r}).value = {text!r}")

    def click(self, selector: str) -> None:
        """On the first that there is."""
        self.value(f"document.querySelector({selector!r}).click()")
