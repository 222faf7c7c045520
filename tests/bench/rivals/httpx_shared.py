"""httpx as most people use it: one AsyncClient for all users. Arguments: URL CONNECTIONS SECONDS; prints JSON."""

import asyncio
import json
import sys
import time

import httpx


async def user(client: httpx.AsyncClient, url: str, deadline: float, latencies_s: list[float]) -> None:
    while (sent := time.perf_counter()) < deadline:
        await client.get(url)
        latencies_s.append(time.perf_counter() - sent)


async def main(url: str, connections: int, seconds: float) -> None:
    latencies_s: list[float] = []
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
        started = time.perf_counter()
        users = [user(client, url, started + seconds, latencies_s) for _ in range(connections)]
        await asyncio.gather(*users)
        elapsed_s = time.perf_counter() - started
    ordered = sorted(latencies_s)
    p50, p99 = (ordered[len(ordered) * percent // 100] * 1e3 for percent in (50, 99))
    print(json.dumps({"rps": len(ordered) / elapsed_s, "p50_ms": p50, "p99_ms": p99}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
