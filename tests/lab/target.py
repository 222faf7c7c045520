"""A target that stamps each request by its source."""

import asyncio
import threading
import time
from collections import defaultdict

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Target:
    """Serves on a thread of its own; `seen` are instants of this host's monotonic clock by address."""

    def __init__(self, host: str) -> None:
        self.seen: defaultdict[str, list[float]] = defaultdict(list)
        self.fails_from: int | None = None
        self._bound = threading.Event()
        self._host = host
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._bound.wait()

    @property
    def count(self) -> int:
        return sum(map(len, list(self.seen.values())))

    def after(self, instant_s: float) -> dict[str, float]:
        """How long after an instant the last request of each source came."""
        return {source: max(times) - instant_s for source, times in sorted(self.seen.items())}

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._bound.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source = writer.get_extra_info("peername")[0]
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.seen[source].append(time.monotonic())
                if self.fails_from is not None and self.count >= self.fails_from:
                    writer.write(REPLY.replace(b"200 OK", b"500 No"))
                else:
                    writer.write(REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
