"""What the server counts of itself, and shows at `/_stats`."""

import json
from collections import Counter


class Stats:
    """Requests, replies and bytes since the start or the last reset; control requests are left out.

    A request counts when it has come whole, its bytes with it; `by_status` and `bytes_out` (of HTTP, before TLS)
    when the reply is written. `connections_total` are those accepted since, `connections_open` those open now.
    """

    def __init__(self) -> None:
        self.connections_open = 0
        self.reset()

    def reset(self) -> None:
        """Zero everything but the connections that are open."""
        self.requests = 0
        self.by_status: Counter[int] = Counter()
        self.bytes_in = 0
        self.bytes_out = 0
        self.connections_total = 0

    def to_json(self) -> bytes:
        document = {
            "requests": self.requests,
            "by_status": {str(status): number for status, number in sorted(self.by_status.items())},
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "connections_open": self.connections_open,
            "connections_total": self.connections_total,
        }
        return json.dumps(document).encode("ascii") + b"\n"
