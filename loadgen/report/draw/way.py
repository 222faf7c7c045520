"""How connections were made, in words: what a Plan or a Result says of its `dialing`."""

from collections.abc import Iterator, Mapping
from typing import Any

from loadgen.base.units import counted
from loadgen.report.draw.style import clean

_MOST = 4


def describe_way(dialing: Mapping[str, Any]) -> str:
    """`by the proxy http://127.0.0.1:3128, from 127.0.0.2`; empty where they went straight to the target."""
    return clean(", ".join(_parts(dialing)))


def _parts(dialing: Mapping[str, Any]) -> Iterator[str]:
    proxies = dict.fromkeys(str(dialing[key]) for key in ("http_proxy", "https_proxy") if dialing.get(key))
    if proxies:
        excepted = dialing.get("no_proxy")
        yield f"by the proxy {' or '.join(proxies)}" + (f" but to {_listed(excepted)}" if excepted else "")
    if dialing.get("unix_socket"):
        yield f"to the unix socket {dialing['unix_socket']}"
    for row in dialing.get("connect_to") or ():
        yield f"{_place(row[0], row[1])} at {_place(row[2], row[3])}"
    for host, port, addresses in dialing.get("resolve") or ():
        yield f"{_place(host, port)} at {_listed(addresses)}"
    if dialing.get("family"):
        yield f"by IPv{dialing['family']} alone"
    if dialing.get("local_addresses"):
        yield f"from {_listed(dialing['local_addresses'])}"
    if dialing.get("requests_each"):
        yield f"each for {counted(dialing['requests_each'], 'request')}"


def _place(host: str, port: int) -> str:
    return f"{host or 'any host'}{f':{port}' if port else ''}"


def _listed(items: Any) -> str:
    names = [str(item) for item in items]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return " and ".join(names[:_MOST]) + more
