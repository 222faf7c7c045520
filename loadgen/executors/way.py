"""How the connections of one user come to be, stage by stage, to be told with the request that wanted them."""

import ssl
import time
from collections.abc import Iterable

from loadgen.base.clock import Clock
from loadgen.base.dialing import Dialing, Proxy
from loadgen.base.endpoint import Address, Origin
from loadgen.clients.addresses import address_text
from loadgen.clients.resolve import look_up
from loadgen.clients.tls_faults import name_in, server_certificate
from loadgen.results.trial import Certificate, Stage


class Way:
    """A DialWatcher; belongs to the thread of its user."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stages: list[Stage] = []

    def take(self) -> tuple[Stage, ...]:
        """What was told since the last time."""
        stages, self._stages = tuple(self._stages), []
        return stages

    def named(self, host: str, addresses: Iterable[str], took_ns: int) -> None:
        """A name was looked up."""
        self._stages.append(Stage("name", (host, *dict.fromkeys(addresses)), took_ns))

    def look_up(self, origin: Origin, dialing: Dialing) -> tuple[Address, ...]:
        """As that of clients/resolve.py, and told."""
        began_ns = self._clock()
        addresses = look_up(origin, dialing)
        if not origin.is_address:
            self.named(origin.host, [address[0] for _, address in addresses], self._clock() - began_ns)
        return addresses

    def connected(self, address: Address, proxy: Proxy | None, took_ns: int, failed: str = "") -> None:
        by = () if proxy is None else (proxy.url,)
        self._stages.append(Stage("connect", (address_text(address), *by), took_ns, failed))

    def led_on(self, took_ns: int) -> None:
        self._stages.append(Stage("way", (), took_ns))

    def secured(self, sock: ssl.SSLSocket, took_ns: int) -> None:
        version = (sock.version() or "").replace("TLSv", "TLS ")
        cipher = (sock.cipher() or ("",))[0]
        what = (version, cipher, sock.selected_alpn_protocol() or "")
        certificate = _certificate(sock)
        self._stages.append(Stage("tls", what, took_ns, certificate=certificate, resumed=bool(sock.session_reused)))


def _certificate(sock: ssl.SSLSocket) -> Certificate | None:
    shown = server_certificate(sock)
    if not shown:
        return None
    until = time.gmtime(ssl.cert_time_to_seconds(shown["notAfter"]))
    checked = sock.context.verify_mode is not ssl.CERT_NONE
    return Certificate(
        name_in(shown, "subject"), name_in(shown, "issuer"), time.strftime("%Y-%m-%d %H:%M UTC", until), checked
    )
