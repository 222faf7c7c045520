"""The standard library in threads: one http.client connection each. Arguments: URL CONNECTIONS SECONDS; prints JSON."""

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit


def user(url: str, deadline: float, latencies_s: list[float]) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    while (sent := time.perf_counter()) < deadline:
        connection.request("GET", parts.path)
        connection.getresponse().read()
        latencies_s.append(time.perf_counter() - sent)
    connection.close()


def main(url: str, connections: int, seconds: float) -> None:
    latencies_s: list[float] = []
    started = time.perf_counter()
    arguments = (url, started + seconds, latencies_s)
    threads = [threading.Thread(target=user, args=arguments) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed_s = time.perf_counter() - started
    ordered = sorted(latencies_s)
    p50, p99 = (ordered[len(ordered) * percent // 100] * 1e3 for percent in (50, 99))
    print(json.dumps({"rps": len(ordered) / elapsed_s, "p50_ms": p50, "p99_ms": p99}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
