"""`loadgen serve` as a browser has it."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping

from tests.support.command import Command, wait_until

PATIENCE_S = 20.0


class Served:
    """A page, as a browser has it."""

    def __init__(self, *argv: object, env: Mapping[str, str] | None = None) -> None:
        self.command = Command("serve", *argv, "-q", env=env)
        assert self.command._process.stderr is not None
        self.line = self.command._process.stderr.readline()
        found = re.search(r"http://\S+\?t=([\w-]+)", self.line)
        assert found, self.line
        self.url, self.token = found[0], found[1]
        self.base = self.url.partition("/?")[0]

    def page(self, path: str = "/", more: str = "") -> str:
        with urllib.request.urlopen(f"{self.base}{path}?t={self.token}{more}", timeout=PATIENCE_S) as reply:
            return str(reply.read().decode())

    def post(self, path: str, _headers: dict[str, str] | None = None, **values: str) -> tuple[int, str]:
        own = {"X-Loadgen-Token": self.token, "Origin": self.base}
        request = urllib.request.Request(
            f"{self.base}/{path}", json.dumps(values).encode(), own if _headers is None else _headers
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait_seconds(self, least: int) -> None:
        """Until a run has been under way for so long."""

        def is_there() -> bool:
            found = re.search(r"running, (\d+) s", self.page())
            return found is not None and int(found[1]) >= least

        wait_until(is_there, f"second {least}")

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.page(), text)
