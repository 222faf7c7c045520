"""How connections are made, where that is not straight to the address of the origin's name."""

from base64 import b64encode
from typing import Literal

from loadgen.base.dataclass import dataclass

ProxyScheme = Literal["http", "socks5", "socks5h"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that is connected to in place of the target. Over `socks5` the target's name is looked up here, over
    `socks5h` by the proxy. Written as text it has no password."""

    scheme: ProxyScheme
    host: str
    port: int
    user: str | None = None
    password: str = ""

    @property
    def url(self) -> str:
        """Without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The field of HTTP that says who asks, with its end; nothing without a user."""
        if self.user is None:
            return ""
        return f"Proxy-Authorization: Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}\r\n"

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"Proxy({self.url})"


@dataclass(frozen=True, slots=True)
class Dialing:
    """What clients read of it when they open a connection; requests on an open one know nothing of it.

    `http_proxy` is for origins of http, `https_proxy` for those of https, unless their host is among `no_proxy`: a name
    with all below it, an address, or "*". `connect_to` rows are (host, port, host to connect to, port there), of which
    "" and 0 mean any, or the same. `resolve` rows are (host or "*", port or 0, addresses). `family` is 4 or 6.
    Connections come from each of the `local_addresses` in turn, and are closed after `requests_each`.
    """

    http_proxy: Proxy | None = None
    https_proxy: Proxy | None = None
    no_proxy: tuple[str, ...] = ()
    unix_socket: str | None = None
    connect_to: tuple[tuple[str, int, str, int], ...] = ()
    resolve: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    family: int | None = None
    local_addresses: tuple[str, ...] = ()
    requests_each: int | None = None

    def proxy_for(self, scheme: str, host: str) -> Proxy | None:
        """The one that a connection to this host goes by."""
        proxy = self.https_proxy if scheme == "https" else self.http_proxy
        if proxy is None or not self.no_proxy:
            return proxy
        return None if any(_covers(entry, host.lower()) for entry in self.no_proxy) else proxy

    def forwarder_for(self, scheme: str, host: str) -> Proxy | None:
        """The same where it reads the requests itself, which then name their origin: http by a proxy of HTTP."""
        proxy = self.proxy_for(scheme, host) if scheme == "http" else None
        return proxy if proxy is not None and proxy.scheme == "http" else None

    def redirected(self, host: str, port: int) -> tuple[str, int]:
        """Where `connect_to` leads; the first row that fits."""
        for from_host, from_port, to_host, to_port in self.connect_to:
            if from_host in ("", host) and from_port in (0, port):
                return to_host or host, to_port or port
        return host, port

    def fixed(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses that `resolve` has for a name; none where it has none."""
        for name, its_port, addresses in self.resolve:
            if name in ("*", host) and its_port in (0, port):
                return addresses
        return ()


DIRECT = Dialing()


def _covers(entry: str, host: str) -> bool:
    name = entry.lower().lstrip(".")
    return entry == "*" or host == name or host.endswith(f".{name}")
