"""The client of a FastHttpUser."""

from typing import Any, ClassVar

from loadgen import __version__
from loadgen.workloads.locust.http.bodies import encode_fast
from loadgen.workloads.locust.http.session import Session
from loadgen.workloads.locust.http.urls import path_of


class FastSession(Session):
    """A session with the defaults of geventhttpclient."""

    default_headers: ClassVar[dict[str, str]] = {
        "User-Agent": f"loadgen/{__version__}",
        "Accept-Encoding": "gzip, deflate",
    }
    encode = staticmethod(encode_fast)
    json_headers: ClassVar[dict[str, str]] = {"Accept": "application/json"}
    takes_numbers = True

    def _name(self, url: Any, full: str) -> str:
        return str(url) or path_of(full)

    @property
    def cookiejar(self) -> Any:
        """The cookies."""
        return self.cookies
